import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { ensureBuilt, PROGRAM_BUNDLES } from '../../tools/lib/build.mjs';
import { ROOT } from '../../tools/lib/paths.mjs';
import { temporaryFolder } from '../support/temporary-folder.ts';

interface Started { readonly url?: string; readonly code?: number | null; readonly errors: () => string; end(): Promise<number | null> }

/** Starts `engram serve` with its folders below one, and waits for its address or its end. */
async function serve(root: string, ...args: readonly string[]): Promise<Started> {
  const env = { ...process.env, ENGRAM_DATA: join(root, 'data'), ENGRAM_CACHE: join(root, 'cache'), ENGRAM_SETTINGS: join(root, 'settings.json') };
  const child = spawn(process.execPath, [join(ROOT, 'dist', 'cli.mjs'), 'serve', '--out', join(root, 'out'), ...args], { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => { errors += chunk.toString(); });
  const ended = once(child, 'close') as Promise<[number | null]>;
  const outcome = await Promise.race([
    once(child.stdout, 'data').then(([chunk]) => ({ url: (chunk as Buffer).toString().trim() })),
    ended.then(([code]) => ({ code })),
  ]);
  return {
    ...outcome, errors: () => errors,
    end: async () => {
      child.kill('SIGINT');
      setTimeout(() => child.kill('SIGINT'), 20); // as npm hands on what the terminal has sent already
      return (await ended)[0];
    },
  };
}

describe('engram serve', { timeout: 120_000 }, () => {
  beforeAll(() => ensureBuilt(ROOT, () => undefined, PROGRAM_BUNDLES), 120_000);

  it('prints an address with a token, and ends on Ctrl-C', async () => {
    const started = await serve(await temporaryFolder());
    expect(started.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/\?token=[\w-]{32}$/);
    expect((await fetch(started.url ?? '')).status).toBe(200);
    expect(await started.end()).toBe(0);
  });

  it('leaves the data of a studio that runs alone, and says whose it is', async () => {
    const root = await temporaryFolder();
    const first = await serve(root);
    const second = await serve(root);
    expect(second.code).toBeGreaterThan(0);
    expect(second.errors()).toMatch(/worked on by another process.*process \d+/s);
    expect(second.errors()).toContain('[queue.locked]');
    expect((await fetch(first.url ?? '')).status).toBe(200);
    await first.end();
  });

  it('says why when its folder can’t be written', async () => {
    const root = await temporaryFolder();
    await writeFile(join(root, 'data'), 'a file where a folder should be');
    const started = await serve(root);
    expect(started.code).toBeGreaterThan(0);
    expect(started.errors()).toContain(join(root, 'data'));
    expect(started.errors()).toContain('[files.write]');
  });

  it('takes another host than this machine only when other machines are wanted, and warns', async () => {
    const refused = await serve(await temporaryFolder(), '--host', '0.0.0.0');
    expect(refused.code).toBeGreaterThan(0);
    expect(refused.errors()).toContain('[serve.host]');
    const wanted = await serve(await temporaryFolder(), '--host', '0.0.0.0', '--allow-remote');
    expect(wanted.url).not.toContain('0.0.0.0');
    await expect.poll(() => wanted.errors()).toContain('Traffic is not encrypted');
    expect(await wanted.end()).toBe(0);
  });
});
