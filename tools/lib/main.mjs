import { realpathSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';

/**
 * Tells whether a module is the program that was started, and not one that it imported; a link to it (npm's bin) counts.
 *
 * @param {string} moduleUrl The module's `import.meta.url`.
 */
export function isMain(moduleUrl) {
  return process.argv[1] !== undefined && realpathSync(process.argv[1]) === realpathSync(fileURLToPath(moduleUrl));
}

/**
 * Runs a tool: an error is told by its message alone and ends in exit code 1.
 *
 * @param {() => Promise<void>} tool What to do; sets `process.exitCode` itself for other codes.
 */
export async function runTool(tool) {
  try {
    await tool();
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  }
}

/**
 * Runs a bundle in this very process, as if it had been started with these arguments. No child process stands between the person and
 * the program: signals, terminal and exit code are its own.
 *
 * @param {string} bundle Path of the bundle.
 * @param {readonly string[]} args Its command line.
 */
export async function becomeProgram(bundle, args) {
  process.argv = [process.execPath, bundle, ...args];
  process.setSourceMapsEnabled(true);
  await import(pathToFileURL(bundle).href);
}
