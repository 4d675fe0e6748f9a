import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { GraphFile } from '../../../src/contract/graph-file.ts';
import { graphText } from '../../../src/contract/graph-text.ts';
import { parseGraph } from '../../../src/main/runtime/read-graph.ts';
import { clip } from '../../../src/renderer/graph/clipboard.ts';
import type { Command } from '../../../src/renderer/graph/commands/index.ts';
import { describeChange, diffGraphs } from '../../../src/renderer/graph/diff.ts';
import { shippedGraph, TestEditor } from '../../support/graph-bench.ts';

const pick = fc.nat({ max: 1000 });
const coordinate = fc.integer({ min: -2000, max: 2000 });
const point = fc.tuple(coordinate, coordinate);
const color = fc.constantFrom('#aabbcc', '#112233', undefined);

type Choose = <T>(items: readonly T[]) => T | undefined;

/** A step as a person might take it next: made when it is its turn, over what is there then. Undefined when there is nothing to do it to. */
type Step = (editor: TestEditor, choose: Choose) => Command | (() => void) | undefined;

const some = (editor: TestEditor, choose: Choose): string[] => [...new Set([choose(editor.ids), choose(editor.ids), choose(editor.ids)].filter((id): id is string => id !== undefined))];
const subgraphIds = (editor: TestEditor): string[] => Object.keys(editor.state.document.subgraphs ?? {});
const uses = (editor: TestEditor): string[] => editor.ids.filter((id) => editor.view.node(id)?.type.startsWith('subgraph:'));

const step: fc.Arbitrary<Step> = fc.oneof(
  point.map((position): Step => (editor, choose) => ({ type: 'add-node', nodeType: choose(editor.catalogue.schemas)?.type ?? '', position })),
  fc.boolean().map((reconnect): Step => (editor, choose) => ({ type: 'remove-nodes', nodes: some(editor, choose).slice(0, 2), reconnect })),
  fc.constant<Step>((editor, choose) => {
    const [from, to] = [choose(editor.ids) ?? '', choose(editor.ids) ?? ''];
    const ports = [Object.keys(editor.view.schema(from)?.outputs ?? {}), [...Object.keys(editor.view.schema(to)?.inputs ?? {}), ...Object.keys(editor.view.schema(to)?.params ?? {})]] as const;
    return { type: 'connect', from: { node: from, port: choose(ports[0]) ?? '' }, to: { node: to, port: choose(ports[1]) ?? '' } };
  }),
  fc.constant<Step>((editor, choose) => { const link = choose(editor.view.links); return link && { type: 'disconnect', to: link.to, index: link.index }; }),
  fc.tuple(point).map(([by]): Step => (editor, choose) => ({ type: 'move-nodes', nodes: some(editor, choose), by })),
  fc.oneof(fc.integer(), fc.string(), fc.boolean(), fc.array(fc.string(), { maxLength: 3 }), fc.constant(undefined)).map((value): Step => (editor, choose) => {
    const node = choose(editor.ids) ?? '';
    return { type: 'set-param', node, param: choose(Object.keys(editor.view.schema(node)?.params ?? {})) ?? '', value };
  }),
  fc.string({ maxLength: 12 }).map((title): Step => (editor, choose) => ({ type: 'rename-node', node: choose(editor.ids) ?? '', title })),
  point.map((size): Step => (editor, choose) => ({ type: 'resize-node', node: choose(editor.ids) ?? '', size })),
  fc.boolean().map((collapsed): Step => (editor, choose) => ({ type: 'collapse-nodes', nodes: some(editor, choose), collapsed })),
  color.map((value): Step => (editor, choose) => ({ type: 'color-nodes', nodes: some(editor, choose), color: value })),
  fc.constantFrom('mute' as const, 'bypass' as const, undefined).map((mode): Step => (editor, choose) => ({ type: 'set-mode', nodes: some(editor, choose), mode })),
  fc.array(point, { maxLength: 3 }).map((points): Step => (editor, choose) => { const link = choose(editor.view.links); return link && { type: 'set-reroutes', from: link.from, to: link.to, points }; }),
  fc.boolean().map((shown): Step => (editor, choose) => { const node = choose(editor.ids) ?? ''; return { type: 'show-param-port', node, param: choose(Object.keys(editor.view.schema(node)?.params ?? {})) ?? '', shown }; }),
  fc.tuple(point, fc.string({ maxLength: 8 })).map(([position, title]): Step => () => ({ type: 'add-group', title, position, size: [300, 200] })),
  fc.tuple(point).map(([by]): Step => (editor) => ({ type: 'move-groups', groups: Object.keys((editor.view.ui['groups'] ?? {})).slice(0, 2), by })),
  fc.constant<Step>((editor) => ({ type: 'remove-groups', groups: Object.keys((editor.view.ui['groups'] ?? {})).slice(0, 1) })),
  point.map((at): Step => (editor, choose) => ({ type: 'paste', clipping: clip(editor.view, { nodes: some(editor, choose), groups: Object.keys((editor.view.ui['groups'] ?? {})) }), at })),
  fc.constantFrom('inner' as const, 'all' as const).map((links): Step => (editor, choose) => ({ type: 'duplicate', nodes: some(editor, choose).slice(0, 2), links })),
  fc.constant<Step>((editor, choose) => ({ type: 'make-subgraph', nodes: some(editor, choose) })),
  fc.constant<Step>((editor, choose) => { const node = choose(uses(editor)); return node === undefined ? undefined : { type: 'unpack-subgraph', node }; }),
  fc.constant<Step>((editor, choose) => { const node = choose(uses(editor)); return node === undefined ? undefined : { type: 'detach-subgraph', node }; }),
  fc.constant<Step>((editor, choose) => { const scope = choose([undefined, ...subgraphIds(editor)]); return () => { editor.openScope(scope); }; }),
  fc.constant<Step>((editor, choose) => { const node = choose(editor.ids) ?? ''; return { type: 'expose-param', node, param: choose(Object.keys(editor.view.schema(node)?.params ?? {})) ?? '', shown: true }; }),
  fc.constantFrom('input' as const, 'output' as const).map((side): Step => () => ({ type: 'add-subgraph-port', side, portType: 'Latents' })),
  fc.constantFrom('renamed', undefined).map((to): Step => (editor, choose) => {
    const open = editor.state.scope === undefined ? undefined : editor.state.document.subgraphs?.[editor.state.scope];
    return { type: 'rename-subgraph-port', side: 'input', port: choose(Object.keys(open?.inputs ?? {})) ?? '', to };
  }),
  fc.constantFrom('increment' as const, undefined).map((mode): Step => (editor, choose) => ({ type: 'set-seed-mode', node: choose(editor.ids) ?? '', param: 'seed', mode })),
  fc.constant<Step>((editor) => () => { editor.undo(); }),
  fc.constant<Step>((editor) => () => { editor.redo(); }),
);

