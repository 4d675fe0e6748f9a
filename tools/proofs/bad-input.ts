import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, readFile, rm, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { z } from 'zod';
import { DATA_FAULTS, DISK_FAULTS } from './faults/data-faults.ts';
import { GRAPH_FAULTS } from './faults/graph-faults.ts';
import { MODEL_FAULTS } from './faults/model-faults.ts';
import { makeScene, type Fault, type Scene } from './faults/scene.ts';
import { defineProof, judge, type ProofContext } from './framework/proof.ts';

const FAULTS: readonly Fault[] = [...MODEL_FAULTS, ...GRAPH_FAULTS, ...DATA_FAULTS, ...DISK_FAULTS];
const SECONDS = 300;
/** Runs at a time. */
const LANES = 2;

const answerSchema = z.object({ error: z.looseObject({ code: z.string() }).optional() });

interface Ran { readonly exit: number | string; readonly output: string; readonly told: string }

/** Hashes of all files below a folder, by relative path; of a file that stands in its place, as ''. */
async function contents(folder: string): Promise<ReadonlyMap<string, string>> {
  const kind = await stat(folder).catch(() => undefined);
  if (kind?.isFile() === true) return new Map([['', await readFile(folder, 'base64')]]);
  const entries = kind === undefined ? [] : await readdir(folder, { recursive: true, withFileTypes: true });
  const found = new Map<string, string>();
  for (const entry of entries.filter((one) => one.isFile())) {
    const path = join(entry.parentPath, entry.name);
    found.set(relative(folder, path), createHash('sha256').update(await readFile(path)).digest('hex'));
  }
  return found;
}

const equalContents = (a: ReadonlyMap<string, string>, b: ReadonlyMap<string, string>): boolean => a.size === b.size && [...a].every(([name, hash]) => b.get(name) === hash);

/** Runs the command line as a user would; a run that hangs is ended and counts as such. */
function runProgram(context: ProofContext, scene: Scene, args: readonly string[], fault: Fault, cache: string): Promise<Ran> {
  const words = [join(context.root, 'dist', 'cli.mjs'), 'run', ...args, '--json', '--device', 'cpu', '--out', scene.out, '--models', scene.folder];
  const launch: [string, string[]] = fault.within === undefined ? [process.execPath, words] : ['sh', ['-c', fault.within, 'sh', process.execPath, ...words]];
  return new Promise((resolve, reject) => {
    const env = { ...process.env, CI: '1', ENGRAM_CACHE: cache, OUT_FOLDER: scene.out, SEEN_FOLDER: `${scene.out}.seen` };
    const child = spawn(...launch, { cwd: scene.folder, stdio: ['ignore', 'pipe', 'pipe'], env, timeout: SECONDS * 1000 });
    const text = { output: '', told: '' };
    child.stdout.setEncoding('utf8').on('data', (part: string) => { text.output += part; });
    child.stderr.setEncoding('utf8').on('data', (part: string) => { text.told += part; });
    child.on('error', reject);
    child.on('close', (code, signal) => { resolve({ exit: code ?? signal ?? 'none', ...text }); });
  });
}

function codeOf(output: string): string | undefined {
  try {
    return answerSchema.parse(JSON.parse(output)).error?.code;
  } catch {
    return `no JSON: ${output.slice(0, 100)}`;
  }
}

/** What went otherwise than it must; nothing when all is well. */
async function tryFault(context: ProofContext, fault: Fault): Promise<string[]> {
  const scene = await makeScene(context.root, join(context.workFolder, 'scenes', fault.name));
  const args = await fault.prepare(scene);
  const [inputs, before] = [await inputsOf(scene), await contents(scene.out)];
  const { exit, output, told } = await runProgram(context, scene, args, fault, join(context.workFolder, 'caches', fault.name));
  const seen = existsSync(`${scene.out}.seen`) ? `${scene.out}.seen` : scene.out;
  const after = await contents(seen);
  const wrong: string[] = [];
  const demand = (holds: boolean, what: string): void => { if (!holds) wrong.push(what); };
  demand(exit === fault.exit, `exit code ${exit} instead of ${fault.exit}`);
  demand(codeOf(output) === fault.code, `error code ${String(codeOf(output))} instead of ${String(fault.code)}`);
  demand(fault.says.test(`${told}\n${output}`), `does not say ${String(fault.says)}`);
  demand(!/\n\s+at .*\.(m?js|ts):\d+/.test(told), 'shows a stack trace');
  demand(fault.exit === 0 || equalContents(before, after), `leaves ${[...after.keys()].join(', ')} in the output folder`);
  demand(![...after.keys()].some((name) => /\.tmp$|-tmp$/.test(name)), 'leaves a temporary file');
  demand(equalContents(inputs, await inputsOf(scene)), 'changes its inputs');
  if (wrong.length > 0) context.log(`${fault.name}: ${wrong.join('; ')}\n${told.slice(-1500)}`);
  else await rm(scene.folder, { recursive: true });
  return wrong;
}

/** All files of a scene but those that the run writes. */
async function inputsOf({ folder }: Scene): Promise<ReadonlyMap<string, string>> {
  return new Map([...(await contents(folder))].filter(([name]) => !/^out(\.seen)?([\\/]|$)/.test(name)));
}

export const badInput = defineProof({
  name: 'bad-input',
  expectedSeconds: 180,
  summary: 'Damaged models, data, graphs and disks each end with a clear error and the right exit code, with nothing half-written and nothing lost.',
  async run(context) {
    const wanted = process.env['ENGRAM_PROOF_ONLY']?.split(',');
    const waiting = FAULTS.filter(({ name }) => wanted === undefined || wanted.includes(name));
    const total = waiting.length;
    const failures: Record<string, string> = {};
    const lane = async (): Promise<void> => {
      for (let fault = waiting.shift(); fault !== undefined; fault = waiting.shift()) {
        const wrong = await tryFault(context, fault);
        if (wrong.length > 0) failures[fault.name] = wrong.join('; ');
      }
    };
    await Promise.all(Array.from({ length: LANES }, lane));
    const count = (exit: Fault['exit']): number => FAULTS.filter((fault) => fault.exit === exit).length;
    const figures = { faults: total, asTheyMustBe: total - Object.keys(failures).length, badInput: count(2), failedRuns: count(1), warnings: count(0), failures };
    return judge(figures, { faults: { atLeast: 60 }, asTheyMustBe: { equals: total } });
  },
});
