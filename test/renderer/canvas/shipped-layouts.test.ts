import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { layoutNode, overlaps, type Box } from '../../../src/renderer/canvas/geometry.ts';
import { Shower } from '../../../src/renderer/canvas/show.ts';
import { ROOT } from '../../../tools/lib/paths.mjs';
import { shippedGraph, TestEditor } from '../../support/graph-bench.ts';

const ENDING = '.graph.json';
const NAMES = readdirSync(join(ROOT, 'graphs')).filter((name) => name.endsWith(ENDING)).map((name) => name.slice(0, -ENDING.length));
/** Lines that are said below a node after a run. */
const NOTE_HEIGHT = 40;

describe('shipped graphs', () => {
  it.each(NAMES)('%s leaves every node the room for its picture and for what is said below it', (name) => {
    const editor = new TestEditor(shippedGraph(name));
    const boxes = new Shower().show(editor.view, editor.state).nodes.map((node): [string, Box] => {
      const { width, height } = layoutNode(node, !node.inert);
      return [node.id, { x: node.position[0], y: node.position[1], width, height: height + NOTE_HEIGHT }];
    });
    const touching = boxes.flatMap(([id, box], index) => boxes.slice(index + 1).filter(([, other]) => overlaps(box, other)).map(([other]) => `${id} and ${other}`));
    expect(touching).toEqual([]);
  });
});