const steps = fc.array(fc.tuple(step, fc.array(pick, { minLength: 8, maxLength: 8 }), fc.constantFrom(undefined, undefined, 'drag', 'type')), { minLength: 50, maxLength: 50 });

function play(editor: TestEditor, script: readonly (readonly [Step, readonly number[], string | undefined])[]): number {
  let taken = 0;
  for (const [make, picks, gesture] of script) {
    let at = 0;
    const choose: Choose = (items) => { at += 1; return items[(picks[at % picks.length] ?? 0) % Math.max(1, items.length)]; };
    const next = make(editor, choose);
    if (typeof next === 'function') next();
    else if (next !== undefined) taken += editor.dispatch(next, gesture === undefined ? {} : { gesture }).ok ? 1 : 0;
  }
  return taken;
}

const odd = { odd: { type: 'Later', version: 7, params: { a: 1 }, inputs: { x: { node: 'sample', port: 'latents', weight: 2 } }, future: { deep: [1, { b: null }] } } };
const graphs: readonly GraphFile[] = ['render', 'bind-a-concept'].map((name) => { const graph = shippedGraph(name); return { ...graph, nodes: { ...graph.nodes, ...odd }, author: 'someone', ui: { zoom: 2, later: [true] } }; });

describe('fifty mixed steps', () => {
  it('undone and redone give the same bytes, and what is saved is a good file', () => {
    let taken = 0;
    fc.assert(fc.property(fc.constantFrom(...graphs), steps, (graph, script) => {
      const editor = new TestEditor(graph);
      taken += play(editor, script);
      const texts: string[] = [];
      const end = graphText(editor.state.document);
      while (editor.undo()) texts.push(graphText(editor.state.document));
      expect(editor.state.document).toBe(graph);
      for (const text of texts.reverse()) {
        expect(graphText(editor.state.document)).toBe(text);
        editor.redo();
      }
      while (editor.redo());
      // Steps that were undone within the script are ahead of its end: go back to it.
      while (graphText(editor.state.document) !== end && editor.undo());
      expect(graphText(editor.state.document)).toBe(end);
      const reread = parseGraph(end, 'steps.graph.json');
      expect(graphText(reread)).toBe(end);
      expect(reread).toEqual(editor.state.document);
      if (editor.state.document.nodes['odd'] !== undefined) expect(editor.state.document.nodes['odd']['future']).toEqual(odd.odd.future);
      expect((editor.state.document as { author?: string }).author).toBe('someone');
      for (const change of diffGraphs(graph, editor.state.document)) expect(describeChange(change)).not.toBe('');
      expect(diffGraphs(graph, editor.state.document).length === 0).toBe(sorted(graph) === sorted(editor.state.document));
      expect(diffGraphs(editor.state.document, reread)).toEqual([]);
    }), { numRuns: 200 });
    // Else the steps would be refused all along, and nothing would be shown.
    expect(taken / 200).toBeGreaterThan(20);
  });
});

function sorted(value: unknown): string {
  return JSON.stringify(value, (_key, item: unknown) => (typeof item === 'object' && item !== null && !Array.isArray(item) ? Object.fromEntries(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1))) : item));
}
