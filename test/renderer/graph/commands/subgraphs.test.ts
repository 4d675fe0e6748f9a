import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { GraphFile } from '../../../../src/contract/graph-file.ts';
import { graphText } from '../../../../src/contract/graph-text.ts';
import type { NodeDefinition } from '../../../../src/contract/node.ts';
import { clip, clippingText, readClipping } from '../../../../src/renderer/graph/clipboard.ts';
import { Catalogue } from '../../../../src/renderer/graph/catalogue.ts';
import { planGraph } from '../../../../src/main/runtime/plan-graph.ts';
import { parseGraph } from '../../../../src/main/runtime/read-graph.ts';
import { end, shippedGraph, TestEditor } from '../../../support/graph-bench.ts';
import { imageNode, printNode, sumNode, toyHost, type ToyServices } from '../../../support/toy-nodes.ts';

const number: NodeDefinition<ToyServices> = {
  ...sumNode, type: 'Number', title: 'Number', inputs: {}, outputs: { value: { type: 'Number', doc: 'the number' } }, constants: { value: 'value' },
  params: { value: { kind: 'number', min: -1e6, max: 1e6, default: 3, doc: 'a number' } },
};
const both: NodeDefinition<ToyServices> = {
  ...sumNode, type: 'Both', title: 'Both', inputs: { a: { type: 'Report', doc: 'a' }, b: { type: 'Report', doc: 'b', optional: true } }, outputs: { total: { type: 'Report', doc: 't' }, other: { type: 'Report', doc: 'o' } }, passThrough: { total: 'a' },
};
const toys = await toyHost({ nodes: [sumNode, printNode, imageNode, number, both] }).catalogue();

/** Content keys of everything that would run, sorted. */
async function keysOf(graph: GraphFile): Promise<string[]> {
  const reread = parseGraph(graphText(graph), 'toy.graph.json');
  const plan = await planGraph({
    graph: reread, where: 'toy.graph.json', catalogue: toys, deviceKey: () => Promise.resolve(null),
    files: { resolveRead: () => Promise.reject(new Error('no files')), fingerprint: () => Promise.reject(new Error('no files')) },
  });
  return [...plan.nodes.values()].map(({ key }) => key).sort();
}

/** A random graph over the toy nodes whose links go from earlier nodes to later ones, printed at its ends. */
const toyGraph = fc.array(fc.record({
  type: fc.constantFrom('Sum', 'Sum', 'Both', 'Number'), constant: fc.integer({ min: 0, max: 3 }), from: fc.array(fc.tuple(fc.nat(), fc.boolean()), { maxLength: 3 }), value: fc.option(fc.nat(), { nil: undefined }), mode: fc.constantFrom(undefined, undefined, undefined, 'mute' as const, 'bypass' as const),
}), { minLength: 2, maxLength: 12 }).map((rows): GraphFile => {
  const nodes: GraphFile['nodes'] = {};
  for (const [index, row] of rows.entries()) {
    const sources = rows.slice(0, index).flatMap((each, at) => (each.type === 'Number' ? [] : [at]));
    const numbers = rows.slice(0, index).flatMap((each, at) => (each.type === 'Number' ? [at] : []));
    const links = row.from.flatMap(([pick, other]) => (sources.length === 0 ? [] : [{ node: `n${sources[pick % sources.length] ?? 0}`, port: other && nodes[`n${sources[pick % sources.length] ?? 0}`]?.type === 'Both' ? 'other' : 'total' }]));
    const linked: GraphFile['nodes'][string]['inputs'] = row.value !== undefined && numbers.length > 0 ? { constant: { node: `n${numbers[row.value % numbers.length] ?? 0}`, port: 'value' } } : {};
    const [a, b] = links;
    const type = row.type === 'Both' && a === undefined ? 'Sum' : row.type;
    nodes[`n${index}`] = {
      type, version: 1, params: type === 'Number' ? { value: row.constant } : { constant: row.constant },
      inputs: type === 'Number' ? {} : type === 'Sum' ? { ...(links.length === 0 ? {} : { terms: links }), ...linked } : { ...(a === undefined ? {} : { a }), ...(b === undefined ? {} : { b }), ...linked },
      // A bypassed Both passes its total alone; Sum passes nothing.
      ...(row.mode === undefined || type === 'Number' || (row.mode === 'bypass' && type !== 'Both') ? {} : { mode: row.mode }),
    };
  }
  for (const [index, row] of rows.entries()) if (row.type !== 'Number') nodes[`print${index}`] = { type: 'Print', version: 1, params: {}, inputs: { value: { node: `n${index}`, port: 'total' } } };
  for (const node of Object.values(nodes)) {
    for (const link of Object.values(node.inputs).flat()) if (link.port === 'other' && nodes[link.node]?.mode === 'bypass') link.port = 'total';
  }
  return { format: 'engram-graph', version: 1, nodes };
});

