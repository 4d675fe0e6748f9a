import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { shippedGraphs, shortForm } from '../../tools/check-graphs.mjs';
import { ROOT } from '../../tools/lib/paths.mjs';

describe('shortForm', () => {
  it('shortens whatever says how many steps it takes, and nothing else', () => {
    const nodes = { a: { params: { steps: 300, warmupSteps: 15, seed: 4 } }, b: { params: { steps: 25 } }, c: { params: { text: 'steps' } } };
    expect(shortForm(JSON.stringify({ nodes }))).toEqual(['a.steps=2', 'a.warmupSteps=0', 'b.steps=2']);
  });

  it('finds something to shorten in every graph that ships', () => {
    for (const graph of shippedGraphs()) expect(shortForm(readFileSync(join(ROOT, graph), 'utf8'))).not.toEqual([]);
  });
});

describe('shippedGraphs', () => {
  it('lists the three of the README', () => {
    expect(shippedGraphs().map((graph) => graph.split(/[\\/]/).at(-1))).toEqual(
      expect.arrayContaining(['bind-a-concept.graph.json', 'render.graph.json', 'locality-check.graph.json']),
    );
  });
});
