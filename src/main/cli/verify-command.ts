import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { InvalidArgumentError, Option } from 'commander';
import { DEVICE_CHOICES, type DeviceChoice } from '../../contract/devices.ts';
import { cancelledError, describeError } from '../../contract/errors.ts';
import type { PixelDifference, Verdict, Verification } from '../../contract/verification.ts';
import { SourceFinder } from '../services/verify/find-sources.ts';
import { PictureVerifier } from '../services/verify/verify-picture.ts';
import type { CliCommand, CommandContext } from './command.ts';
import { printDuration } from './console.ts';
import { VerifyEngines } from './verify-engines.ts';
import { openWorkspace } from './workspace.ts';

interface VerifyFlags {
  readonly base: string;
  readonly models?: string;
  readonly device?: DeviceChoice;
  readonly tolerance?: number;
  readonly json?: true;
}

/** Exit codes of verdicts; of several files one that differs decides, then one that couldn't be judged. */
const EXIT: Readonly<Record<Verdict, 0 | 1 | 2>> = { identical: 0, 'within-tolerance': 0, differs: 1, missing: 2, unreadable: 2, failed: 2 };

function exitOf(files: readonly Verification[]): number {
  const codes = files.map(({ verdict }) => EXIT[verdict]);
  return codes.includes(1) ? 1 : codes.includes(2) ? 2 : 0;
}

function printDifference({ first, largest, values, of, mean }: PixelDifference): string {
  const share = ((100 * values) / of).toPrecision(2);
  return `first at x ${first.x}, y ${first.y}, ${first.channel}: ${first.got} instead of ${first.expected}; at most by ${largest}/255; ${values} of ${of} values (${share}%), ${mean.toPrecision(2)}/255 on average`;
}

function printVerification({ path, verdict, difference, notes, seconds }: Verification): string[] {
  const time = seconds === undefined ? '' : ` (rendered in ${printDuration(seconds * 1000)})`;
  return [`${verdict.padEnd(16)} ${path}${time}`, ...(difference === undefined ? [] : [`    ${printDifference(difference)}`]), ...notes.map((note) => `    ${describeError(note)} [${note.code}]`)];
}

function parseTolerance(text: string): number {
  const value = Number(text);
  if (!/^\d{1,3}$/.test(text) || value > 255) throw new InvalidArgumentError('must be a whole number in 0..255');
  return value;
}

/** Verifies files one after the other with shared engines, in a temporary folder that is gone afterwards. */
async function verifyFiles(paths: readonly string[], flags: VerifyFlags, context: CommandContext, told: (file: Verification) => void): Promise<Verification[]> {
  const workspace = await openWorkspace(flags.models);
  const folder = await mkdtemp(join(tmpdir(), 'engram-verify-'));
  const engines = new VerifyEngines(workspace, flags.device, folder, (text) => { if (process.env['ENGRAM_DEBUG'] !== undefined) context.console.err(text.trimEnd()); });
  const scope = workspace.scope(resolve(flags.base));
  const verifier = new PictureVerifier({
    runnerFor: (device) => engines.runnerFor(device), scope, hashes: workspace.hashes, finder: new SourceFinder(scope, workspace.hashes), workFolder: join(folder, 'rendered'), signal: context.signal,
    ...(flags.tolerance === undefined ? {} : { tolerance: flags.tolerance }),
  });
  try {
    const files: Verification[] = [];
    for (const path of paths) {
      if (context.signal.aborted) throw cancelledError('Verify');
      const file = await verifier.verify(resolve(path));
      files.push(file);
      told(file);
    }
    return files;
  } finally {
    await engines.dispose();
    await rm(folder, { recursive: true, force: true });
  }
}

export const verifyCommand: CliCommand = {
  register(program, context) {
    program.command('verify')
      .description('render pictures again from what they say of themselves, and say whether they are identical, or where they differ')
      .argument('<file...>', 'pictures with metadata: PNG, WebP, AVIF or JPEG')
      .option('--base <dir>', 'the folder that relative paths in their graphs count from', '.')
      .option('--models <dir>', 'the folder that models: stands for; models and tables are also found there by their contents')
      .addOption(new Option('--device <device>', 'where to compute; what each file records when left out').choices(DEVICE_CHOICES))
      .option('--tolerance <levels>', 'largest difference of a value (0..255) that passes as "within tolerance"; 3 for lossless files, 8 for lossy ones when left out', parseTolerance)
      .option('--json', 'print {files: [...]} instead of text')
      .addHelpText('after', '\nExit codes: 0 identical or within tolerance, 1 one differs, 2 one could not be read, or something that it was made from is missing.')
      .action(async (paths: string[], flags: VerifyFlags) => {
        const files = await verifyFiles(paths, flags, context, (file) => {
          if (flags.json !== true) for (const line of printVerification(file)) context.console.out(line);
          else context.console.err(`${file.verdict.padEnd(16)} ${file.path}`);
        });
        if (flags.json === true) context.console.out(JSON.stringify({ files }));
        context.exit(exitOf(files));
      });
  },
};