describe('sub-graphs', () => {
  it('run exactly like the nodes that they were made of, nested, copied and unpacked', async () => {
    await fc.assert(fc.asyncProperty(toyGraph, fc.array(fc.tuple(fc.array(fc.nat(), { minLength: 1, maxLength: 4 }), fc.constantFrom('make', 'make', 'unpack', 'detach')), { minLength: 1, maxLength: 8 }), async (graph, steps) => {
      const inline = await keysOf(graph);
      const editor = new TestEditor(graph, new Catalogue(toys));
      let made = 0;
      for (const [picks, what] of steps) {
        const uses = editor.ids.filter((id) => editor.view.node(id)?.type.startsWith('subgraph:'));
        const nodes = [...new Set(picks.map((pick) => editor.ids[pick % editor.ids.length] ?? ''))];
        const use = uses[(picks[0] ?? 0) % Math.max(1, uses.length)];
        // Selections that would need their own output are refused, which changes nothing.
        if (what === 'make') made += editor.dispatch({ type: 'make-subgraph', nodes }).ok ? 1 : 0;
        else if (use !== undefined) editor.do({ type: what === 'unpack' ? 'unpack-subgraph' : 'detach-subgraph', node: use });
        expect(await keysOf(editor.state.document)).toEqual(inline);
      }
      for (let use = editor.ids.find((id) => editor.view.node(id)?.type.startsWith('subgraph:')); use !== undefined; use = editor.ids.find((id) => editor.view.node(id)?.type.startsWith('subgraph:'))) editor.do({ type: 'unpack-subgraph', node: use });
      expect(await keysOf(editor.state.document)).toEqual(inline);
      editor.undoAll();
      expect(editor.state.document).toBe(graph);
      fc.pre(made > 0);
    }), { numRuns: 200 });
  });

  it('take ports from the links that the cut goes through', () => {
    const editor = new TestEditor(shippedGraph('render')).do({ type: 'make-subgraph', nodes: ['sample', 'decode'], title: 'Render' });
    const [use = '', id = ''] = editor.created;
    expect([use, id]).toEqual(['render', 'render']);
    expect(editor.view.schema(use)).toMatchObject({
      type: 'subgraph:render', title: 'Render',
      inputs: { backbone: { type: 'Backbone' }, positive: { type: 'Conditioning' }, negative: { type: 'Conditioning' }, latents: { type: 'Latents' }, vae: { type: 'VAE' } }, outputs: { image: { type: 'Image' } },
    });
    expect(editor.sources('save', 'image')).toEqual(['render.image']);
    expect(editor.view.where(use)).toBe('Render "render"');
    expect(editor.openScope(id)).toBe(true);
    expect(editor.ids).toEqual(['inputs', 'sample', 'decode', 'outputs']);
    expect(editor.sources('decode', 'vae')).toEqual(['inputs.vae']);
    expect(editor.view.schema('inputs')?.outputs).toHaveProperty('latents');
    editor.refuses({ type: 'remove-nodes', nodes: ['inputs'] }, 'edit.boundary').refuses({ type: 'set-mode', nodes: ['outputs'], mode: 'mute' }, 'edit.boundary').refuses({ type: 'make-subgraph', nodes: ['inputs'] }, 'edit.boundary');
    editor.undo();
    expect([editor.state.scope, editor.ids.includes('sample')]).toEqual([undefined, true]);
  });

  it('take what several inner nodes get from one output through one port', () => {
    const editor = new TestEditor(shippedGraph('bind-a-concept')).do({ type: 'make-subgraph', nodes: ['baseDecode', 'engramDecode'] });
    expect(Object.keys(editor.view.schema('subgraph')?.inputs ?? {})).toEqual(['vae', 'latents', 'latents2']);
    expect(Object.keys(editor.view.schema('subgraph')?.outputs ?? {})).toEqual(['image', 'image2']);
    expect(editor.view.schema('subgraph')?.passThrough).toBeUndefined();
  });

  it('refuse a cut that would need its own output, and say what is missing', () => {
    const editor = new TestEditor(shippedGraph('render'));
    const refused = editor.dispatch({ type: 'make-subgraph', nodes: ['backbone', 'sample'] });
    expect(refused).toMatchObject({ ok: false, error: { code: 'edit.cycle', hint: 'Add it to the selection.' } });
    editor.refuses({ type: 'make-subgraph', nodes: [] }, 'edit.nothing-selected').refuses({ type: 'make-subgraph', nodes: ['gone'] }, 'edit.missing-node');
  });

  it('are edited once for all uses: ports, names and params', () => {
    const editor = new TestEditor(shippedGraph('render')).do({ type: 'make-subgraph', nodes: ['sample', 'decode'] });
    editor.do({ type: 'duplicate', nodes: ['subgraph'], links: 'all' });
    editor.openScope('subgraph');
    editor.do({ type: 'expose-param', node: 'sample', param: 'steps', shown: true }).do({ type: 'rename-subgraph-port', side: 'output', port: 'image', to: 'picture' }).do({ type: 'rename-subgraph-port', side: 'input', port: 'latents', to: 'noise' });
    editor.refuses({ type: 'rename-subgraph-port', side: 'input', port: 'noise', to: 'steps' }, 'edit.id-taken');
    editor.openScope(undefined);
    expect(editor.view.schema('subgraph')?.params).toMatchObject({ steps: { kind: 'integer', default: 25 } });
    expect(editor.sources('save', 'image')).toEqual(['subgraph.picture']);
    expect([editor.sources('subgraph', 'noise'), editor.sources('subgraph2', 'noise')]).toEqual([['latent.latents'], ['latent.latents']]);
    editor.add('subgraph:subgraph', 'third');
    expect(editor.view.node('third')?.params).toEqual({});
    editor.set('third', 'steps', 4).do({ type: 'set-param', node: 'third', param: 'steps', value: undefined });
    expect(editor.view.node('third')?.params).toEqual({});
    editor.do({ type: 'remove-nodes', nodes: ['third'] });
    editor.set('subgraph2', 'steps', 3).add('Number', 'number').link('number.value', 'subgraph.steps');
    editor.do({ type: 'unpack-subgraph', node: 'subgraph2' });
    expect(editor.view.node('sample')?.params['steps']).toBe(3);
    editor.do({ type: 'unpack-subgraph', node: 'subgraph' });
    expect(editor.sources('sample2', 'steps')).toEqual(['number.value']);
    expect(editor.sources('save', 'image')).toEqual(['decode2.image']);
    editor.do({ type: 'remove-subgraph', subgraph: 'subgraph' });
    expect(editor.state.document.subgraphs).toBeUndefined();
  });

  it('lose ports and params with their links, in all uses', () => {
    const editor = new TestEditor(shippedGraph('render')).do({ type: 'make-subgraph', nodes: ['sample', 'decode'] });
    editor.openScope('subgraph');
    editor.do({ type: 'expose-param', node: 'sample', param: 'steps', shown: true });
    editor.openScope(undefined);
    editor.set('subgraph', 'steps', 3);
    editor.openScope('subgraph');
    editor.do({ type: 'remove-nodes', nodes: ['sample'] }).do({ type: 'rename-subgraph-port', side: 'input', port: 'vae', to: undefined }).do({ type: 'rename-subgraph-port', side: 'output', port: 'image', to: undefined });
    editor.openScope(undefined);
    expect(editor.view.node('subgraph')?.params).toEqual({});
    expect(editor.view.into('save')).toEqual([]);
    expect(editor.view.into('subgraph').map(({ to }) => to.port)).not.toContain('vae');
  });

  it('grow ports by hand, and are linked through them', () => {
    const editor = new TestEditor(shippedGraph('render')).do({ type: 'make-subgraph', nodes: ['decode'] });
    editor.openScope('subgraph');
    editor.do({ type: 'add-subgraph-port', side: 'input', portType: 'Number', name: 'amount' }).do({ type: 'add-subgraph-port', side: 'output', portType: 'Latents' });
    expect(editor.created).toEqual(['latents']);
    editor.link('inputs.latents', 'outputs.latents').refuses({ type: 'connect', from: end('inputs.amount'), to: end('outputs.latents') }, 'edit.link-type').refuses({ type: 'add-subgraph-port', side: 'input', portType: 'Nonsense' }, 'edit.port-type');
    editor.openScope(undefined);
    expect(Object.keys(editor.view.schema('subgraph')?.outputs ?? {})).toEqual(['image', 'latents']);
    editor.refuses({ type: 'add-subgraph-port', side: 'input', portType: 'Number' }, 'edit.no-subgraph').refuses({ type: 'remove-subgraph', subgraph: 'subgraph' }, 'edit.in-use');
  });

  it('travel over the clipboard with what they use; another one of that name comes under a new one', () => {
    const source = new TestEditor(shippedGraph('render')).do({ type: 'make-subgraph', nodes: ['sample', 'decode'], title: 'inner' }).do({ type: 'make-subgraph', nodes: ['inner'], title: 'outer' });
    const read = readClipping(clippingText(clip(source.view, { nodes: ['outer'] })));
    if ('error' in read) throw new Error(read.error.rule);
    const fresh = new TestEditor().do({ type: 'paste', clipping: read.clipping }).do({ type: 'paste', clipping: read.clipping });
    expect(Object.keys(fresh.state.document.subgraphs ?? {}).sort()).toEqual(['inner', 'outer']);
    const other = new TestEditor(shippedGraph('render')).do({ type: 'make-subgraph', nodes: ['decode'], title: 'inner' }).do({ type: 'make-subgraph', nodes: ['sample'], title: 'outer' });
    other.do({ type: 'paste', clipping: read.clipping });
    expect(Object.keys(other.state.document.subgraphs ?? {}).sort()).toEqual(['inner', 'inner2', 'outer', 'outer2']);
    expect(other.view.node(other.created[0] ?? '')?.type).toBe('subgraph:outer2');
    expect(other.state.document.subgraphs?.['outer2']?.nodes['inner']?.type).toBe('subgraph:inner2');
  });

  it('never come to hold themselves', () => {
    const editor = new TestEditor(shippedGraph('render')).do({ type: 'make-subgraph', nodes: ['sample', 'decode'] });
    const clipping = clip(editor.view, { nodes: ['subgraph'] });
    editor.openScope('subgraph');
    editor.refuses({ type: 'paste', clipping }, 'edit.subgraph-in-itself').refuses({ type: 'add-node', nodeType: 'subgraph:subgraph', position: [0, 0] }, 'edit.subgraph-in-itself');
  });
});
