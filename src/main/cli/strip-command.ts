import { mkdir } from 'node:fs/promises';
import { basename, dirname, extname, join, resolve } from 'node:path';
import { inputError, toErrorData, type ErrorData } from '../../contract/errors.ts';
import { writeFileAtomic } from '../services/atomic-write.ts';
import { realPathIfAny } from '../services/path-scope.ts';
import { readPictureBytes } from '../services/images/metadata.ts';
import { stripPicture } from '../services/images/strip.ts';
import type { CliCommand } from './command.ts';
import { printErrors } from './console.ts';
import { exitCodeOf } from './exit-codes.ts';

interface StripFlags {
  readonly out?: string;
  readonly rename?: string;
  readonly json?: true;
}

interface StrippedFile { readonly path: string; readonly output: string; readonly removed: readonly string[] }

/** Where the copy of the n-th file goes: never over the file itself. */
function targetOf(path: string, index: number, count: number, { out, rename }: StripFlags): string {
  const extension = extname(path);
  const number = String(index + 1).padStart(Math.max(2, String(count).length), '0');
  const name = rename !== undefined ? `${rename}-${number}${extension}` : out !== undefined ? basename(path) : `${basename(path, extension)}-stripped${extension}`;
  return join(out === undefined ? dirname(path) : resolve(out), name);
}

async function stripFile(path: string, output: string): Promise<StrippedFile> {
  if ((await realPathIfAny(path)) === (await realPathIfAny(output)) && (await realPathIfAny(path)) !== undefined) throw inputError('strip.same-file', path, 'the copy must not replace the file', { hint: 'Name another folder with --out' });
  const { bytes, removed } = await stripPicture(await readPictureBytes(path), path);
  await mkdir(dirname(output), { recursive: true });
  await writeFileAtomic(output, bytes);
  return { path, output, removed };
}

export const stripCommand: CliCommand = {
  register(program, context) {
    program.command('strip')
      .description('copy pictures without their metadata (graph, prompt, paths, EXIF, XMP, comments); pixels are not encoded again')
      .argument('<file...>', 'PNG, WebP, AVIF or JPEG files')
      .option('--out <dir>', 'folder for the copies; NAME-stripped beside each file when left out')
      .option('--rename <stem>', 'name the copies STEM-01, STEM-02, ...: file names often hold the prompt')
      .option('--json', 'print {files: [...]} instead of text')
      .action(async (paths: string[], flags: StripFlags) => {
        const files: StrippedFile[] = [];
        const errors: ErrorData[] = [];
        if (flags.rename !== undefined && !/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/.test(flags.rename)) throw inputError('strip.name', `--rename ${flags.rename}`, 'must be a plain name of at most 100 letters, digits, ".", "_" and "-"');
        for (const [index, path] of paths.entries()) {
          try {
            files.push(await stripFile(resolve(path), targetOf(resolve(path), index, paths.length, flags)));
          } catch (thrown) {
            errors.push(toErrorData(thrown, path, 'run'));
          }
        }
        if (flags.json === true) context.console.out(JSON.stringify({ files, ...(errors.length === 0 ? {} : { errors }) }));
        else for (const { output, removed } of files) context.console.out(`${output}  ${removed.length === 0 ? 'nothing to remove' : `without ${removed.join(', ')}`}`);
        printErrors(context.console, errors);
        context.exit(exitCodeOf(errors));
      });
  },
};
