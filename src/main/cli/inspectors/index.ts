import { graphInspector } from './graph.ts';
import type { Inspector } from './inspector.ts';
import { modelInspector } from './model.ts';
import { pictureInspector } from './picture.ts';
import { safetensorsInspector } from './safetensors.ts';

/** What `inspect` knows, one entry per kind of file. */
export const inspectors: readonly Inspector[] = [modelInspector, graphInspector, safetensorsInspector, pictureInspector];
