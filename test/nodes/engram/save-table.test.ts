import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { loadTableNode } from '../../../nodes/engram/load-table.ts';
import { saveTableNode } from '../../../nodes/engram/save-table.ts';
import type { ConceptTable } from '../../../src/main/engram/table.ts';
import { faultOf } from '../../support/fault.ts';
import { nodeBench } from '../../support/node-bench.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { tinyTable } from '../../support/tiny-tables.ts';

const bench = nodeBench();

describe('Save Table and Load Table', () => {
  it('round trip: equal tables, equal bytes', async () => {
    const original = await tinyTable(bench);
    const folder = await temporaryFolder();
    const { artifacts } = await bench.run(saveTableNode, { table: original }, { name: 'sub/aldric' }, { outputFolder: folder });
    expect(artifacts).toMatchObject([{ kind: 'table', path: `${folder}/sub/aldric.engram.safetensors`, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) as string }]);
    const file = artifacts[0]!.path;
    const loaded = (await bench.run<{ table: ConceptTable }>(loadTableNode, {}, { file })).values.table;
    expect(loaded).toEqual(original);
    const again = await bench.run(saveTableNode, { table: loaded }, { name: 'again' }, { outputFolder: folder });
    expect(await readFile(again.artifacts[0]!.path)).toEqual(await readFile(file));
  });

  it('write a licence when there is one, and refuse names that leave the output folder', async () => {
    const original = await tinyTable(bench);
    const { artifacts } = await bench.run(saveTableNode, { table: original }, { licence: 'CC-BY-4.0' });
    const loaded = (await bench.run<{ table: ConceptTable }>(loadTableNode, {}, { file: artifacts[0]!.path })).values.table;
    expect(loaded).toEqual({ ...original, licence: 'CC-BY-4.0' });
    expect(await faultOf(() => bench.run(saveTableNode, { table: original }, { name: '../out' }))).toMatchObject({ kind: 'input' });
  });
});
