import { describe, expect, it } from 'vitest';
import { boundsOf, boxOf, distanceToLink, layoutNode, MIN_WIDTH, overlaps, TITLE_HEIGHT } from '../../../src/renderer/canvas/geometry.ts';
import type { ShownNode, ShownParam } from '../../../src/renderer/canvas/shown-node.ts';

function param(name: string, text = 'x', block = false): ShownParam {
  return { name, label: name, text, block, wrong: false };
}

function node(change: Partial<ShownNode> = {}): ShownNode {
  return { id: 'n', title: 'N', category: 'c', inputs: [], outputs: [], params: [], position: [0, 0], size: undefined, collapsed: false, color: undefined, mode: 'active', known: true, inert: false, pictures: false, ...change };
}

const PORT = { name: 'p', label: 'p', type: 'Image', optional: false, many: false, param: false };

describe('layout of a node', () => {
  it('stacks ports, params and picture without overlap', () => {
    const layout = layoutNode(node({ inputs: [PORT, { ...PORT, name: 'q' }], params: [param('a'), param('b', 'some prose', true)] }), true);
    const ys = [...layout.inputs.map(({ y }) => y), ...layout.params.map(({ y }) => y), layout.picture?.y ?? 0];
    expect(ys).toEqual([...ys].sort((a, b) => a - b));
    expect(layout.picture && layout.picture.y + layout.picture.height).toBeLessThanOrEqual(layout.height);
  });

  it('shows seven params and says how many more there are', () => {
    const layout = layoutNode(node({ params: Array.from({ length: 12 }, (_none, index) => param(`p${index}`)) }), false);
    expect(layout.params).toHaveLength(7);
    expect(layout.more).toBe(5);
  });

  it('collapses to its title, with all ports at one place', () => {
    const layout = layoutNode(node({ collapsed: true, inputs: [PORT, { ...PORT, name: 'q' }], params: [param('a')] }), true);
    expect(layout.height).toBe(TITLE_HEIGHT);
    expect(new Set(layout.inputs.map(({ y }) => y)).size).toBe(1);
    expect(layout.picture).toBeUndefined();
  });

  it('keeps the size that the user gave, down to what shows everything', () => {
    expect(layoutNode(node({ size: [400, 500] }), false)).toMatchObject({ width: 400, height: 500 });
    const small = layoutNode(node({ size: [10, 10], params: [param('a')] }), false);
    expect(small.width).toBe(MIN_WIDTH);
    expect(small.height).toBe(small.content);
  });
});

describe('boxes and curves', () => {
  it('finds the box around all', () => {
    expect(boundsOf([{ x: 0, y: 5, width: 10, height: 10 }, { x: -5, y: 0, width: 1, height: 1 }])).toEqual({ x: -5, y: 0, width: 15, height: 15 });
    expect(boundsOf([])).toBeUndefined();
  });

  it('makes a box of two corners, whichever comes first', () => {
    expect(boxOf([10, 2], [4, 8])).toEqual({ x: 4, y: 2, width: 6, height: 6 });
    expect(overlaps(boxOf([0, 0], [5, 5]), boxOf([5, 5], [9, 9]))).toBe(true);
    expect(overlaps(boxOf([0, 0], [5, 5]), boxOf([5.1, 0], [9, 9]))).toBe(false);
  });

  it('measures how far a point is from a link', () => {
    expect(distanceToLink(0, 0, [0, 0], [200, 100])).toBe(0);
    // By symmetry the curve goes through the middle between its ends.
    expect(distanceToLink(100, 50, [0, 0], [200, 100])).toBeLessThan(0.5);
    expect(distanceToLink(100, 90, [0, 0], [200, 100])).toBeGreaterThan(15);
  });
});
