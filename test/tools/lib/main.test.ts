import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ROOT } from '../../../tools/lib/paths.mjs';

const MAIN = pathToFileURL(join(ROOT, 'tools', 'lib', 'main.mjs')).href;

describe('becomeProgram', () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'main-'));
  });

  afterEach(() => rmSync(folder, { recursive: true }));

  /** Writes a bundle and a tool that becomes it; returns the tool's path. */
  function writeTool(program: string): string {
    const bundle = join(folder, 'program.mjs');
    writeFileSync(bundle, program);
    const tool = join(folder, 'tool.mjs');
    const call = `await runTool(() => becomeProgram(${JSON.stringify(bundle)}, process.argv.slice(2)));`;
    writeFileSync(tool, `import { becomeProgram, runTool } from ${JSON.stringify(MAIN)};\n${call}\n`);
    return tool;
  }

  it('hands on arguments, output and exit code', () => {
    const tool = writeTool('console.log(JSON.stringify(process.argv.slice(2)));\nprocess.exitCode = 2;\n');
    const { status, stdout } = spawnSync(process.execPath, [tool, 'run', 'a b', '--json'], { encoding: 'utf8' });
    expect(JSON.parse(stdout)).toEqual(['run', 'a b', '--json']);
    expect(status).toBe(2);
  });

  it.skipIf(process.platform === 'win32')('lets the program answer an interrupt with its own exit code', async () => {
    const program = `const alive = setInterval(() => undefined, 1000);
      process.on('SIGINT', () => { clearInterval(alive); process.exitCode = 130; });
      console.log('ready');`;
    const child = spawn(process.execPath, [writeTool(program)], { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(child.stdout, 'data');
    child.kill('SIGINT');
    expect(await once(child, 'exit')).toEqual([130, null]);
  });

  it('tells an error by its message and ends with code 1', () => {
    const { status, stderr } = spawnSync(process.execPath, [writeTool("throw new Error('no model');")], { encoding: 'utf8' });
    expect(stderr).toBe('no model\n');
    expect(status).toBe(1);
  });
});
