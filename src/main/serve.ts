import { randomBytes } from 'node:crypto';
import { join, resolve } from 'node:path';
import type { DeviceChoice } from '../contract/devices.ts';
import { inputError } from '../contract/errors.ts';
import type { StudioEvent } from '../contract/studio-api.ts';
import { programFolder } from './cli/workspace.ts';
import { answerCall } from './ipc/answer.ts';
import { readPageFiles } from './ipc/page-files.ts';
import { BROWSER_SHELL, studioHandlers } from './ipc/studio-calls.ts';
import { startWebServer, type WebServer } from './ipc/web-server.ts';
import { forkEngine } from './services/fork-engine.ts';
import { openStudioHost } from './studio-host.ts';

export interface ServeOptions {
  readonly host: string;
  readonly port: number;
  /** Lets other machines in: only then another host than loopback is taken. */
  readonly allowRemote: boolean;
  /** A graph to open first. */
  readonly graph?: string;
  readonly outputFolder: string;
  readonly workFolder: string;
  readonly folders: readonly string[];
  readonly dataFolder?: string;
  readonly models?: string;
  readonly device?: DeviceChoice;
  /** Told what drivers and ONNX Runtime write. */
  readonly onEngineOutput: (text: string) => void;
}

/** A studio that is being served. */
export interface ServedStudio {
  readonly url: string;
  close(): Promise<void>;
}

const LOOPBACK = new Set(['127.0.0.1', 'localhost', '::1']);

/** @throws AppError `serve.host` for an address that other machines reach, unless that is wanted. */
export function checkHost(host: string, allowRemote: boolean): void {
  if (LOOPBACK.has(host) || allowRemote) return;
  throw inputError('serve.host', `--host ${host}`, 'must be this machine alone (127.0.0.1, localhost or ::1)', {
    hint: 'With --allow-remote everyone who reaches the port and learns the token can read and write your files through the studio, unencrypted',
  });
}

/** Serves the studio to browsers. @throws AppError `serve.host`, `serve.listen`, `studio.not-built`, `queue.locked`. */
export async function serveStudio(options: ServeOptions): Promise<ServedStudio> {
  checkHost(options.host, options.allowRemote);
  const files = await readPageFiles(join(programFolder(), 'dist', 'renderer'));
  let server: WebServer | undefined = undefined as WebServer | undefined;
  const studio = await openStudioHost({
    spawn: (program) => forkEngine(program, options.onEngineOutput),
    emit: (event: StudioEvent) => { server?.broadcast(event); },
    outputFolder: options.outputFolder, workFolder: options.workFolder, folders: options.folders,
    ...(options.dataFolder === undefined ? {} : { dataFolder: options.dataFolder }), ...(options.models === undefined ? {} : { models: options.models }),
    ...(options.device === undefined ? {} : { device: options.device }),
  });
  const graph = options.graph === undefined ? undefined : resolve(options.graph);
  if (graph !== undefined) studio.folders.grantFileFolder(graph);
  const handlers = studioHandlers(studio, { ...BROWSER_SHELL, openFirst: () => graph });
  try {
    server = await startWebServer({ host: options.host, port: options.port, token: randomBytes(24).toString('base64url'), files, answer: (name, input) => answerCall(handlers, name, input) });
  } catch (error) {
    await studio.close();
    throw error;
  }
  const web = server;
  return { url: web.url, close: async () => { await web.close(); await studio.close(); } };
}
