import { appendFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { openJournal, readJournal, damagedPath } from '../../../../src/main/services/queue/journal.ts';
import { journalLine, parseJournal } from '../../../../src/main/services/queue/journal-format.ts';
import { nodeFileSystem, type FileSystem } from '../../../../src/main/services/file-system.ts';
import { FaultyDisk, PowerCut, type CutMode } from '../../../support/faulty-file-system.ts';
import { faultOf } from '../../../support/fault.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

const schema = z.object({ n: z.number(), text: z.string() });
type Entry = z.infer<typeof schema>;
const entry = (n: number): Entry => ({ n, text: `line ${n} ä\u2028"\\` });
const linesOf = (count: number): string => Array.from({ length: count }, (_, index) => journalLine(index + 1, entry(index))).join('');

describe('journal', () => {
  it('keeps entries over openings, one JSON line each', async () => {
    const path = join(await temporaryFolder(), 'deep', 'journal.jsonl');
    const first = await openJournal({ path, schema });
    expect(first.entries).toEqual([]);
    await Promise.all([0, 1, 2].map((n) => first.journal.append(entry(n))));
    await first.journal.close();
    for (const line of (await readFile(path, 'utf8')).trimEnd().split('\n')) expect(Object.keys(JSON.parse(line) as object)).toEqual(['seq', 'crc', 'entry']);
    const second = await openJournal({ path, schema });
    expect(second).toMatchObject({ entries: [entry(0), entry(1), entry(2)], damage: [], tornBytes: 0 });
    await second.journal.append(entry(3));
    await second.journal.close();
    expect((await readJournal({ path, schema })).entries).toEqual([0, 1, 2, 3].map(entry));
    await expect(second.journal.append(entry(4))).rejects.toMatchObject({ data: { code: 'journal.closed' } });
  });

  it('flushes many appends at once, and acknowledges none before its flush has ended', async () => {
    let syncs = 0;
    const flushed: (() => void)[] = [];
    const open = (async (...args: Parameters<FileSystem['open']>) => {
      const handle = await nodeFileSystem.open(...args);
      if (args[1] !== 'a') return handle;
      const sync = handle.sync.bind(handle);
      handle.sync = async () => {
        await sync();
        syncs += 1;
        if (syncs > 1) await new Promise<void>((resolve) => flushed.push(resolve)); // the first one belongs to the opening
      };
      return handle;
    }) as FileSystem['open'];
    const { journal } = await openJournal({ path: join(await temporaryFolder(), 'j'), schema, fileSystem: { ...nodeFileSystem, open } });
    const acknowledged: number[] = [];
    const appends = Array.from({ length: 200 }, (_, n) => journal.append(entry(n)).then(() => acknowledged.push(n)));
    while (flushed.length === 0) await new Promise((resolve) => setImmediate(resolve));
    expect(acknowledged).toEqual([]);
    flushed.shift()?.();
    await Promise.all(appends);
    expect([syncs, acknowledged.length]).toEqual([2, 200]);
    await journal.close();
  });

  it('cuts an unfinished last line off, at every byte, and goes on after it', async () => {
    const path = join(await temporaryFolder(), 'j');
    const whole = Buffer.from(linesOf(3));
    const two = Buffer.byteLength(linesOf(2));
    for (let length = two; length < whole.length; length += 1) {
      await writeFile(path, whole.subarray(0, length));
      const { journal, entries, damage, tornBytes } = await openJournal({ path, schema });
      expect([entries.length, damage.length, tornBytes]).toEqual([2, 0, length - two]);
      await journal.append(entry(9));
      await journal.close();
      expect((await readJournal({ path, schema })).entries).toEqual([entry(0), entry(1), entry(9)]);
    }
  });

  it('reports damage in the middle by line, keeps the damaged lines beside the journal, and loses no other', async () => {
    const path = join(await temporaryFolder(), 'j');
    const lines = linesOf(6).trimEnd().split('\n');
    lines[1] = (lines[1] as string).replace('line 1', 'line 7');
    lines[3] = '{"seq":4,"half';
    await writeFile(path, `${lines.join('\n')}\n`);
    const { journal, entries, damage } = await openJournal({ path, schema });
    expect(entries).toEqual([0, 2, 4, 5].map(entry));
    expect(damage).toEqual([{ line: 2, reason: 'its checksum does not fit', text: lines[1] }, { line: 4, reason: 'is no journal line', text: lines[3] }]);
    await journal.append(entry(6));
    await journal.close();
    expect((await readFile(damagedPath(path), 'utf8')).trimEnd().split('\n').map((line) => JSON.parse(line) as unknown)).toEqual(damage);
    const again = await openJournal({ path, schema });
    expect(again).toMatchObject({ entries: [0, 2, 4, 5, 6].map(entry), damage: [] });
    await again.journal.close();
  });

  it.each([
    ['lines that are missing', [1, 2, 5], [{ line: 3, reason: '2 lines before it are missing' }]],
    ['a line that is there twice', [1, 2, 2, 3], [{ line: 3, reason: 'its number 2 was there before' }]],
  ])('notices %s', (_what, numbers, damage) => {
    const text = numbers.map((number) => journalLine(number, entry(number))).join('');
    expect(parseJournal(Buffer.from(text), schema).damage).toMatchObject(damage);
  });

  it('reads any bytes without throwing, and never takes a changed line for a good one', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => { parseJournal(bytes, schema); }));
    const text = Buffer.from(linesOf(4));
    fc.assert(fc.property(fc.nat({ max: text.length - 1 }), fc.integer({ min: 1, max: 255 }), (at, flip) => {
      const changed = Buffer.from(text);
      changed[at] = (changed[at] as number) ^ flip;
      const good = new Set([0, 1, 2, 3].map((n) => JSON.stringify(entry(n))));
      for (const found of parseJournal(changed, schema).entries) expect(good).toContain(JSON.stringify(found));
    }), { numRuns: 1000 });
  });

  it('puts a snapshot in the place of all lines; appends meanwhile come after it', async () => {
    const path = join(await temporaryFolder(), 'j');
    const { journal } = await openJournal({ path, schema });
    for (let n = 0; n < 5; n += 1) await journal.append(entry(n));
    const compacted = journal.compact(() => [entry(100), entry(101)]);
    await Promise.all([compacted, new Promise<void>((resolve, reject) => { setImmediate(() => { journal.append(entry(5)).then(resolve, reject); }); })]);
    expect(journal.lines).toBe(3);
    await journal.append(entry(6));
    await journal.close();
    expect((await readJournal({ path, schema })).entries).toEqual([100, 101, 5, 6].map(entry));
  });

  it('tells a full disk, keeps what was acknowledged, and goes on once there is room', async () => {
    const disk = new FaultyDisk();
    const options = { path: '/j', schema, fileSystem: disk.fileSystem };
    const { journal } = await openJournal(options);
    await journal.append(entry(0));
    disk.capacity = Buffer.byteLength(linesOf(1)) + 10;
    expect(await faultOf(() => journal.append(entry(1)))).toMatchObject({ code: 'files.write', got: expect.stringContaining('ENOSPC') as string });
    expect(await faultOf(() => journal.compact(() => [entry(50), entry(51)]))).toMatchObject({ code: 'files.write' });
    expect((await readJournal(options)).entries).toEqual([entry(0)]);
    disk.capacity = Infinity;
    await journal.append(entry(2));
    expect((await readJournal(options)).entries).toEqual([entry(0), entry(2)]);
  });

  it('distrusts a flush that has failed: the line is written anew', async () => {
    const disk = new FaultyDisk();
    const { journal } = await openJournal({ path: '/j', schema, fileSystem: disk.fileSystem });
    let failures = 1;
    disk.onOperation = (name) => { if (name === 'sync' && failures-- > 0) throw Object.assign(new Error('EIO: injected'), { code: 'EIO' }); };
    expect((await faultOf(() => journal.append(entry(0)))).code).toBe('files.write');
    await journal.append(entry(1));
    disk.restart('lose-all');
    expect((await readJournal({ path: '/j', schema, fileSystem: disk.fileSystem })).entries).toEqual([entry(1)]);
  });

  it('has every acknowledged entry after a power cut during any operation', async () => {
    const modes: CutMode[] = ['lose-all', 'keep-all', { seed: 1 }, { seed: 2 }, { seed: 3 }];
    for (const mode of modes) {
      for (let cut = 0; ; cut += 1) {
        const disk = new FaultyDisk();
        disk.cutDuring(cut);
        const acknowledged: Entry[] = [];
        const work = async (): Promise<void> => {
          const { journal } = await openJournal({ path: '/state/j', schema, fileSystem: disk.fileSystem });
          for (let n = 0; n < 6; n += 2) {
            await Promise.all([n, n + 1].map(async (one) => { await journal.append(entry(one)); acknowledged.push(entry(one)); }));
            if (n === 2) await journal.compact(() => acknowledged);
          }
        };
        const finished = await work().then(() => true, (error: unknown) => { expect(disk.isDead, String(error)).toBe(true); return false; });
        disk.restart(mode);
        const { entries, damage } = await openJournal({ path: '/state/j', schema, fileSystem: disk.fileSystem });
        expect(entries.slice(0, acknowledged.length), `cut ${cut}, ${JSON.stringify(mode)}`).toEqual(acknowledged);
        // An entry may be there that nobody was told of; nothing else may.
        expect(entries.length - acknowledged.length).toBeLessThanOrEqual(2);
        expect(damage).toEqual([]);
        if (finished) break;
      }
    }
    expect(new PowerCut('x').code).toBe('EPOWER');
  });

  it('can be read while it is written', async () => {
    const path = join(await temporaryFolder(), 'j');
    await writeFile(path, linesOf(2));
    await appendFile(path, '{"seq":3,"crc":"00');
    expect(await readJournal({ path, schema })).toMatchObject({ entries: [entry(0), entry(1)], damage: [], tornBytes: 18 });
    expect((await readJournal({ path: `${path}-none`, schema })).entries).toEqual([]);
  });
});
