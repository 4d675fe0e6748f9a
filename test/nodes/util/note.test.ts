import { expect, it } from 'vitest';
import { noteNode } from '../../../nodes/util/note.ts';
import { nodeBench } from '../../support/node-bench.ts';

const bench = nodeBench();

it('Note does nothing and is never run', async () => {
  expect(noteNode.inert).toBe(true);
  expect(await bench.run(noteNode, {}, { text: 'hello' })).toMatchObject({ values: {}, artifacts: [], warnings: [] });
});
