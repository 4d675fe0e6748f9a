import { existsSync } from 'node:fs';
import { cp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ROOT } from '../../../tools/lib/paths.mjs';
import { engram } from '../../support/cli.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

test('the shipped batch comes to 48 runs; nothing is started or written', async () => {
  const cwd = await temporaryFolder();
  const path = join(ROOT, 'graphs', 'render.batch.json');
  const { code, out, err } = await engram(['batch', path, '--dry-run', '--out', 'night'], { cwd });
  expect([code, err]).toEqual([0, '']);
  expect(out).toContain('render: 48 runs of render\n  axes      prompt 8 x guidance 2 x seed 3\n');
  expect(out).toContain('LoadBackbone 1 of 48, EncodePrompt 8 of 48');
  expect(existsSync(join(cwd, 'night'))).toBe(false);
  const { out: json } = await engram(['batch', path, '--dry-run', '--json', '--set', 'decode.none=1'], { cwd });
  expect(JSON.parse(json)).toMatchObject({ status: 'refused', errors: [{ code: 'batch.target-param' }] });
});

test('all faults of a batch are told at once, with exit code 2', async () => {
  const cwd = await temporaryFolder();
  await cp(join(ROOT, 'graphs', 'render.graph.json'), join(cwd, 'render.graph.json'));
  await writeFile(join(cwd, 'x.batch.json'), JSON.stringify({ format: 'engram-batch', version: 1, graph: 'render.graph.json', groups: [{ a: { set: 'sample.steps', values: [0, 5, 2000] } }, { b: { set: 'latent.seeds', values: { lines: 'none.txt' } } }] }));
  const { code, err } = await engram(['batch', 'x.batch.json', '--dry-run'], { cwd });
  expect(code).toBe(2);
  expect(err).toContain('error: x.batch.json, group 2, axis "b": file or folder must exist, got "none.txt" [files.missing]');
  await writeFile(join(cwd, 'none.txt'), '7\n8\n');
  const again = await engram(['batch', 'x.batch.json', '--dry-run'], { cwd });
  expect([again.code, again.err]).toEqual([2, 'error: x.batch.json, group 1, axis "a", set "sample.steps": steps must be a whole number in 1..1000, got 0 (value 1), 2000 (value 3) [graph.param-value]\n']);
});
