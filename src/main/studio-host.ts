import { join, resolve } from 'node:path';
import type { DeviceChoice } from '../contract/devices.ts';
import type { ErrorData } from '../contract/errors.ts';
import type { StudioEvent } from '../contract/studio-api.ts';
import { detectFamily } from './backbones/index.ts';
import { nodeCatalogue } from './cli/catalogue.ts';
import { openWorkspace, programFolder, resourceFolder, type Workspace } from './cli/workspace.ts';
import type { ConceptTable } from './engram/table.ts';
import { compareTables, describeTable } from './engram/table-report.ts';
import { decodeTable } from './engram/table-file.ts';
import { KeyTexts } from './key-texts.ts';
import { EngineClient } from './services/engine-client.ts';
import type { EngineProcess } from './services/message-port.ts';
import { defaultDataFolder } from './services/settings.ts';
import { Studio, type StudioReaders } from './services/studio/studio.ts';

export interface StudioHostOptions {
  /** Starts the engine's bundle as a process. */
  readonly spawn: (program: string) => EngineProcess;
  readonly emit: (event: StudioEvent) => void;
  readonly dataFolder?: string;
  readonly outputFolder: string;
  readonly workFolder: string;
  /** Further folders that windows may use. */
  readonly folders?: readonly string[];
  /** The folder that `models:` stands for. */
  readonly models?: string;
  readonly device?: DeviceChoice;
}

function tokenizersOf({ streams }: ConceptTable): string[] {
  return streams.map(({ tokenizerHash }) => tokenizerHash);
}

function readersOf(workspace: Workspace, engine: EngineClient): StudioReaders {
  const keyTexts = new KeyTexts(workspace);
  return {
    family: async (path) => (await detectFamily(await workspace.openModel(path))).title,
    tableSummary: (bytes, label) => {
      const { trigger, family, thumbnail } = decodeTable(bytes, label);
      return { trigger, family, ...(thumbnail === undefined ? {} : { thumbnail }) };
    },
    describeTable: async (bytes, label) => {
      const table = decodeTable(bytes, label);
      return describeTable(table, await keyTexts.readerFor(tokenizersOf(table)));
    },
    compareTables: async (a, b) => {
      const [first, second] = [decodeTable(a, 'First table'), decodeTable(b, 'Second table')];
      return compareTables(first, second, await keyTexts.readerFor(tokenizersOf(first)));
    },
    explainPrompts: (handle, prompts) => engine.explainPrompts(handle, prompts),
  };
}

function deathOf(code: number | null, signal: string | null, tail: string): ErrorData {
  return { code: 'engine.died', kind: 'run', where: 'Engine process', rule: 'the engine process must stay alive', got: `${signal ?? `exit code ${code ?? 'unknown'}`}${tail === '' ? '' : `; it last wrote: ${tail.slice(-500)}`}` };
}

/** Starts engines and tells windows of their lives. */
function watchedSpawn({ spawn, emit }: StudioHostOptions, ending: () => boolean): () => EngineProcess {
  const program = join(programFolder(), 'dist', 'engine-process.mjs');
  return () => {
    const process = spawn(program);
    emit({ event: 'engine', data: { state: 'running' } });
    process.onExit(({ code, signal }) => {
      emit({ event: 'engine', data: ending() ? { state: 'stopped' } : { state: 'died', error: deathOf(code, signal, process.errorTail()) } });
    });
    return process;
  };
}

/** Puts the studio together for a shell. The caller closes it. @throws AppError `queue.locked`, `settings.invalid`, `files.read`, `files.write`. */
export async function openStudioHost(options: StudioHostOptions): Promise<Studio> {
  const workspace = await openWorkspace(options.models);
  const { settings, roots, hashes } = workspace;
  let studio: Studio | undefined = undefined as Studio | undefined;
  const engine = new EngineClient({
    spawn: watchedSpawn(options, () => studio?.closing ?? false),
    start: {
      device: options.device ?? settings.device, cacheFolder: settings.cacheFolder, cacheLimit: settings.cacheLimit, valueMemory: settings.valueMemory,
      ...(settings.threads === undefined ? {} : { threads: settings.threads }), ...(settings.sessionMemory === undefined ? {} : { sessionMemory: settings.sessionMemory }),
    },
  });
  studio = await Studio.open({
    dataFolder: options.dataFolder ?? defaultDataFolder(), cacheFolder: settings.cacheFolder, outputFolder: resolve(options.outputFolder), workFolder: resolve(options.workFolder),
    shippedFolder: resourceFolder('graphs'), folders: (options.folders ?? []).map((folder) => resolve(folder)),
    roots: Object.entries(roots).map(([name, path]) => ({ name, path, fixed: !Object.hasOwn(settings.modelRoots, name) })),
    hashes, engine, catalogue: nodeCatalogue(), readers: readersOf(workspace, engine), emit: options.emit,
    facts: { residentBytes: async () => (await engine.memory()).resident, probeDevices: () => engine.probeDevices() },
  });
  return studio;
}
