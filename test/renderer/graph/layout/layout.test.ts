import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { alignBoxes, distributeBoxes } from '../../../../src/renderer/graph/layout/align.ts';
import { autoLayout } from '../../../../src/renderer/graph/layout/auto-layout.ts';
import { freePlace } from '../../../../src/renderer/graph/layout/free-place.ts';
import { boundsOf, frameAround, overlaps, type Boxes } from '../../../../src/renderer/graph/layout/geometry.ts';
import { readPosition } from '../../../../src/renderer/graph/layout/node-ui.ts';
import { EMPTY, shippedGraph, TestEditor } from '../../../support/graph-bench.ts';

const extent = fc.integer({ min: 1, max: 500 });
const place = fc.integer({ min: -5000, max: 5000 });
const box = fc.record({ x: place, y: place, width: extent, height: extent });
const boxes = fc.array(box, { minLength: 1, maxLength: 12 }).map((list): Boxes => new Map(list.map((each, index) => [`n${index}`, each])));

function boxesOf(editor: TestEditor): Boxes {
  return new Map(Object.entries(editor.view.nodes).map(([id, node]) => [id, { x: readPosition(node)[0], y: readPosition(node)[1], width: 220, height: 120 }]));
}

describe('boxes', () => {
  it('have a frame with room for a title around them, or none', () => {
    const around = frameAround([{ x: 0, y: 0, width: 10, height: 10 }, { x: 30, y: 5, width: 10, height: 20 }]);
    expect(around).toEqual({ x: -24, y: -56, width: 88, height: 105 });
    expect([boundsOf([]), frameAround([])]).toEqual([undefined, undefined]);
  });
});

describe('align and distribute', () => {
  it('line up one edge and leave the other axis alone', () => {
    fc.assert(fc.property(boxes, (all) => {
      const bounds = boundsOf(all.values());
      const left = alignBoxes(all, 'left');
      const bottom = alignBoxes(all, 'bottom');
      for (const [id, each] of all) {
        expect(left[id]).toEqual([bounds?.x, each.y]);
        expect(bottom[id]).toEqual([each.x, (bounds?.y ?? 0) + (bounds?.height ?? 0) - each.height]);
      }
    }));
  });

  it('give equal gaps between the outermost', () => {
    fc.assert(fc.property(boxes, (all) => {
      const places = Object.entries(distributeBoxes(all, 'horizontal')).map(([id, [x]]) => ({ x, width: all.get(id)?.width ?? 0 }));
      const gaps = places.slice(1).map((each, index) => each.x - (places[index]!.x + places[index]!.width));
      // Sums of a dozen numbers below 1e4 in doubles.
      for (const gap of gaps) expect(Math.abs(gap - gaps[0]!)).toBeLessThan(1e-8);
      if (all.size < 3) expect(places).toEqual([]);
    }));
  });

  it('are one step of undo by place-nodes', () => {
    const editor = new TestEditor(shippedGraph('render'));
    editor.do({ type: 'place-nodes', positions: alignBoxes(boxesOf(editor), 'top'), name: 'Align' });
    expect(editor.undoName).toBe('Align 6 nodes');
    expect(new Set(Object.values(editor.view.nodes).map((node) => readPosition(node)[1]))).toEqual(new Set([0]));
  });
});

describe('autoLayout', () => {
  it('puts every node right of what it needs, none over another, and keeps the corner', () => {
    const editor = new TestEditor(shippedGraph('bind-a-concept'));
    const before = boundsOf(boxesOf(editor).values());
    const result = autoLayout(editor.view, boxesOf(editor));
    if ('error' in result) throw new Error(result.error.rule);
    editor.do({ type: 'place-nodes', positions: result.positions, name: 'Lay out' });
    const after = boxesOf(editor);
    for (const { from, to } of editor.view.links) expect(after.get(to.node)!.x).toBeGreaterThanOrEqual(after.get(from.node)!.x + 220);
    const list = [...after.values()];
    for (const [index, each] of list.entries()) for (const other of list.slice(index + 1)) expect(overlaps(each, other)).toBe(false);
    const bounds = boundsOf(list);
    expect([bounds?.x, bounds?.y]).toEqual([before?.x, before?.y]);
  });

  it('lays out a part alone, and takes loops and links to nowhere', () => {
    const link = (node: string): { terms: { node: string; port: string } } => ({ terms: { node, port: 'x' } });
    const nodes = Object.fromEntries(Object.entries({ a: 'b', b: 'a', c: 'c', d: 'constructor', e: 'gone' }).map(([id, from]) => [id, { type: 'X', version: 1, params: {}, inputs: link(from) }]));
    const editor = new TestEditor({ ...EMPTY, nodes });
    const all = boxesOf(editor);
    const result = autoLayout(editor.view, new Map([...all].filter(([id]) => id !== 'b')));
    expect('positions' in result && Object.keys(result.positions)).toEqual(['a', 'c', 'd', 'e']);
    expect(autoLayout(editor.view, all)).toHaveProperty('positions.b');
    expect(autoLayout(editor.view, new Map())).toEqual({ positions: {} });
  });

  it('says when there are too many', () => {
    const many = new Map(Array.from({ length: 1001 }, (_, index) => [`n${index}`, { x: 0, y: 0, width: 1, height: 1 }]));
    expect(autoLayout(new TestEditor().view, many)).toMatchObject({ error: { code: 'edit.layout-size', got: '1001' } });
  });
});

describe('a free place', () => {
  it('is the wished one when nothing is there, else one beside what is, touching nothing', () => {
    expect(freePlace(new Map(), [10, 20], [200, 100])).toEqual([10, 20]);
    fc.assert(fc.property(boxes, (taken) => {
      const [x, y] = freePlace(taken, [0, 0], [200, 100]);
      // Twelve boxes of at most 500 can't fill the rings, which reach 1,200 to each side.
      expect([...taken.values()].some((each) => overlaps(each, { x, y, width: 200, height: 100 }))).toBe(false);
    }));
  });
});
