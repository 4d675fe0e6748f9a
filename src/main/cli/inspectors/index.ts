import { graphInspector } from './graph.ts';
import type { Inspector } from './inspector.ts';
import { modelInspector } from './model.ts';
import { pngInspector } from './png.ts';
import { safetensorsInspector } from './safetensors.ts';

/** What `inspect` knows, one entry per kind of file. */
export const inspectors: readonly Inspector[] = [modelInspector, graphInspector, safetensorsInspector, pngInspector];
