import { describe, expect, it } from 'vitest';
import type { GraphNode } from '../../../src/contract/graph-file.ts';
import { nodeCatalogue } from '../../../src/main/cli/catalogue.ts';
import { migrateNode } from '../../../src/main/runtime/migrations.ts';
import { validateGraph } from '../../../src/main/runtime/validate.ts';

function saveImage(params: GraphNode['params']): GraphNode {
  return { type: 'SaveImage', version: 1, params, inputs: {} };
}

describe('SaveImage 1 -> 2', () => {
  it.each([[true, 'full'], [false, 'none']])('embedGraph %s becomes metadata %s', (embedGraph, metadata) => {
    expect(migrateNode(saveImage({ name: 'x', embedGraph }), 2)).toEqual({ type: 'SaveImage', version: 2, params: { name: 'x', metadata }, inputs: {} });
  });

  it('left out, it stays left out; metadata that a batch has set already wins', () => {
    expect(migrateNode(saveImage({ name: 'x' }), 2).params).toEqual({ name: 'x' });
    expect(migrateNode(saveImage({ embedGraph: true, metadata: 'none' }), 2).params).toEqual({ metadata: 'none' });
  });

  it('what was wrong before is still told', () => {
    const { faults } = validateGraph({ format: 'engram-graph', version: 1, nodes: { save: saveImage({ embedGraph: 'yes' }) } }, nodeCatalogue());
    expect(faults.map(({ code, port }) => [code, port])).toEqual([['graph.unknown-param', 'embedGraph'], ['graph.missing-input', 'image']]);
  });
});

describe('ContactSheet 1 -> 2', () => {
  it('changes nothing', () => {
    const node: GraphNode = { type: 'ContactSheet', version: 1, params: { name: 'x', columns: ['a'] }, inputs: {} };
    expect(migrateNode(node, 2)).toEqual({ ...node, version: 2 });
  });
});
