import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { noCodeFromText } from './no-code-from-text.mjs';

/**
 * @typedef {object} Bundle
 * @property {string} entry File in the sources.
 * @property {string} output File in dist/.
 * @property {'node' | 'preload' | 'window' | 'copy'} [target] Where it runs: Node when left out; a sandboxed preload script; a window, where styles go
 *   beside it as .css; or a file that is taken as it is.
 */

/** What the program consists of. An entry that does not exist is left out. @type {readonly Bundle[]} */
export const PROGRAM_BUNDLES = [
  { entry: 'src/main/cli.ts', output: 'dist/cli.mjs' },
  { entry: 'src/main/engine-process.ts', output: 'dist/engine-process.mjs' },
  { entry: 'src/main/main.ts', output: 'dist/main.mjs' },
  { entry: 'src/main/preload.ts', output: 'dist/preload.cjs', target: 'preload' },
  { entry: 'src/renderer/app/index.html', output: 'dist/renderer/index.html', target: 'copy' },
  { entry: 'src/renderer/app/main.tsx', output: 'dist/renderer/studio.js', target: 'window' },
];

/** All that is bundled: the program, and what measures it. @type {readonly Bundle[]} */
export const BUNDLES = [
  ...PROGRAM_BUNDLES,
  { entry: 'tools/proofs/main.ts', output: 'dist/proof.mjs' },
  { entry: 'tools/full-size/main.ts', output: 'dist/full-size.mjs' },
];

/** Packages with native parts, resolved from node_modules at run time. msgpackr (in BullMQ) does without its native half where that is absent. */
const NATIVE = ['onnxruntime-node', 'sharp', 'msgpackr-extract'];

/** Packages for development that find files beside themselves; only what measures the program imports them. */
const TOOLS = ['playwright-core', 'esbuild'];

/** The files that say how a bundle is made. */
const BUILDER = ['build.mjs', 'no-code-from-text.mjs'];

/** CommonJS dependencies ask for `require`, which an ES module does not have. */
const BANNER = "import { createRequire as __createRequire } from 'node:module';\nconst require = __createRequire(import.meta.url);";

/** How esbuild is told, by target. @type {Readonly<Record<NonNullable<Bundle['target']>, import('esbuild').BuildOptions>>} */
const OPTIONS = {
  node: { platform: 'node', target: 'node20.19', format: 'esm', external: [...NATIVE, ...TOOLS, 'electron'], banner: { js: BANNER }, sourcemap: 'linked' },
  // A sandboxed preload script is CommonJS in one file; Electron alone may be required there.
  preload: { platform: 'node', target: 'node20.19', format: 'cjs', external: ['electron'], sourcemap: 'linked' },
  window: { platform: 'browser', target: 'es2023', format: 'esm', jsx: 'automatic', jsxImportSource: 'preact', minify: true, sourcemap: 'linked', plugins: [noCodeFromText()] },
  copy: { loader: { '.html': 'copy' } },
};

/**
 * What a bundle was made from, kept beside it.
 *
 * @typedef {object} Recipe
 * @property {string} builder Hash of the builder's files and the lockfile: another builder or other packages make another bundle.
 * @property {Record<string, { modified: number, size: number, hash: string }>} inputs Source files, by path relative to the root.
 */

/**
 * Brings dist/ up to date. With nothing changed it only looks at file times, so that a command starts at once.
 *
 * @param {string} root Repository root; node_modules must be installed.
 * @param {(line: string) => void} log Where progress goes.
 * @param {readonly Bundle[]} [bundles] What to build.
 * @returns {Promise<string[]>} The outputs that were built anew, relative to the root.
 * @throws {Error} What the bundler found wrong, by file and line; the bundles before stay as they were.
 */
