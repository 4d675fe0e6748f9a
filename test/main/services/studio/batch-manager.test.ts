import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { StudioBatch, StudioEvent } from '../../../../src/contract/studio-api.ts';
import type { NodeRunner } from '../../../../src/main/runtime/node-runner.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';
import { drawNode, toyRunner, writeNode } from '../../../support/toy-batch.ts';
import { openToyStudio, type ToyStudio } from '../../../support/toy-studio.ts';

const GRAPH = {
  format: 'engram-graph', version: 1,
  nodes: {
    draw: { type: 'Draw', version: 1, params: {}, inputs: {} },
    write: { type: 'Write', version: 1, params: { name: 'number' }, inputs: { number: { node: 'draw', port: 'number' } } },
  },
};

/** A batch with one row per seed. */
function batchOf(seeds: number): object {
  return { format: 'engram-batch', version: 1, graph: 'toy.graph.json', width: 1, groups: [{ seed: { set: 'draw.seed', values: { seeds, from: 1 } } }], output: { name: 'row-{seed}' }, gallery: false };
}

async function openWith(root: string, runner: NodeRunner): Promise<ToyStudio> {
  const studio = await openToyStudio(root, [drawNode, writeNode] as never, () => runner);
  await writeFile(join(studio.work, 'toy.graph.json'), JSON.stringify(GRAPH));
  return studio;
}

async function saved({ studio, work }: ToyStudio, batch: object): Promise<string> {
  const { path } = await studio.batchFiles.save(join(work, 'night.batch.json'), batch as never, null, true);
  return path;
}

/** Waits until the windows were told of a batch in this state. */
async function reaches({ until }: ToyStudio, id: string, state: StudioBatch['state'], done?: number): Promise<StudioBatch> {
  const event = await until((candidate): candidate is Extract<StudioEvent, { event: 'batch' }> => candidate.event === 'batch' && candidate.data.id === id && candidate.data.state === state && (done === undefined || candidate.data.counts?.done === done));
  return event.data;
}

/** Holds every drawing back until `let` has let as many through. */
function gate(): { readonly before: () => Promise<void>; let(more: number): void } {
  let allowed = 0;
  const waiting: (() => void)[] = [];
  return {
    before: () => new Promise((resolve) => {
      if (allowed > 0) {
        allowed -= 1;
        resolve();
      } else waiting.push(resolve);
    }),
    let(more) {
      for (const go of waiting.splice(0, more)) { more -= 1; go(); }
      allowed += more;
    },
  };
}

