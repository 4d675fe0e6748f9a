import { spawn } from 'node:child_process';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { engram, type CliResult } from '../../support/cli.ts';
import { REFERENCE } from '../../support/reference-case.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { ROOT } from '../../../tools/lib/paths.mjs';

const link = (node: string, port: string) => ({ node, port });
const GRAPH = {
  format: 'engram-graph', version: 1,
  nodes: {
    backbone: { type: 'LoadBackbone', version: 1, params: { folder: 'models:tiny-sd15' } },
    prompts: { type: 'EncodePrompt', version: 1, params: { prompts: ['a fox'] }, inputs: { textEncoders: link('backbone', 'textEncoders') } },
    latent: { type: 'EmptyLatent', version: 1, inputs: { backbone: link('backbone', 'backbone') } },
    sample: { type: 'Sample', version: 1, params: { steps: 2, scheduler: 'ddim' }, inputs: { backbone: link('backbone', 'backbone'), positive: link('prompts', 'positive'), negative: link('prompts', 'negative'), latents: link('latent', 'latents') } },
    decode: { type: 'VAEDecode', version: 1, inputs: { vae: link('backbone', 'vae'), latents: link('sample', 'latents') } },
    save: { type: 'SaveImage', version: 1, params: { name: 'image' }, inputs: { image: link('decode', 'image') } },
  },
};
const BATCH = {
  format: 'engram-batch', version: 1, name: 'night', graph: 'render.graph.json', width: 2, gallery: false,
  groups: [{ seed: { set: 'latent.seeds', values: { seeds: 10, from: 1 } } }], output: { name: 'seed/{seed:2}' },
};

async function workspace(batch: unknown = BATCH): Promise<string> {
  const folder = await temporaryFolder();
  await writeFile(join(folder, 'render.graph.json'), JSON.stringify(GRAPH));
  await writeFile(join(folder, 'night.batch.json'), JSON.stringify(batch));
  return folder;
}

const ARGUMENTS = ['batch', 'night.batch.json', '--models', REFERENCE, '--out', 'out', '--device', 'cpu', '--json'];

function batch(cwd: string, more: readonly string[] = []): Promise<CliResult> {
  return engram([...ARGUMENTS, ...more], { cwd });
}

async function images(cwd: string): Promise<Record<string, string>> {
  const names = (await readdir(join(cwd, 'out', 'seed'))).sort();
  return Object.fromEntries(await Promise.all(names.map(async (name) => [name, (await readFile(join(cwd, 'out', 'seed', name))).toString('base64')] as const)));
}

/** Starts the batch and kills it, and in every second case its engine too, as soon as so many rows are in the journal. */
async function killAfter(cwd: string, rows: number, group: boolean): Promise<void> {
  const env = { ...process.env, ENGRAM_CACHE: join(cwd, 'cache'), ENGRAM_SETTINGS: join(cwd, 'settings.json') };
  const child = spawn(process.execPath, [join(ROOT, 'dist', 'cli.mjs'), ...ARGUMENTS], { cwd, env, stdio: 'ignore', detached: true });
  const ended = new Promise((resolve) => { child.on('close', resolve); });
  const journal = join(cwd, 'out', '.engram-batch', 'journal.jsonl');
  for (let over = false; !over && child.exitCode === null;) {
    over = (await readFile(journal, 'utf8').catch(() => '')).split('"type":"done"').length > rows;
    await new Promise((resolve) => { setTimeout(resolve, 5); });
  }
  if (child.exitCode === null) process.kill(group ? -(child.pid as number) : (child.pid as number), 'SIGKILL');
  await ended;
}

// Several whole processes each, beside whatever else the machine is doing.
describe('engram batch', { timeout: 400_000 }, () => {
  it('ends with the files of an unbroken run after kill -9, whenever that came', async () => {
    const [whole, broken] = [await workspace(), await workspace()];
    expect(await batch(whole)).toMatchObject({ code: 0 });
    await killAfter(broken, 0, true);
    await killAfter(broken, 2, false);
    await killAfter(broken, 5, true);
    const { code, out } = await batch(broken);
    expect(code).toBe(0);
    const answer = JSON.parse(out) as { counts: unknown; recovery: { verified: number; adopted: number } };
    expect(answer.counts).toEqual({ total: 10, done: 10, failed: 0, cancelled: 0 });
    expect(answer.recovery.verified + answer.recovery.adopted).toBeGreaterThanOrEqual(5);
    expect(await images(broken)).toEqual(await images(whole));
    const journal = (await readFile(join(broken, 'out', '.engram-batch', 'journal.jsonl'), 'utf8')).match(/"type":"done","id":"[0-9a-f]{64}"/g);
    expect(new Set(journal).size).toBe(journal?.length);
  });

  it('ends with 130 on Ctrl-C and can go on, with 1 for failed rows, with 2 for what is wrong with the input', async () => {
    const cwd = await workspace({ ...BATCH, groups: [{ steps: { set: 'sample.steps', values: [400, 401] } }], output: { name: 'seed/{steps}' } });
    let sent = false;
    const stopped = await engram(ARGUMENTS, { cwd, onStderr: (text, child) => {
      if (sent || !text.includes('0/2 done')) return;
      sent = true;
      setTimeout(() => { child.kill('SIGINT'); }, 500);
    } });
    expect([stopped.code, (JSON.parse(stopped.out) as { status: string }).status]).toEqual([130, 'cancelled']);
    expect((await engram(['queue', 'out', 'cancel', '1'], { cwd })).out).toContain('cancelled');
    expect((await engram(['queue', 'out', 'status'], { cwd })).out).toContain('0 of 2 rows done, 1 waiting, 0 failed, 1 cancelled; nobody works on it now');
    const other = await engram(['batch', 'other.batch.json', '--out', 'out', '--models', REFERENCE], { cwd });
    expect(other.code).toBe(2);
    await writeFile(join(cwd, 'other.batch.json'), JSON.stringify({ ...BATCH, name: 'day' }));
    const refused = await engram(['batch', 'other.batch.json', '--out', 'out', '--models', REFERENCE, '--device', 'cpu'], { cwd });
    expect([refused.code, refused.err]).toEqual([2, expect.stringContaining('[batch.other]')]);
    expect((await batch(cwd, ['--quota', 'much'])).code).toBe(2);
    expect((await engram(['queue', 'nowhere'], { cwd })).code).toBe(2);
  });

  it('stops at the quota with 1 and a clear error, and goes on with a larger one', async () => {
    const cwd = await workspace({ ...BATCH, groups: [{ seed: { set: 'latent.seeds', values: { seeds: 4 } } }] });
    const full = await batch(cwd, ['--quota', '1 kB']);
    expect([full.code, JSON.parse(full.out)]).toMatchObject([1, { status: 'paused', error: { code: 'batch.quota' } }]);
    expect(await batch(cwd, ['--quota', '1 GB'])).toMatchObject({ code: 0 });
  });
});
