import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { batchFileSchema, type BatchFileInput } from '../../../../src/contract/batch-file.ts';
import { addAxis, axisFor, freshName, listText, namesOf, parseList, raiseGroup, removeAxis, renameAxis, setOutput, sourceKind, SOURCES, targetsOf, withTargets } from '../../../../src/renderer/panels/batch/draft.ts';

const EMPTY: BatchFileInput = { format: 'engram-batch', version: 1, graph: 'a.graph.json', groups: [] };
const SEEDS = axisFor('latent.seeds', { kind: 'integer-list', seeds: true, min: 0, max: 9, default: [1], doc: '' }, [7]);

describe('a batch as it is edited', () => {
  it('begins an axis with what its param has', () => {
    expect(SEEDS).toEqual({ set: 'latent.seeds', values: { seeds: 4, from: 1 } });
    expect(axisFor('a.mode', { kind: 'choice', options: ['x', 'y'], default: 'x', doc: '' }, 'x').values).toEqual(['x', 'y']);
    expect(axisFor('a.prompts', { kind: 'text-list', default: [], doc: '' }, ['a fox', 'a cat']).values).toEqual(['a fox', 'a cat']);
    expect(axisFor('a.steps', { kind: 'integer', min: 1, max: 9, default: 2, doc: '' }, 5).values).toEqual([5]);
  });

  it('gives names that no other axis and no token of templates has', () => {
    const one = addAxis(EMPTY, freshName(EMPTY, 'latent.seeds', true), SEEDS);
    expect([namesOf(one), freshName(one, 'noise.seeds', true), freshName(EMPTY, 'x.row', false), freshName(EMPTY, 'x.steps', false)]).toEqual([['seed'], 'seed2', 'row2', 'steps']);
  });

  it('zips, raises, renames with templates and sheets, and removes with what it leaves empty', () => {
    let batch = addAxis(addAxis(addAxis(EMPTY, 'prompt', { values: ['a'] }), 'seed', SEEDS), 'table', { values: ['t'] }, 1);
    batch = { ...batch, output: { name: '{prompt:slug}/{seed:3}-{seedy}' }, sheets: [{ rows: 'prompt', columns: 'seed' }] };
    const renamed = renameAxis(batch, 1, 'seed', 'number');
    expect([renamed.output?.name, renamed.sheets, namesOf(renamed)]).toEqual(['{prompt:slug}/{number:3}-{seedy}', [{ rows: 'prompt', columns: 'number' }], ['prompt', 'number', 'table']]);
    expect(renameAxis(batch, 1, 'seed', 'prompt')).toBe(batch);
    expect(namesOf(raiseGroup(batch, 1))).toEqual(['seed', 'table', 'prompt']);
    const removed = removeAxis(batch, 0, 'prompt');
    expect([removed.groups?.length, 'sheets' in removed]).toEqual([1, false]);
  });

  it('takes what is cleared out of the file', () => {
    expect(setOutput(setOutput(EMPTY, { format: 'webp', quality: 80 }), { format: undefined, quality: undefined })).toEqual(EMPTY);
    expect(withTargets(withTargets(SEEDS, ['a.b', 'c.d']), [])).toEqual({ values: SEEDS.values });
    expect(targetsOf(withTargets(SEEDS, ['a.b', 'c.d']))).toEqual(['a.b', 'c.d']);
  });

  it('makes sources of every kind that the format takes, and tells them apart', () => {
    for (const { kind, make } of SOURCES) {
      const batch = addAxis(EMPTY, 'axis', { set: 'a.b', values: make() });
      expect(batchFileSchema.safeParse(batch).success, kind).toBe(true);
      expect(sourceKind(make())).toBe(kind);
    }
  });

  it('brings every list through its text unchanged', () => {
    const value = fc.oneof(fc.string(), fc.array(fc.string(), { minLength: 1 }), fc.constantFrom('"quoted"', '[1]', ' [a', 'a\nb', '12'));
    fc.assert(fc.property(fc.array(value, { minLength: 1 }), (values) => { expect(parseList(listText(values), { kind: 'text', default: '', doc: '' })).toEqual(values); }));
    const numbers = fc.array(fc.integer(), { minLength: 1 });
    fc.assert(fc.property(numbers, (values) => { expect(parseList(listText(values), { kind: 'number', min: 0, max: 1, default: 0, doc: '' })).toEqual(values); }));
  });
});
