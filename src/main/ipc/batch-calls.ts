import type { Studio } from '../services/studio/studio.ts';
import type { Part, ShellServices } from './studio-calls.ts';

async function done(action: Promise<unknown>): Promise<null> {
  await action;
  return null;
}

/** Calls about batches. */
export function batchCalls({ batchFiles, batches, folders }: Studio, shell: ShellServices): Part<'batches'> {
  return {
    'batches.draft': ({ graph }) => batchFiles.draft(graph),
    'batches.open': ({ path }) => batchFiles.open(path),
    'batches.save': ({ path, batch, revision, overwrite }) => batchFiles.save(path, batch, revision, overwrite),
    'batches.find': ({ base }) => batchFiles.find(base),
    'batches.plan': ({ path, batch, folder }) => batchFiles.plan(path, batch, folder),
    'batches.start': async (request) => {
      // A store is written to: only where the person has let windows write.
      if (request.fleet !== null) await folders.resolveWrite(`${request.fleet.store}/store`);
      return { id: await batches.start(request) };
    },
    'batches.list': async () => batches.list(),
    'batches.rows': ({ id, states, offset, limit }) => batches.rows(id, states, offset, limit),
    'batches.pause': ({ id }) => done(batches.pause(id)),
    'batches.resume': ({ id }) => done(batches.resume(id)),
    'batches.cancel': ({ id }) => done(batches.cancel(id)),
    'batches.retryFailed': ({ id }) => done(batches.retryFailed(id)),
    'batches.priority': ({ id, priority }) => done(batches.setPriority(id, priority)),
    'batches.remove': ({ id }) => done(batches.remove(id)),
    'batches.reveal': ({ id, what }) => done(shell.reveal(batches.place(id, what))),
  };
}

/** Calls about a fleet. */
export function fleetCalls({ fleet }: Studio): Part<'fleet'> {
  return {
    'fleet.connect': ({ address, password }) => fleet.connect(address, password),
    'fleet.disconnect': async () => {
      fleet.disconnect();
      return null;
    },
    'fleet.view': () => fleet.view(),
    'fleet.act': ({ id, action }) => done(fleet.act(id, action)),
    'fleet.priority': ({ id, priority }) => done(fleet.setPriority(id, priority)),
  };
}
