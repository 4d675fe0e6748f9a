import { inputError } from '../../contract/errors.ts';
import type { StudioCallName, StudioCheckedInput, StudioOutput } from '../../contract/studio-api.ts';
import { PROGRAM_VERSION } from '../../contract/version.ts';
import { listFolder } from '../services/studio/folder-listing.ts';
import { parseDocument } from '../services/studio/graph-text.ts';
import { hashModel, listModels, listTables, readTable } from '../services/studio/model-list.ts';
import { neededFiles } from '../services/studio/needed-files.ts';
import { previewPicture } from '../services/studio/pictures.ts';
import type { Studio } from '../services/studio/studio.ts';
import { batchCalls, fleetCalls } from './batch-calls.ts';
import { boundFaults } from './bound-faults.ts';

/** What the shell around the windows can do besides: dialogs and the file manager. */
export interface ShellServices {
  readonly kind: 'desktop' | 'browser';
  /** The file that the program was started with. */
  openFirst(): string | undefined;
  /** @returns the chosen path, or null. */
  pick(purpose: StudioCheckedInput<'files.pick'>['purpose'], suggested: string | undefined): Promise<string | null>;
  reveal(path: string): Promise<void>;
}

/** One function per call of the table; inputs are checked before. */
export type StudioHandlers = { readonly [N in StudioCallName]: (input: StudioCheckedInput<N>) => Promise<StudioOutput<N>> };

/** The handlers of one area of calls. */
export type Part<P extends string> = { readonly [N in Extract<StudioCallName, `${P}.${string}`>]: StudioHandlers[N] };

const PLATFORMS: Readonly<Record<string, 'linux' | 'win32' | 'darwin'>> = { linux: 'linux', win32: 'win32', darwin: 'darwin' };

/** A window in a browser: no dialogs, no file manager. */
export const BROWSER_SHELL: ShellServices = {
  kind: 'browser',
  openFirst: () => undefined,
  pick: () => Promise.reject(noShell('file dialogs')),
  reveal: () => Promise.reject(noShell('the file manager')),
};

function noShell(what: string): Error {
  return inputError('shell.none', 'Engram Studio in a browser', `has no access to ${what} of the system`, { hint: 'Use the list of folders, or start the desktop program' });
}

function aboutCalls(studio: Studio, shell: ShellServices): Part<'studio'> & Part<'catalogue'> {
  return {
    'studio.start': async () => ({
      version: PROGRAM_VERSION, shell: shell.kind, platform: PLATFORMS[process.platform] ?? 'other',
      openFirst: shell.openFirst() ?? (await studio.openFirst()), outputFolder: (await studio.settings.read()).outputFolder,
    }),
    'catalogue.nodes': async () => [...studio.options.catalogue],
  };
}

function fileCalls(studio: Studio, shell: ShellServices): Part<'files'> {
  const { files, recent, folders, options } = studio;
  const roots = (): Record<string, string> => Object.fromEntries(options.roots.map(({ name, path }) => [name, path]));
  return {
    'files.open': ({ path }) => files.open(path),
    'files.save': ({ path, graph, revision }) => files.save(path, graph, revision),
    'files.saveAs': ({ path, from, graph, overwrite }) => studio.saveAs(path, from ?? null, graph, overwrite),
    'files.import': ({ name, base64 }) => files.importBytes(name, Buffer.from(base64, 'base64')),
    'files.recent': () => recent.list(),
    'files.forget': async ({ path }) => {
      await recent.forget(path);
      return recent.list();
    },
    'files.shipped': () => studio.shipped(),
    'files.places': async () => studio.places(),
    'files.list': ({ folder, kinds, base }) => listFolder(folder, folders, { roots: roots(), ...(kinds === undefined ? {} : { kinds }), ...(base === null ? {} : { base }) }),
    'files.tables': async ({ base }) => {
      const home = base === null ? options.workFolder : await folders.resolveRead(base);
      const { outputFolder } = await studio.settings.read();
      return listTables([home, outputFolder, ...options.roots.map(({ path }) => path), ...options.folders], home, options.roots, options.readers);
    },
    'files.pick': async ({ purpose, suggested }) => {
      const path = await shell.pick(purpose, suggested);
      if (path !== null) folders.grantFileFolder(path);
      return path;
    },
  };
}

function keepingCalls({ folders, versions, autosaves }: Studio): Part<'history'> & Part<'autosave'> {
  return {
    'history.list': async ({ path }) => versions.list(await folders.resolveRead(path)),
    'history.read': async ({ path, id }) => versions.read(await folders.resolveRead(path), id),
    'autosave.write': async (entry) => ({ savedAt: await autosaves.write(entry) }),
    'autosave.list': () => autosaves.list(),
    'autosave.read': ({ document }) => autosaves.read(document),
    'autosave.discard': async ({ document }) => {
      await autosaves.discard(document);
      return null;
    },
  };
}