export async function ensureBuilt(root, log, bundles = BUNDLES) {
  const builder = hashOf(...BUILDER.map((file) => readFileSync(join(import.meta.dirname, file))), readFileSync(join(root, 'package-lock.json')));
  const stale = bundles.filter(({ entry, output }) => existsSync(join(root, entry)) && !isFresh(root, output, builder));
  if (stale.length === 0) return [];
  const started = performance.now();
  const { build, stop } = await import('esbuild');
  try {
    for (const bundle of stale) await buildOne(build, root, bundle, builder);
  } finally {
    // esbuild's own process would otherwise live as long as the program that is started next.
    await stop();
  }
  const built = stale.map(({ output }) => output);
  log(`Built ${built.join(', ')} in ${Math.round(performance.now() - started)} ms`);
  return built;
}

/**
 * @param {string} root
 * @param {string} output
 * @param {string} builder
 */
function isFresh(root, output, builder) {
  const recipePath = join(root, `${output}.recipe.json`);
  if (!existsSync(join(root, output)) || !existsSync(recipePath)) return false;
  const recipe = /** @type {Recipe} */ (JSON.parse(readFileSync(recipePath, 'utf8')));
  if (recipe.builder !== builder) return false;
  return Object.entries(recipe.inputs).every(([path, known]) => {
    const stats = statSync(join(root, path), { throwIfNoEntry: false });
    if (!stats || stats.size !== known.size) return false;
    // Times differ after a checkout though contents may not: then the content decides.
    return stats.mtimeMs === known.modified || hashOf(readFileSync(join(root, path))) === known.hash;
  });
}

/**
 * @param {typeof import('esbuild').build} build
 * @param {string} root
 * @param {Bundle} bundle
 * @param {string} builder
 */
async function buildOne(build, root, { entry, output, target = 'node' }, builder) {
  const startedAt = Date.now();
  const result = await build({
    absWorkingDir: root,
    entryPoints: [entry],
    outfile: output,
    bundle: true,
    ...OPTIONS[target],
    metafile: true,
    write: false,
    logLevel: 'silent',
  }).catch((/** @type {unknown} */ error) => explain(entry, error));
  for (const file of result.outputFiles) writeAtomically(file.path, file.contents);
  /** @type {Recipe} */
  const recipe = { builder, inputs: describe(root, Object.keys(result.metafile.inputs), startedAt) };
  writeAtomically(join(root, `${output}.recipe.json`), JSON.stringify(recipe));
}

/**
 * @param {string} root
 * @param {string[]} paths
 * @param {number} startedAt When bundling began, Unix milliseconds.
 */
function describe(root, paths, startedAt) {
  return Object.fromEntries(
    paths.sort().map((path) => {
      const stats = statSync(join(root, path));
      // Edited while bundling: nobody knows which text went in, so this bundle counts as stale from the start.
      if (stats.mtimeMs >= startedAt) return [path, { modified: 0, size: -1, hash: '' }];
      return [path, { modified: stats.mtimeMs, size: stats.size, hash: hashOf(readFileSync(join(root, path))) }];
    }),
  );
}

/**
 * @param {string} entry
 * @param {unknown} error
 * @returns {never}
 */
function explain(entry, error) {
  const { errors = [] } = /** @type {Partial<import('esbuild').BuildFailure>} */ (error);
  if (errors.length === 0) throw error;
  const lines = errors.map(({ text, location }) => (location ? `  ${location.file}:${location.line}:${location.column}: ${text}` : `  ${text}`));
  throw new Error(`Cannot build ${entry}:\n${lines.join('\n')}`);
}

/**
 * @param {string} path
 * @param {string | Uint8Array} contents
 */
function writeAtomically(path, contents) {
  mkdirSync(dirname(path), { recursive: true });
  const temporary = join(dirname(path), `.${basename(path)}.${process.pid}.tmp`);
  try {
    writeFileSync(temporary, contents);
    renameSync(temporary, path);
  } finally {
    rmSync(temporary, { force: true });
  }
}

/** @param {readonly (string | Uint8Array)[]} parts */
function hashOf(...parts) {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part).update('\0');
  return hash.digest('hex');
}
