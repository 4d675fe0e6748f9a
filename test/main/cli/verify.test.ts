import { readdir, readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Verification } from '../../../src/contract/verification.ts';
import { setupOf } from '../../../src/main/cli/verify-engines.ts';
import { ROOT } from '../../../tools/lib/paths.mjs';
import { engram, type RunAnswer } from '../../support/cli.ts';
import { shiftValue, tamper } from '../../support/picture-files.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

/** Renders two pocket pictures in a format with the command line; their paths. */
async function rendered(cwd: string, format: string, ...more: string[]): Promise<string[]> {
  const graph = join(ROOT, 'test/fixtures/graphs/0.1/render.graph.json'); // as the first release shipped it
  const settings = ['sample.steps=2', 'prompts.prompts=a fox', `save.format=${format}`, ...more];
  const { code, out } = await engram(['run', graph, '--json', '--out', join(cwd, format), ...settings.flatMap((setting) => ['--set', setting])], { cwd });
  expect(code).toBe(0);
  return (JSON.parse(out) as RunAnswer).outputs.map(({ path }) => path);
}

async function verified(cwd: string, args: readonly string[]): Promise<{ code: number | null; files: Verification[] }> {
  const { code, out } = await engram(['verify', '--json', ...args], { cwd });
  return { code, files: (JSON.parse(out) as { files: Verification[] }).files };
}

describe('engram verify', () => {
  it('answers 0, 1 or 2, and one file that differs decides', async () => {
    const cwd = await temporaryFolder();
    const [png, neighbour] = await rendered(cwd, 'png');
    const [jpeg] = await rendered(cwd, 'jpeg');
    const good = await verified(cwd, [png!, neighbour!, jpeg!]);
    expect([good.code, good.files.map(({ verdict }) => verdict)]).toEqual([0, ['identical', 'identical', 'identical']]);

    const wrong = join(cwd, 'wrong.png');
    await tamper(png!, wrong, { pixels: (image) => { shiftValue(image, 3, 4, 0, 50); } });
    const foreign = join(cwd, 'foreign.png');
    await writeFile(foreign, 'hello');
    const mixed = await verified(cwd, [png!, wrong, foreign]);
    expect([mixed.code, mixed.files.map(({ verdict }) => verdict)]).toEqual([1, ['identical', 'differs', 'unreadable']]);
    expect(mixed.files[1]).toMatchObject({ difference: { first: { x: 3, y: 4, channel: 'red' } } });
    expect((await verified(cwd, [png!, foreign])).code).toBe(2);

    const text = await engram(['verify', wrong], { cwd });
    expect(text.out).toMatch(/^differs +\S+wrong\.png .*\n {4}first at x 3, y 4, red: \d+ instead of \d+; at most by 50\/255; 1 of 49152 values/);
    expect(text.code).toBe(1);
  });

  it('names a missing model, leaves nothing behind and refuses a wrong tolerance', async () => {
    const cwd = await temporaryFolder();
    const [png] = await rendered(cwd, 'png');
    const before = (await readdir(cwd, { recursive: true })).filter((name) => !name.startsWith('cache'));
    const { code, files } = await verified(cwd, [png!, '--models', await temporaryFolder()]);
    expect(code).toBe(2);
    expect(files[0]?.notes).toMatchObject([{ code: 'verify.missing-file', rule: expect.stringContaining('models:pocket-sd15') as string }]);
    expect((await readdir(cwd, { recursive: true })).filter((name) => !name.startsWith('cache'))).toEqual(before);
    expect(await engram(['verify', png!, '--tolerance', '300'], { cwd })).toMatchObject({ code: 2, err: expect.stringContaining('0..255') as string });
  });

  it('sets its engine up as the file records it', () => {
    expect(setupOf('cpu onnxruntime-1.30.0 threads-3 plan-by-size-268435456')).toEqual({ device: 'cpu', threads: 3, plan: 'by-size' });
    expect(setupOf('webgpu onnxruntime-1.30.0 threads-16 plan-lean')).toEqual({ device: 'webgpu', threads: 16, plan: 'lean' });
    for (const other of ['', 'tpu onnxruntime-1 threads-2 plan-lean', 'cpu onnxruntime-1 threads-0 plan-lean', 'cpu onnxruntime-1 threads-9999 plan-lean', 'cpu onnxruntime-1 threads-2 plan-other']) expect(setupOf(other)).toBeUndefined();
  });
});

describe('engram strip', () => {
  it('copies without metadata, never over the file, and tells what was removed', async () => {
    const cwd = await temporaryFolder();
    const paths = [...await rendered(cwd, 'png'), ...await rendered(cwd, 'webp')];
    const original = await readFile(paths[0]!);
    const { code, out } = await engram(['strip', ...paths, '--out', 'shared', '--rename', 'fox', '--json'], { cwd });
    expect(code).toBe(0);
    const { files } = JSON.parse(out) as { files: { output: string; removed: string[] }[] };
    expect(files.map(({ output }) => basename(output))).toEqual(['fox-01.png', 'fox-02.png', 'fox-03.webp', 'fox-04.webp']);
    for (const { output, removed } of files) {
      expect(removed.length).toBeGreaterThan(0);
      expect((await readFile(output)).includes('a fox')).toBe(false);
    }
    expect(await readFile(paths[0]!)).toEqual(original);
    expect((await verified(cwd, [files[0]!.output])).code).toBe(2);

    expect((await engram(['strip', paths[0]!], { cwd })).out).toContain(`${basename(paths[0]!, '.png')}-stripped.png  without iTXt`);
    const same = await engram(['strip', paths[0]!, '--out', join(cwd, 'png')], { cwd });
    expect([same.code, same.err.includes('strip.same-file')]).toEqual([2, true]);
    expect((await engram(['strip', paths[0]!, '--rename', '../x'], { cwd })).code).toBe(2);
  });
});
