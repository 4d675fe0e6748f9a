import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { nodeCatalogue } from '../../../src/main/cli/catalogue.ts';
import { canonicalJson } from '../../../src/main/runtime/content-key.ts';
import { parseGraph } from '../../../src/main/runtime/read-graph.ts';
import { validateGraph } from '../../../src/main/runtime/validate.ts';
import { ROOT } from '../../../tools/lib/paths.mjs';

/** Graph files as each release shipped them, a folder per release. They are never edited: what has changed since is a migration's work. */
const FOLDER = join(ROOT, 'test', 'fixtures', 'graphs');
const FILES = readdirSync(FOLDER, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.graph.json')).sort();

describe('graph files of every release', () => {
  it('are there', () => {
    expect(FILES.length).toBeGreaterThanOrEqual(3);
  });

  it.each(FILES)('%s still reads and has no faults', (path) => {
    const graph = parseGraph(readFileSync(join(FOLDER, path), 'utf8'), path);
    expect(validateGraph(graph, nodeCatalogue()).faults).toEqual([]);
  });

  it.each(FILES)('%s reads to the same graph after it was written', (path) => {
    const graph = parseGraph(readFileSync(join(FOLDER, path), 'utf8'), path);
    expect(parseGraph(canonicalJson(graph), path)).toEqual(graph);
  });
});
