import { describe, expect, it } from 'vitest';
import type { BatchSummary } from '../../../../src/contract/batch-events.ts';
import { runBatch } from '../../../../src/main/services/batch/run-batch.ts';
import { FaultyDisk, type CutMode } from '../../../support/faulty-file-system.ts';
import { toyOptions, toyPlan, toyProcesses, toyRunner } from '../../../support/toy-batch.ts';

const SEEDS = [1, 2, 3, 4, 5];

/** What a person finds in the output folder, without the batch's own bookkeeping. */
function outputsOf(disk: FaultyDisk): Map<string, string> {
  return new Map([...disk.files()].filter(([path]) => !path.startsWith('/out/.engram-batch/')));
}

describe('a batch on a disk that forgets what was not flushed', () => {
  const plan = toyPlan(SEEDS);

  const start = async (disk: FaultyDisk, life: number, drawn: number[] = []): Promise<BatchSummary> => {
    const runner = toyRunner({ fileSystem: disk.fileSystem, drawn });
    return runBatch(toyOptions(await plan, '/out', runner, { fileSystem: disk.fileSystem, processes: toyProcesses(() => life) }));
  };

  const unbroken = async (): Promise<{ outputs: Map<string, string>; operations: number }> => {
    const disk = new FaultyDisk();
    expect((await start(disk, 1)).status).toBe('done');
    return { outputs: outputsOf(disk), operations: disk.count };
  };

  it('writes each output before its line in the journal', async () => {
    const disk = new FaultyDisk();
    const journalled = (): string[] => [...disk.files().get('/out/.engram-batch/journal.jsonl')?.matchAll(/"type":"done","id":"([0-9a-f]{64})"/g) ?? []].map((match) => match[1] as string);
    disk.onOperation = () => {
      for (const id of journalled()) {
        const row = done.get(id);
        expect(disk.files().has(`/out/${row as string}.txt`)).toBe(true);
      }
    };
    const done = new Map((await plan).rows.map((row) => [row.id, row.output]));
    await start(disk, 1);
    expect(journalled()).toHaveLength(SEEDS.length);
  });

  it.each<[string, CutMode]>([
    ['loses all of that', 'lose-all'], ['happens to have it all', 'keep-all'], ['keeps some of it, torn', { seed: 11 }], ['keeps other parts of it', { seed: 12 }],
  ])('ends with the same outputs whenever the power goes, when the disk %s', async (_what, mode) => {
    const { outputs, operations } = await unbroken();
    expect(outputs.size).toBe(SEEDS.length);
    let cuts = 0;
    for (let cut = 0; cut < operations; cut += 1) {
      const disk = new FaultyDisk();
      disk.cutDuring(cut);
      const acknowledged: string[] = [];
      const runner = toyRunner({ fileSystem: disk.fileSystem });
      await runBatch(toyOptions(await plan, '/out', runner, {
        fileSystem: disk.fileSystem, processes: toyProcesses(() => 1), onEvent: (event) => { if (event.type === 'row-done') acknowledged.push(event.output); },
      })).catch(() => undefined);
      // Journal lines that happen to share a flush make a run an operation shorter.
      cuts += disk.isDead ? 1 : 0;
      disk.restart(typeof mode === 'object' ? { seed: mode.seed * 1000 + cut } : mode);
      // Whatever a person was told is there, whole, before anything is taken up again.
      for (const output of acknowledged) expect(disk.files().get(`/out/${output}.txt`), `cut ${cut}: ${output}`).toBe(outputs.get(`/out/${output}.txt`));
      const drawn: number[] = [];
      const resumed = await start(disk, 2, drawn);
      expect(resumed.status, `cut ${cut}`).toBe('done');
      expect(outputsOf(disk), `cut ${cut}`).toEqual(outputs);
      // What was journalled isn't rendered again.
      expect(drawn.length).toBeLessThanOrEqual(SEEDS.length - acknowledged.length);
      expect(new Set(drawn).size).toBe(drawn.length);
    }
    expect(cuts).toBeGreaterThan(operations - 12);
  });

  it('ends with the same outputs when the power goes a second time, while the first cut is being recovered from', async () => {
    const { outputs, operations } = await unbroken();
    for (let cut = 5; cut < operations; cut += 7) {
      for (let second = 0; second < 60; second += 5) {
        const disk = new FaultyDisk();
        disk.cutDuring(cut);
        await start(disk, 1).catch(() => undefined);
        disk.restart({ seed: cut });
        disk.cutDuring(second);
        await start(disk, 2).catch(() => undefined);
        disk.restart({ seed: second });
        expect((await start(disk, 3)).status).toBe('done');
        expect(outputsOf(disk), `cuts ${cut}, ${second}`).toEqual(outputs);
      }
    }
  });
});
