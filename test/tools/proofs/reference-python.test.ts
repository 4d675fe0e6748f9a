import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { defineProof, judge } from '../../../tools/proofs/framework/proof.ts';
import { findReferencePython } from '../../../tools/proofs/framework/reference-python.ts';
import { runProof } from '../../../tools/proofs/framework/run-proof.ts';

const VERSIONS = { python: '3.11.0', torch: '2.0', diffusers: '0.3', transformers: '5.0' };

/** Shell scripts stand in for Python: what is tested is which one is asked, and what becomes of its answer. */
describe.skipIf(process.platform === 'win32')('findReferencePython', () => {
  let root: string;
  const log = (): void => undefined;

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'python-'));
  });

  afterEach(() => {
    vi.unstubAllEnvs();
    rmSync(root, { recursive: true });
  });

  function writeProgram(path: string, script: string): string {
    const full = join(root, path);
    mkdirSync(dirname(full), { recursive: true });
    writeFileSync(full, `#!/bin/sh\n${script}\n`);
    chmodSync(full, 0o755);
    return full;
  }

  const answering = (torch: string): string => `echo '${JSON.stringify({ ...VERSIONS, torch })}'`;

  it('takes ENGRAM_PYTHON before all else', async () => {
    const named = writeProgram('named', answering('9.0'));
    writeProgram('.cache/reference-venv/bin/python', answering('1.0'));
    const found = await findReferencePython(root, log, { ENGRAM_PYTHON: named });
    expect(found).toMatchObject({ executable: named, versions: { torch: '9.0' } });
  });

  it('takes the virtual environment next', async () => {
    const own = writeProgram('.cache/reference-venv/bin/python', answering('1.0'));
    expect(await findReferencePython(root, log, {})).toMatchObject({ executable: own, versions: { ...VERSIONS, torch: '1.0' } });
  });

  it('does not look further when ENGRAM_PYTHON is of no use, and says why', async () => {
    const named = writeProgram('named', "echo 'No module named torch' >&2; exit 1");
    writeProgram('.cache/reference-venv/bin/python', answering('1.0'));
    await expect(findReferencePython(root, log, { ENGRAM_PYTHON: named })).rejects.toThrow(/named: ended with 1: No module named torch.*reference\/setup\.mjs/);
  });

  it('hands back what a script prints, and its complaint when it fails', async () => {
    const script = `if [ "$1" = "-c" ]; then ${answering('1.0')}; elif [ "$1" = good ]; then echo "$2"; else echo broken >&2; exit 3; fi`;
    const python = await findReferencePython(root, log, { ENGRAM_PYTHON: writeProgram('named', script) });
    expect(await python.run(['good', 'text'])).toBe('text\n');
    await expect(python.run(['bad'])).rejects.toThrow('ended with 3: broken');
  });

  it('makes a proof fail with the reason when it is absent, and puts versions into the report when it is there', async () => {
    const proof = defineProof({
      name: 'sample',
      expectedSeconds: 1,
      summary: 'a sample',
      run: async (context) => judge({ torch: (await context.python()).versions.torch }, {}),
    });
    vi.stubEnv('ENGRAM_PYTHON', join(root, 'nothing'));
    mkdirSync(join(root, 'node_modules', 'onnxruntime-node'), { recursive: true });
    writeFileSync(join(root, 'node_modules', 'onnxruntime-node', 'package.json'), '{"version":"9.9.9"}');
    const absent = await runProof(proof, root, log);
    expect(absent).toMatchObject({ ok: false, reason: expect.stringContaining('No Python with torch') as string });
    expect(absent.machine.reference).toBeUndefined();
    vi.stubEnv('ENGRAM_PYTHON', writeProgram('named', answering('7.0')));
    const present = await runProof(proof, root, log);
    expect(present).toMatchObject({ ok: true, figures: { torch: '7.0' }, machine: { reference: { torch: '7.0' } } });
  });
});
