import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ProofContext } from '../../../tools/proofs/framework/proof.ts';
import { measureOnce, type RepeatableWork } from '../../../tools/proofs/support/measure-once.ts';

describe('measureOnce', () => {
  let context: ProofContext;
  let work: RepeatableWork;

  beforeEach(() => {
    const root = mkdtempSync(join(tmpdir(), 'measure-'));
    mkdirSync(join(root, 'node_modules', 'onnxruntime-node'), { recursive: true });
    writeFileSync(join(root, 'node_modules', 'onnxruntime-node', 'package.json'), '{"version":"9.9.9"}');
    const program = join(root, 'program.mjs');
    writeFileSync(program, 'console.log(JSON.stringify({ load: 1, create: 2, cold: 3, warm: 4, finite: true }));');
    const never = (): never => { throw new Error('not asked for'); };
    context = { root, workFolder: root, log: () => undefined, python: never };
    work = { name: 'work', command: process.execPath, args: [program, '512'], sources: [program], settings: { torch: '2.0' }, mostAnonymous: 1e12 };
    vi.stubEnv('ENGRAM_FULL_SIZE_RESUME', '1');
  });

  afterEach(() => {
    vi.unstubAllEnvs();
    rmSync(context.root, { recursive: true });
  });

  it('takes the result of the same work from an earlier run, and says so', async () => {
    const first = await measureOnce(context, work);
    expect(first).toMatchObject({ load: 1, create: 2, cold: 3, warm: 4, finite: true, resumed: false });
    expect(await measureOnce(context, work)).toEqual({ ...first, resumed: true });
  });

  it('measures afresh unless it is told to go on', async () => {
    await measureOnce(context, work);
    vi.stubEnv('ENGRAM_FULL_SIZE_RESUME', undefined);
    expect(await measureOnce(context, work)).toMatchObject({ resumed: false });
  });

  it.each<[string, (from: RepeatableWork) => RepeatableWork]>([
    ['arguments differ', (from) => ({ ...from, args: [...from.args, '12'] })],
    ['settings differ', (from) => ({ ...from, settings: { torch: '2.1' } })],
    ['it may take other memory', (from) => ({ ...from, mostAnonymous: 2e12 })],
    ['a source has changed', (from) => { writeFileSync(from.sources[0] as string, 'console.log(JSON.stringify({ load: 0, create: 0, cold: 0, warm: 0, finite: true }));'); return from; }],
    ['the machine is another', (from) => { writeFileSync(join(context.root, 'node_modules', 'onnxruntime-node', 'package.json'), '{"version":"10.0.0"}'); return from; }],
    ['the file that it must leave behind is gone', (from) => ({ ...from, leaves: join(context.root, 'gone') })],
  ])('measures afresh when %s', async (_, other) => {
    await measureOnce(context, work);
    expect(await measureOnce(context, other(work))).toMatchObject({ resumed: false });
  });
});