function runCalls(studio: Studio): Part<'run'> & Part<'queue'> {
  const { runs, queue } = studio;
  const done = async (action: Promise<unknown>): Promise<null> => {
    await action;
    return null;
  };
  return {
    'run.validate': async ({ graph }) => boundFaults(runs.validate(graph)),
    'run.dryRun': async ({ graph, path, targets }) => {
      const answer = await studio.dryRun({ graph, path }, targets);
      return { ...answer, faults: boundFaults(answer.faults) };
    },
    'run.start': async (request) => ({ runId: await runs.start(request) }),
    'run.cancel': ({ runId }) => done(runs.cancel(runId)),
    'run.pause': async ({ runId }) => {
      runs.pause(runId);
      return null;
    },
    'run.resume': async ({ runId }) => {
      runs.resume(runId);
      return null;
    },
    'run.states': async () => runs.states(),
    'queue.view': async ({ historyLimit }) => runs.view(historyLimit),
    'queue.pause': () => done(queue.pause()),
    'queue.resume': () => done(runs.resumeQueue()),
    'queue.cancel': ({ id }) => done(runs.cancel(id)),
    'queue.move': ({ id, before }) => done(queue.move(id, typeof before === 'string' ? before : { before: before.id })),
    'queue.retry': ({ id }) => done(runs.retry(id)),
    'queue.remove': ({ id }) => done(queue.remove(id)),
    'queue.graph': async ({ id }) => runs.graphOf(id),
  };
}

function resultCalls(studio: Studio, shell: ShellServices): Part<'results'> & Part<'images'> {
  const { results, pictures, folders, files } = studio;
  return {
    'results.list': async (query) => results.list(query),
    'results.read': async ({ id }) => results.get(id),
    'results.graph': async ({ id }) => {
      const { path, name, runId, kind } = results.get(id);
      if (kind === 'image' || kind === 'contact-sheet') return files.importPicture(path);
      const { graph } = studio.runs.graphOf(runId);
      return { name, graph: parseDocument(JSON.stringify(graph), name), source: 'graph' };
    },
    'results.forget': async ({ id }) => {
      await results.forget(id);
      return null;
    },
    'results.reveal': async ({ id }) => {
      await shell.reveal(results.get(id).path);
      return null;
    },
    'images.thumbnail': ({ id, size }) => pictures.thumbnail(results.get(id).path, size),
    'images.full': ({ id }) => pictures.full(results.get(id).path),
    'images.difference': ({ a, b }) => pictures.difference(results.get(a).path, results.get(b).path),
    'images.preview': async ({ path }) => previewPicture(await folders.resolveRead(path)),
  };
}

function inspectCalls(studio: Studio): Part<'inspect'> & Part<'models'> {
  const { folders, options } = studio;
  const table = async (path: string): Promise<Uint8Array> => readTable(await folders.resolveRead(path));
  return {
    'inspect.trigger': ({ graph, path, node, prompts }) => studio.inspectTrigger({ graph, path }, node, prompts),
    'inspect.table': async ({ path }) => options.readers.describeTable(await table(path), path),
    'inspect.tablePair': async ({ a, b }) => options.readers.compareTables(await table(a), await table(b)),
    'models.list': () => listModels(options.roots, options.readers),
    'models.needed': ({ graph, path }) => neededFiles(graph, options.catalogue, studio.scope(path)),
    'models.hash': async ({ value }) => ({ hash: await hashModel(value, options.roots, options.hashes) }),
  };
}

function settingsCalls(studio: Studio): Part<'settings'> & Part<'preferences'> {
  return {
    'settings.read': () => studio.settings.read(),
    'settings.write': (change) => studio.settings.write(change),
    'preferences.read': () => studio.preferences(),
    'preferences.write': async ({ values }) => {
      await studio.writePreferences(values);
      return null;
    },
  };
}

/** Binds every call of the contract to the studio's services. */
export function studioHandlers(studio: Studio, shell: ShellServices): StudioHandlers {
  return {
    ...aboutCalls(studio, shell), ...fileCalls(studio, shell), ...keepingCalls(studio), ...runCalls(studio),
    ...resultCalls(studio, shell), ...inspectCalls(studio), ...settingsCalls(studio), ...batchCalls(studio, shell), ...fleetCalls(studio),
  };
}
