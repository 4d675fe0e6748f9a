import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

const VERSIONS_SCRIPT = `
import json, platform, torch, diffusers, transformers
print(json.dumps(dict(python=platform.python_version(), torch=torch.__version__,
                      diffusers=diffusers.__version__, transformers=transformers.__version__)))
`;

const Versions = z.object({ python: z.string(), torch: z.string(), diffusers: z.string(), transformers: z.string() });

/** Versions of the interpreter and of the libraries that figures are compared with. */
export type ReferenceVersions = z.infer<typeof Versions>;

/** A Python with torch, diffusers and transformers: what this program is measured against, never a part of it. */
export interface ReferencePython {
  readonly executable: string;
  readonly versions: ReferenceVersions;
  /**
   * Runs a script.
   *
   * @param args Script path (relative to the repository root) and its arguments.
   * @param input What it reads on standard input; nothing when left out.
   * @returns What it printed on standard output.
   * @throws {Error} When it ends with another code than 0: the code and its last lines.
   */
  run(args: readonly string[], input?: string): Promise<string>;
}

/**
 * Finds the reference Python: `ENGRAM_PYTHON` alone when it is set, else the virtual environment that tools/reference/setup.mjs makes, else `python3`.
 *
 * @param root Repository root.
 * @param log Told what the scripts print on standard error.
 * @param environment Environment variables.
 * @returns The interpreter, with its versions.
 * @throws {Error} When no candidate can import the libraries: each one tried with its reason, and how to make one.
 */
export async function findReferencePython(
  root: string,
  log: (line: string) => void,
  environment: NodeJS.ProcessEnv = process.env,
): Promise<ReferencePython> {
  const failures: string[] = [];
  for (const executable of candidates(root, environment)) {
    try {
      const output = await runPython(executable, ['-c', VERSIONS_SCRIPT], root, () => undefined);
      const versions = Versions.parse(JSON.parse(output));
      return { executable, versions, run: (args, input) => runPython(executable, args, root, log, input) };
    } catch (error) {
      failures.push(`${executable}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  const advice = 'make one with `node tools/reference/setup.mjs`, or name one in ENGRAM_PYTHON';
  throw new Error(`No Python with torch, diffusers and transformers (${failures.join('; ')}); ${advice}`);
}

function candidates(root: string, environment: NodeJS.ProcessEnv): string[] {
  const named = environment['ENGRAM_PYTHON'];
  if (named) return [named];
  const inside = process.platform === 'win32' ? ['Scripts', 'python.exe'] : ['bin', 'python'];
  const own = join(root, '.cache', 'reference-venv', ...inside);
  return existsSync(own) ? [own, 'python3'] : ['python3'];
}

function runPython(executable: string, args: readonly string[], cwd: string, log: (line: string) => void, input = ''): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(executable, args, { cwd, stdio: ['pipe', 'pipe', 'pipe'], env: { ...process.env, PYTHONUNBUFFERED: '1' } });
    let output = '';
    let complaints = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      complaints += text;
      log(text.trimEnd());
    });
    child.on('error', reject);
    // A script that ends without reading its input says why by its exit code.
    child.stdin.on('error', () => undefined).end(input);
    child.on('close', (code, signal) => {
      if (code === 0) resolve(output);
      else reject(new Error(`ended with ${signal ?? code}: ${complaints.trim().split('\n').slice(-3).join(' | ') || 'no message'}`));
    });
  });
}