describe('batches of the studio', () => {
  it('plans with the same numbers as the command line, and writes nothing', async () => {
    const toy = await openWith(await temporaryFolder(), toyRunner());
    const { summary, outputFolder, before } = await toy.studio.batchFiles.plan(join(toy.work, 'night.batch.json'), batchOf(5) as never, '');
    expect(summary).toMatchObject({ name: 'night', rows: 5, groups: [[{ axis: 'seed', values: 5 }]], first: [{ row: 1, output: 'row-1' }, {}, {}, {}, {}] });
    expect([outputFolder.endsWith('/out/night'), before]).toEqual([true, null]);
    await expect(readdir(outputFolder)).rejects.toThrow();
    await toy.studio.close();
  });

  it('says every fault of a batch at once', async () => {
    const toy = await openWith(await temporaryFolder(), toyRunner());
    const bad = { ...batchOf(2), output: {}, groups: [{ a: { set: 'draw.nothing', values: [1] } }, { b: { set: 'gone.seed', values: [1] } }] };
    await expect(toy.studio.batchFiles.plan(join(toy.work, 'night.batch.json'), bad as never, '')).rejects.toMatchObject({ faults: [{ where: expect.stringContaining('axis "a"') as unknown }, { where: expect.stringContaining('axis "b"') as unknown }] });
    await toy.studio.close();
  });

  it('saves a file that was changed by another program only when told to', async () => {
    const toy = await openWith(await temporaryFolder(), toyRunner());
    const path = await saved(toy, batchOf(2));
    const { revision } = await toy.studio.batchFiles.open(path);
    await writeFile(path, JSON.stringify(batchOf(3)));
    await expect(toy.studio.batchFiles.save(path, batchOf(4) as never, revision, false)).rejects.toMatchObject({ data: { code: 'files.changed' } });
    await toy.studio.batchFiles.save(path, batchOf(4) as never, revision, true);
    expect(JSON.parse(await readFile(path, 'utf8'))).toMatchObject({ groups: [{ seed: { values: { seeds: 4 } } }] });
    await toy.studio.close();
  });

  it('pauses, goes on, finishes, and lists rows and results', async () => {
    const { before, let: letThrough } = gate();
    const toy = await openWith(await temporaryFolder(), toyRunner({ beforeDraw: before }));
    const path = await saved(toy, batchOf(4));
    const id = await toy.studio.batches.start({ path, folder: '', fleet: null });
    await reaches(toy, id, 'running');
    await expect(toy.studio.batches.start({ path, folder: '', fleet: null })).rejects.toMatchObject({ data: { code: 'batch.busy' } });
    await toy.studio.batches.pause(id);
    await reaches(toy, id, 'pausing');
    letThrough(1);
    const standing = await reaches(toy, id, 'paused');
    expect(standing.counts?.total).toBe(4);
    expect((await toy.studio.batches.rows(id, ['waiting'], 0, 10)).total).toBeGreaterThan(0);
    letThrough(100);
    await toy.studio.batches.resume(id);
    expect((await reaches(toy, id, 'done', 4)).counts).toEqual({ total: 4, done: 4, failed: 0, cancelled: 0 });
    expect((await readdir(join(toy.work, '..', 'out', 'night'))).filter((name) => name.startsWith('row-')).sort()).toEqual(['row-1.txt', 'row-2.txt', 'row-3.txt', 'row-4.txt']);
    expect((await toy.studio.batches.rows(id, undefined, 1, 2)).rows).toMatchObject([{ row: 2, state: 'done' }, { row: 3, labels: { seed: '3' } }]);
    expect(toy.studio.results.list({ offset: 0, limit: 10 })).toMatchObject({ total: 4, results: [{ graphName: 'night', kind: 'data' }, {}, {}, {}] });
    await toy.studio.close();
  });

  it('goes on after the program has ended in the middle, when the person says so', async () => {
    const root = await temporaryFolder();
    const { before, let: letThrough } = gate();
    const drawn: number[] = [];
    const first = await openWith(root, toyRunner({ beforeDraw: before, drawn }));
    const id = await first.studio.batches.start({ path: await saved(first, batchOf(3)), folder: '', fleet: null });
    await reaches(first, id, 'running');
    letThrough(1);
    await first.until((event): event is Extract<StudioEvent, { event: 'batch' }> => event.event === 'batch' && event.data.counts?.done === 1);
    const closed = first.studio.close();
    letThrough(100);
    await closed;
    const second = await openWith(root, toyRunner({ drawn }));
    expect(second.studio.batches.list()).toMatchObject([{ id, state: 'interrupted' }]);
    const made = (await readdir(join(root, 'out', 'night'))).filter((name) => name.startsWith('row-'));
    expect(made).not.toHaveLength(3);
    await second.studio.batches.resume(id);
    await reaches(second, id, 'done', 3);
    expect((await readdir(join(root, 'out', 'night'))).filter((name) => name.startsWith('row-'))).toHaveLength(3);
    await second.studio.close();
  });

  it('tells which rows have failed and why, and runs those alone again', async () => {
    let broken = true;
    const drawn: number[] = [];
    const toy = await openWith(await temporaryFolder(), toyRunner({ drawn, beforeDraw: () => (broken ? Promise.reject(new Error('out of paint')) : Promise.resolve()) }));
    const id = await toy.studio.batches.start({ path: await saved(toy, batchOf(2)), folder: '', fleet: null });
    const end = await reaches(toy, id, 'done');
    expect(end.counts).toEqual({ total: 2, done: 0, failed: 2, cancelled: 0 });
    const { rows, total } = await toy.studio.batches.rows(id, ['failed'], 0, 10);
    expect([total, rows[0]?.attempts, rows[0]?.error?.got ?? rows[0]?.error?.rule]).toEqual([2, 3, expect.stringContaining('out of paint') as unknown]);
    broken = false;
    await toy.studio.batches.retryFailed(id);
    await reaches(toy, id, 'done', 2);
    await toy.studio.close();
  });

  it('cancels, goes on, and forgets; a batch for a fleet wants a connection first', async () => {
    const { before, let: letThrough } = gate();
    const toy = await openWith(await temporaryFolder(), toyRunner({ beforeDraw: before }));
    const path = await saved(toy, batchOf(2));
    await expect(toy.studio.batches.start({ path, folder: '', fleet: { store: toy.work } })).rejects.toMatchObject({ data: { code: 'fleet.not-connected' } });
    expect(await toy.studio.fleet.view()).toBeNull();
    const id = await toy.studio.batches.start({ path, folder: 'elsewhere', fleet: null });
    await reaches(toy, id, 'running');
    await toy.studio.batches.cancel(id);
    letThrough(100);
    await reaches(toy, id, 'cancelled');
    await expect.poll(() => toy.studio.batches.resume(id).then(() => true, () => false)).toBe(true);
    expect((await reaches(toy, id, 'done')).outputFolder).toMatch(/elsewhere$/);
    await toy.studio.batches.remove(id);
    expect(toy.studio.batches.list()).toEqual([]);
    await toy.studio.close();
  });
});
