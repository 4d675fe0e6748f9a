/**
 * The layers of the program and what each may import: the one table behind the lint rule (tools/eslint/layers.mjs) and the
 * whole-program check (tools/layers.mjs).
 *
 * @typedef {object} Layer
 * @property {string} name Name used in messages.
 * @property {RegExp} files Which files belong to it: matched against the path relative to the repository root, with `/`.
 * @property {readonly string[] | '*'} imports Other layers it may import; its own files always; '*' is every layer but the tests.
 * @property {readonly string[] | '*'} packages npm packages it may import; '*' is every package that OWNED_PACKAGES does not give away.
 * @property {boolean} node Whether Node's own modules (`node:fs`, …) may be imported.
 */

/** Pure TypeScript packages that need no platform: schema validation and hashes. Every layer may use them. */
const PURE = ['zod', '@noble/hashes'];

/** What draws in a window: small, without `eval`. */
const PANELS = ['preact', '@preact/signals', 'uplot', '@leeoniya/ufuzzy', 'lucide', '@tanstack/virtual-core'];

/** @type {readonly Layer[]} */
export const LAYERS = [
  { name: 'contract', files: /^src\/contract\//, imports: [], packages: PURE, node: false },
  {
    name: 'core',
    files: /^src\/main\/core\//,
    imports: ['contract'],
    packages: [...PURE, '@bufbuild/protobuf', '@huggingface/tokenizers'],
    node: false,
  },
  { name: 'diffusion', files: /^src\/main\/diffusion\//, imports: ['contract', 'core'], packages: PURE, node: false },
  { name: 'backbones', files: /^src\/main\/backbones\//, imports: ['contract', 'core'], packages: PURE, node: false },
  { name: 'engram', files: /^src\/main\/engram\//, imports: ['contract', 'core'], packages: PURE, node: false },
  {
    name: 'nodes',
    files: /^nodes\//,
    imports: ['contract', 'core', 'diffusion', 'backbones', 'engram'],
    packages: PURE,
    node: false,
  },
  { name: 'engine', files: /^src\/main\/engine\//, imports: ['contract', 'core'], packages: [...PURE, 'onnxruntime-node'], node: true },
  { name: 'runtime', files: /^src\/main\/runtime\//, imports: ['contract'], packages: PURE, node: true },
  { name: 'services', files: /^src\/main\/services\//, imports: ['contract', 'runtime'], packages: [...PURE, 'sharp', 'bullmq', 'ioredis'], node: true },
  { name: 'ipc', files: /^src\/main\/ipc\//, imports: ['contract', 'runtime', 'services'], packages: [...PURE, 'ws'], node: true },
  // What the desktop shell does, with the platform handed in: testable without Electron.
  { name: 'shell', files: /^src\/main\/shell\//, imports: ['contract', 'services', 'ipc'], packages: PURE, node: true },
  { name: 'renderer graph', files: /^src\/renderer\/graph\//, imports: ['contract'], packages: [...PURE, '@leeoniya/ufuzzy', '@dagrejs/dagre'], node: false },
  { name: 'renderer client', files: /^src\/renderer\/[^/]+\.ts$/, imports: ['contract'], packages: PURE, node: false },
  { name: 'canvas', files: /^src\/renderer\/canvas\//, imports: ['contract', 'renderer graph', 'renderer client'], packages: [...PURE, ...PANELS, 'litegraph.js'], node: false },
  { name: 'panels', files: /^src\/renderer\/panels\//, imports: ['contract', 'renderer graph', 'renderer client'], packages: [...PURE, ...PANELS], node: false },
  { name: 'app', files: /^src\/renderer\/app\//, imports: ['contract', 'renderer graph', 'renderer client', 'canvas', 'panels'], packages: [...PURE, ...PANELS], node: false },
  { name: 'composition roots', files: /^src\/main\/(?:[^/]+\.ts$|cli\/)/, imports: '*', packages: '*', node: true },
  { name: 'pocket tools', files: /^tools\/pocket\//, imports: '*', packages: [...PURE, 'sharp'], node: true },
  { name: 'tools', files: /^(?:tools\/|[^/]+\.config\.[jt]s$)/, imports: '*', packages: '*', node: true },
  { name: 'test', files: /^test\//, imports: '*', packages: '*', node: true },
];

/**
 * Packages with few owners: only the layers named may import them, '*' or not. Native code enters the program at these places alone.
 *
 * @type {Readonly<Record<string, readonly string[]>>}
 */
export const OWNED_PACKAGES = {
  'onnxruntime-node': ['engine', 'test'],
  sharp: ['services', 'pocket tools', 'tools', 'test'],
  // The queue of a fleet: everything else speaks to it through services/fleet.
  bullmq: ['services', 'test'],
  ioredis: ['services', 'test'],
  'litegraph.js': ['canvas', 'tools'],
  electron: ['composition roots', 'test'],
  ws: ['ipc', 'test'],
};
