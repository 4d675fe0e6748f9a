import { createRequire } from 'node:module';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** The mark before the fuses in Electron's program: version 1, nine fuses, as Electron delivers them. */
const FUSE_MARK = 'dL7pKGdnNz796PbbjQWNKmHXBZaB9tsX';
const FUSES = '101100011';

/**
 * Lays out a folder that electron-builder takes for an Electron distribution: a program with nothing in it but fuses, a version, and a default app.
 *
 * @param {string} folder
 * @param {string} version
 */
export async function makeStubElectron(folder, version) {
  const { createPackage } = createRequire(import.meta.url)('@electron/asar');
  const app = join(folder, '..', 'default-app');
  mkdirSync(app, { recursive: true });
  mkdirSync(join(folder, 'resources'), { recursive: true });
  writeFileSync(join(app, 'main.js'), '');
  await createPackage(app, join(folder, 'resources', 'default_app.asar'));
  writeFileSync(join(folder, 'version'), version);
  writeFileSync(join(folder, 'electron'), Buffer.concat([Buffer.alloc(64), Buffer.from(FUSE_MARK), Buffer.from([1, FUSES.length]), Buffer.from(FUSES), Buffer.alloc(64)]), { mode: 0o755 });
}

/**
 * The fuses of a program, `0` or `1` each, in Electron's order.
 *
 * @param {Buffer} program
 */
export function readFuses(program) {
  const at = program.indexOf(FUSE_MARK);
  if (at < 0) throw new Error('the program has no fuses');
  const length = program[at + FUSE_MARK.length + 1] ?? 0;
  return program.subarray(at + FUSE_MARK.length + 2, at + FUSE_MARK.length + 2 + length).toString('latin1');
}
