import { readFileSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ROOT } from '../../../tools/lib/paths.mjs';
import { engram } from '../../support/cli.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const SLOW = 240_000;
const RENDER = readFileSync(join(ROOT, 'graphs', 'render.graph.json'), 'utf8');

interface Answer {
  readonly ok: boolean;
  readonly graphs: readonly { readonly graph: string; readonly ok: boolean; readonly updated: readonly string[]; readonly errors: readonly { code: string }[]; readonly checks: readonly { check: string; ok: boolean; findings: readonly { rule: string; ok: boolean; got: string }[] }[] }[];
}

/** A folder with a graph file: `render` with two steps and the checks given. */
async function graphWith(checks: Readonly<Record<string, unknown>> | undefined): Promise<{ cwd: string; path: string; text: string }> {
  const graph = JSON.parse(RENDER) as { nodes: { sample: { params: Record<string, unknown> } }; checks?: unknown };
  graph.nodes.sample.params['steps'] = 2;
  if (checks === undefined) delete graph.checks;
  else graph.checks = checks;
  const cwd = await temporaryFolder();
  // Written in a way that no program would write it: an update must leave it so.
  const text = `${JSON.stringify(graph, undefined, 3).replace('"nodes": {', '"nodes" :  {')}\r\n\n`;
  await writeFile(join(cwd, 'g.graph.json'), text);
  return { cwd, path: join(cwd, 'g.graph.json'), text };
}

const image = { node: 'decode', port: 'image' };

async function leftovers(): Promise<string[]> {
  return (await readdir(tmpdir())).filter((name) => name.startsWith('engram-checks-'));
}

describe('engram test', () => {
  test('holds the graph that ships to its checks', async () => {
    const before = await leftovers();
    const { code, out } = await engram(['test', join(ROOT, 'graphs', 'render.graph.json'), '--device', 'cpu'], { cwd: await temporaryFolder() });
    expect(out).toMatch(/^ok .*render\.graph\.json: 2 checks hold/);
    expect(out).toContain('ok    shape: [4,128,128,3]');
    expect(code).toBe(0);
    expect(await leftovers()).toEqual(before);
  }, SLOW);

  test('tells every check that does not hold, and ends with 1', async () => {
    const { cwd } = await graphWith({ good: { value: image, shape: [4, 128, 128, 3] }, wrong: { value: image, shape: [1, 128, 128, 3], facts: { deviation: { below: 1 } } } });
    const { code, out } = await engram(['test', 'g.graph.json', '--device', 'cpu'], { cwd });
    expect(code).toBe(1);
    expect(out).toContain('1 of 2 checks do not hold');
    expect(out).toContain('FAIL  shape: [4,128,128,3], expected [1,128,128,3]');
    expect(out).toMatch(/FAIL {2}facts\.deviation\.below: \d+(\.\d+)?, expected below 1/);
  }, SLOW);

  test('--update writes what was measured and keeps everything else, byte for byte', async () => {
    const { cwd, path, text } = await graphWith({ pictures: { value: image, doc: 'kept', hash: '', mean: { value: 0, tolerance: 1 }, facts: { deviation: { above: 1 } } } });
    const first = JSON.parse((await engram(['test', 'g.graph.json', '--device', 'cpu', '--update', '--json'], { cwd })).out) as Answer;
    expect([first.ok, first.graphs[0]?.updated]).toEqual([true, ['pictures.hash', 'pictures.mean.value']]);
    const [hash, mean] = ['hash', 'mean'].map((rule) => first.graphs[0]?.checks[0]?.findings.find((finding) => finding.rule === rule)?.got);
    const updated = await readFile(path, 'utf8');
    const { checks } = JSON.parse(updated) as { checks: { pictures: { hash: string; mean: { value: number } } } };
    expect(checks.pictures.hash).toBe(hash);
    expect(Math.abs(checks.pictures.mean.value - Number(mean))).toBeLessThanOrEqual(0.01);
    expect(updated.replace(checks.pictures.hash, '').replace(`"value": ${checks.pictures.mean.value},`, '"value": 0,')).toBe(text);
    // Equal machine, device and threads: the hash holds in a new run with nothing cached.
    const again = await engram(['test', 'g.graph.json', '--device', 'cpu', '--json'], { cwd });
    expect([again.code, (JSON.parse(again.out) as Answer).ok]).toEqual([0, true]);
    expect(await readFile(path, 'utf8')).toBe(updated);
  }, 2 * SLOW);

  test('bounds of facts are demands: --update leaves them, and they still fail', async () => {
    const { cwd, path, text } = await graphWith({ wrong: { value: image, facts: { deviation: { below: 1 } } } });
    const { code } = await engram(['test', 'g.graph.json', '--device', 'cpu', '--update'], { cwd });
    expect([code, await readFile(path, 'utf8')]).toEqual([1, text]);
  }, SLOW);

  test.each([
    ['no checks', undefined, 'checks.none'],
    ['a node that is not there', { a: { value: { node: 'nobody', port: 'image' } } }, 'graph.missing-node'],
    ['an output that is not there', { a: { value: { node: 'decode', port: 'picture' } } }, 'checks.port'],
    ['a form that is not known', { a: { value: image, colour: 'red' } }, 'graph.schema.unrecognized_keys'],
  ])('ends with 2 for a graph with %s', async (_name, checks, expected) => {
    const { cwd } = await graphWith(checks);
    const { code, out } = await engram(['test', 'g.graph.json', '--device', 'cpu', '--json'], { cwd });
    expect([code, (JSON.parse(out) as Answer).graphs[0]?.errors[0]?.code]).toEqual([2, expected]);
  }, SLOW);

  test('tests every file, whatever the others come to', async () => {
    const { cwd } = await graphWith({ good: { value: { node: 'latent', port: 'latents' }, shape: [2, 8, 16, 16] } });
    const { code, out } = await engram(['test', 'missing.graph.json', 'g.graph.json', '--device', 'cpu', '--json'], { cwd });
    expect([code, (JSON.parse(out) as Answer).graphs.map(({ ok }) => ok)]).toEqual([2, [false, true]]);
  }, SLOW);
});
