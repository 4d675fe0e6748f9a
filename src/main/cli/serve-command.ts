import { spawn } from 'node:child_process';
import { resolve } from 'node:path';
import { InvalidArgumentError, Option } from 'commander';
import { DEVICE_CHOICES, type DeviceChoice } from '../../contract/devices.ts';
import { serveStudio } from '../serve.ts';
import type { CliCommand } from './command.ts';

interface ServeFlags {
  readonly port: number;
  readonly host: string;
  readonly allowRemote?: true;
  readonly open?: true;
  readonly out: string;
  readonly folder: readonly string[];
  readonly data?: string;
  readonly models?: string;
  readonly device?: DeviceChoice;
}

function readPort(text: string): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65_535) throw new InvalidArgumentError('ports are whole numbers in 0..65535');
  return port;
}

/** Opens the person's browser; one that can't be opened is no failure, since the address is on the screen. */
function openBrowser(url: string): void {
  const [command, args] = process.platform === 'win32' ? ['rundll32', ['url.dll,FileProtocolHandler', url]] : process.platform === 'darwin' ? ['open', [url]] : ['xdg-open', [url]];
  const child = spawn(command, args, { stdio: 'ignore', detached: true });
  child.on('error', () => undefined);
  child.unref();
}

/** Settles when the person ends the program. */
function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((done) => {
    if (signal.aborted) done();
    else signal.addEventListener('abort', () => { done(); }, { once: true });
  });
}

export const serveCommand: CliCommand = {
  register(program, context) {
    program.command('serve')
      .description('serve the studio to a browser on this machine')
      .argument('[graph]', 'the .graph.json file to open first')
      .option('--port <number>', '0 for any that is free', readPort, 0)
      .option('--host <address>', 'the address to listen on', '127.0.0.1')
      .option('--allow-remote', 'let --host be an address that other machines reach: unencrypted, guarded by the token alone')
      .option('--open', 'open the browser')
      .option('--out <dir>', 'folder for outputs', 'out')
      .option('--folder <dir...>', 'folders that windows may use besides', (value: string, all: readonly string[]) => [...all, value], [] as readonly string[])
      .option('--data <dir>', 'folder for queue, history and unsaved work')
      .option('--models <dir>', 'the folder that models: stands for')
      .addOption(new Option('--device <device>', 'where to compute').choices(DEVICE_CHOICES))
      .action(async (graph: string | undefined, flags: ServeFlags) => {
        const served = await serveStudio({
          host: flags.host, port: flags.port, allowRemote: flags.allowRemote === true, outputFolder: resolve(flags.out), workFolder: process.cwd(), folders: flags.folder,
          ...(graph === undefined ? {} : { graph }), ...(flags.data === undefined ? {} : { dataFolder: resolve(flags.data) }),
          ...(flags.models === undefined ? {} : { models: flags.models }), ...(flags.device === undefined ? {} : { device: flags.device }),
          onEngineOutput: (text) => { if (process.env['ENGRAM_DEBUG'] !== undefined) context.console.err(text.trimEnd()); },
        });
        if (flags.allowRemote === true) context.console.err('warning: other machines may reach the studio. Traffic is not encrypted; whoever learns the address can use your files.');
        context.console.out(served.url);
        context.console.err('Serving the studio; Ctrl-C ends it.');
        if (flags.open === true) openBrowser(served.url);
        await untilAborted(context.signal);
        await served.close();
      });
  },
};
