import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { proofCommand } from '../../../tools/proofs/framework/command.ts';
import { defineProof, judge, type Proof } from '../../../tools/proofs/framework/proof.ts';
import { PROOFS } from '../../../tools/proofs/index.ts';

const base = { expectedSeconds: 1, summary: 'a sample' };
const good = defineProof({ ...base, name: 'good', run: async () => judge({ difference: 1e-6 }, { difference: { atMost: 2e-5 } }) });
const bad = defineProof({ ...base, name: 'bad', run: async () => judge({ difference: NaN, rows: 3 }, { difference: { atMost: 1 }, rows: { atLeast: 4 } }) });
const thrower = defineProof({ ...base, name: 'thrower', run: () => Promise.reject(new Error('no models/pocket-sd15')) });

describe('proofCommand', () => {
  let root: string;
  let out: string[];
  let log: string[];

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'proofs-'));
    mkdirSync(join(root, 'node_modules', 'onnxruntime-node'), { recursive: true });
    writeFileSync(join(root, 'node_modules', 'onnxruntime-node', 'package.json'), '{"version":"9.9.9"}');
    out = [];
    log = [];
  });

  afterEach(() => rmSync(root, { recursive: true }));

  const command = (args: readonly string[], proofs: readonly Proof[]): Promise<number> =>
    proofCommand(args, root, proofs, { out: (line) => out.push(line), log: (line) => log.push(line) });

  const report = (): Record<string, unknown> => {
    expect(out).toHaveLength(1);
    return JSON.parse(out[0] ?? '') as Record<string, unknown>;
  };

  it('prints one JSON line and ends with 0 when the claim holds', async () => {
    expect(await command(['good'], [bad, good])).toBe(0);
    expect(report()).toEqual({
      name: 'good',
      ok: true,
      figures: { difference: 1e-6, seconds: expect.any(Number) as number },
      goals: { difference: { atMost: 2e-5 } },
      machine: expect.objectContaining({ onnxruntime: '9.9.9', node: process.versions.node, cores: expect.any(Number) as number }) as object,
    });
  });

  it('ends with 1 and every goal missed when it does not; NaN misses', async () => {
    expect(await command(['bad'], [bad, good])).toBe(1);
    expect(report()).toMatchObject({ ok: false, reason: 'difference: wanted at most 1, got null; rows: wanted at least 4, got 3' });
  });

  it('turns an exception into a reason', async () => {
    expect(await command(['thrower'], [thrower])).toBe(1);
    expect(report()).toMatchObject({ name: 'thrower', ok: false, reason: 'no models/pocket-sd15' });
  });

  it('turns an exception before the first promise into a reason too', async () => {
    const hasty = defineProof({ ...base, name: 'hasty', run: () => { throw new Error('not on this platform'); } });
    expect(await command(['hasty'], [hasty])).toBe(1);
    expect(report()).toMatchObject({ name: 'hasty', ok: false, reason: 'not on this platform' });
  });

  it('gives each run an empty folder', async () => {
    const writes = defineProof({
      ...base,
      name: 'writes',
      run: async ({ workFolder }) => {
        const stale = existsSync(join(workFolder, 'file'));
        writeFileSync(join(workFolder, 'file'), '');
        return judge({ stale }, { stale: { equals: false } });
      },
    });
    expect(await command(['writes'], [writes])).toBe(0);
    expect(await command(['writes'], [writes])).toBe(0);
  });

  it('lists the proofs with their expected time', async () => {
    expect(await command(['list'], [good])).toBe(0);
    expect(out.join('\n')).toMatch(/^good +1 s {2}a sample$/);
  });

  it.each([[[]], [['other']], [['good', 'more']]])('ends with 2 for %j and names the proofs', async (args) => {
    expect(await command(args, [good, bad])).toBe(2);
    expect(out).toEqual([]);
    expect(log.join()).toContain('proofs: good, bad');
  });

  it('refuses two proofs of one name, and malformed ones', async () => {
    await expect(command(['list'], [good, good])).rejects.toThrow('Proof "good" is listed twice');
    expect(() => defineProof({ ...good, name: 'Good one' })).toThrow('lower-case words');
    expect(() => defineProof({ ...good, expectedSeconds: 0 })).toThrow('above 0, got 0');
  });
});

describe('the list of proofs', () => {
  it('holds well-formed proofs of different names', async () => {
    expect(await proofCommand(['list'], tmpdir(), PROOFS, { out: () => undefined, log: () => undefined })).toBe(0);
  });
});
