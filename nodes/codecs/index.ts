import type { ValueCodec } from '../../src/contract/node.ts';
import { conditioningCodec } from './conditioning.ts';
import { imageCodec } from './image.ts';
import { latentsCodec } from './latents.ts';
import { reportCodec } from './report.ts';
import { tableCodec } from './table.ts';

/** Port types whose values can lie in the disk cache, one entry each. */
export const valueCodecs: readonly ValueCodec[] = [conditioningCodec, imageCodec, latentsCodec, reportCodec, tableCodec];
