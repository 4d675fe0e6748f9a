import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ROOT } from '../../tools/lib/paths.mjs';

describe('tools/engram.mjs', () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'engram-tool-'));
    cpSync(join(ROOT, 'graphs', 'render.graph.json'), join(folder, 'mine.graph.json'));
  });

  afterEach(() => rmSync(folder, { recursive: true }));

  function engram(args: readonly string[], cwd: string, environment: NodeJS.ProcessEnv): { status: number | null; stderr: string } {
    return spawnSync(process.execPath, [join(ROOT, 'tools', 'engram.mjs'), ...args], {
      cwd,
      env: { ...process.env, ...environment },
      encoding: 'utf8',
    });
  }

  it('reads paths from the folder where the person stands, called directly or through npm run', () => {
    expect(engram(['validate', 'mine.graph.json'], folder, {})).toMatchObject({ status: 0, stderr: '' });
    const throughNpm = { npm_lifecycle_event: 'engram', INIT_CWD: folder };
    expect(engram(['validate', 'mine.graph.json'], ROOT, throughNpm)).toMatchObject({ status: 0, stderr: '' });
    expect(engram(['validate', 'mine.graph.json'], ROOT, {}).status).toBe(2);
  });

  it('ends with the program’s exit code for bad input', () => {
    expect(engram(['no-such-command'], folder, {}).status).toBe(2);
  });
});
