import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ensureDependencies, isInstalled, lockHash } from '../../../tools/lib/dependencies.mjs';

const A = { version: '1.0.0', integrity: 'sha512-a' };
const B = { version: '2.0.0', integrity: 'sha512-b' };

function lock(packages: Readonly<Record<string, object>>): string {
  return JSON.stringify({ lockfileVersion: 3, packages: { '': { name: 'sample' }, ...packages } });
}

describe('isInstalled', () => {
  it('accepts exactly the locked packages', () => {
    expect(isInstalled(lock({ a: A, b: B }), lock({ a: A, b: B }))).toBe(true);
  });

  it.each([
    ['a package is absent', { a: A }],
    ['a version differs', { a: A, b: { ...B, version: '2.0.1' } }],
    ['a tarball differs', { a: A, b: { ...B, integrity: 'sha512-c' } }],
    ['a package is not in the lockfile', { a: A, b: B, c: A }],
  ])('refuses when %s', (_, installed) => {
    expect(isInstalled(lock({ a: A, b: B }), lock(installed))).toBe(false);
  });

  it("lets other platforms' optional packages be absent, not this platform's", () => {
    const elsewhere = { ...B, optional: true, os: ['plan9'], cpu: [process.arch] };
    const here = { ...B, optional: true, os: [process.platform], cpu: [process.arch] };
    expect(isInstalled(lock({ a: A, b: elsewhere }), lock({ a: A }))).toBe(true);
    expect(isInstalled(lock({ a: A, b: here }), lock({ a: A }))).toBe(false);
  });
});

describe('ensureDependencies', () => {
  let root: string;
  const lines: string[] = [];
  const log = (line: string): number => lines.push(line);

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'dependencies-'));
    writeFileSync(join(root, 'package-lock.json'), lock({ a: A }));
    lines.length = 0;
  });

  afterEach(() => {
    vi.unstubAllEnvs();
    rmSync(root, { recursive: true });
  });

  /** Stands in for npm: counts its runs, fails as often as asked, then installs. */
  function fakeNpm(failures: number): () => number {
    const script = join(root, 'npm-cli.js');
    const count = join(root, 'count');
    writeFileSync(count, '0');
    writeFileSync(
      script,
      `const fs = require('node:fs');
       const runs = Number(fs.readFileSync(${JSON.stringify(count)}, 'utf8')) + 1;
       fs.writeFileSync(${JSON.stringify(count)}, String(runs));
       if (process.argv[2] !== 'ci' || !process.argv.includes('--ignore-scripts')) process.exit(9);
       if (runs <= ${failures}) { console.error('npm error network is down'); process.exit(1); }
       fs.mkdirSync('node_modules', { recursive: true });`,
    );
    vi.stubEnv('npm_execpath', script);
    return () => Number(readFileSync(count, 'utf8'));
  }

  const stampOf = (): string => readFileSync(join(root, 'node_modules', '.engram-lock-hash'), 'utf8');

  it('installs once, leaves the stamp, and does nothing the second time', async () => {
    const runs = fakeNpm(0);
    await ensureDependencies(root, log);
    await ensureDependencies(root, log);
    expect(runs()).toBe(1);
    expect(stampOf()).toBe(lockHash(lock({ a: A })));
    expect(existsSync(join(root, '.cache', 'setup.lock'))).toBe(false);
  });

  it('installs anew when the lockfile changes', async () => {
    const runs = fakeNpm(0);
    await ensureDependencies(root, log);
    writeFileSync(join(root, 'package-lock.json'), lock({ a: B }));
    await ensureDependencies(root, log);
    expect(runs()).toBe(2);
  });

  it('takes a tree laid by hand as it is', async () => {
    const runs = fakeNpm(0);
    mkdirSync(join(root, 'node_modules'));
    writeFileSync(join(root, 'node_modules', '.package-lock.json'), lock({ a: A }));
    await ensureDependencies(root, log);
    expect(runs()).toBe(0);
    expect(stampOf()).toBe(lockHash(lock({ a: A })));
  });

  it('tries again after a failure', async () => {
    const runs = fakeNpm(2);
    await ensureDependencies(root, log, [1, 1]);
    expect(runs()).toBe(3);
    expect(lines.filter((line) => line.includes('failed (npm error network is down); trying again'))).toHaveLength(2);
  });

  it('gives up after three failures, with what npm said and what to do', async () => {
    fakeNpm(3);
    const message = await ensureDependencies(root, log, [1, 1]).catch((error: unknown) => (error as Error).message);
    expect(message).toContain('npm ci failed 3 times');
    expect(message).toContain('npm error network is down');
    expect(message).toContain('What to do:');
    expect(existsSync(join(root, '.cache', 'setup.lock'))).toBe(false);
  });
});
