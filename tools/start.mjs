/**
 * `npm start`: sets up, builds, and does the main job: binds a concept on the embedded backbone and renders with it.
 * Arguments are handed on to `run`.
 */
import { join } from 'node:path';
import { ensureBuilt, PROGRAM_BUNDLES } from './lib/build.mjs';
import { becomeProgram, runTool } from './lib/main.mjs';
import { ROOT } from './lib/paths.mjs';
import { logLine, setUp } from './setup.mjs';

const GRAPH = join('graphs', 'bind-a-concept.graph.json');
const OUT = join('out', 'bind-a-concept');

await runTool(async () => {
  await setUp();
  await ensureBuilt(ROOT, logLine, PROGRAM_BUNDLES);
  process.chdir(ROOT);
  logLine(`Running ${GRAPH}; results go to ${OUT}`);
  await becomeProgram(join(ROOT, 'dist', 'cli.mjs'), ['run', GRAPH, '--out', OUT, ...process.argv.slice(2)]);
});
