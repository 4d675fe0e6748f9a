type Json = Record<string, unknown>;

/** A file that was made to do harm, as text, and what must come of it. */
export interface HostileGraph {
  readonly name: string;
  readonly text: () => string;
  /** Code of the fault that opening it must tell; undefined when it opens. */
  readonly refused?: RegExp;
  /** Code of a fault that checking or planning it must tell; undefined when there need not be one. */
  readonly fault?: RegExp;
}

const MARKUP = '<img src=x onerror="globalThis.hacked=1"><script>globalThis.hacked=1</script><svg onload=globalThis.hacked=1> javascript:globalThis.hacked=1 \'";alert(1)//${globalThis.hacked=1}{{constructor.constructor("globalThis.hacked=1")()}}';

function graph(nodes: Json, more: Json = {}): string {
  return JSON.stringify({ format: 'engram-graph', version: 1, nodes, ...more });
}

function node(type: string, more: Json = {}): Json {
  return { type, version: 1, params: {}, inputs: {}, ...more };
}

function many(count: number, make: (index: number) => Json): Json {
  return Object.fromEntries(Array.from({ length: count }, (_, index) => [`n${index}`, make(index)]));
}

/** Sub-graphs that use the next one, `width` times each: `width ** depth` nodes when they are put in place. */
function nested(depth: number, width: number): Json {
  return Object.fromEntries(Array.from({ length: depth }, (_, level) => [`s${level}`, { nodes: many(width, () => node(level + 1 < depth ? `subgraph:s${level + 1}` : 'Note')) }]));
}

/** Raw JSON of lists in lists, which no tool would write. */
function deepJson(depth: number): string {
  return `{"format":"engram-graph","version":1,"nodes":{},"x":${'['.repeat(depth)}${']'.repeat(depth)}}`;
}

/** The files of the proof. */
export const HOSTILE_GRAPHS: readonly HostileGraph[] = [
  {
    name: 'markup in every text',
    text: () => graph({
      a: node('Note', { title: MARKUP.slice(0, 200), params: { text: MARKUP }, ui: { position: [0, 0], color: MARKUP } }),
      b: node('EncodePrompt', { title: MARKUP.slice(0, 200), params: { prompts: [MARKUP], negativePrompt: MARKUP } }),
      c: node(MARKUP.slice(0, 128), { title: MARKUP.slice(0, 200) }),
    }, { name: MARKUP.slice(0, 200), description: MARKUP, ui: { groups: [{ title: MARKUP, bounds: [0, 0, 400, 300] }] } }),
    fault: /^graph\.(?:unknown-type|missing-input)$/,
  },
  { name: '100,000 nodes', text: () => graph(many(100_000, (index) => node('Note', { ui: { position: [(index % 400) * 260, Math.floor(index / 400) * 200] } }))) },
  { name: 'links to nowhere', text: () => graph(many(2000, (index) => node('VAEDecode', { inputs: { vae: { node: `gone${index}`, port: 'x' }, latents: { node: `n${index}`, port: 'nothing' } } }))), fault: /^graph\.(?:missing-node|unknown-output|cycle)$/ },
  { name: 'a ring of 10,000 nodes', text: () => graph(many(10_000, (index) => node('Inject', { inputs: { textEncoders: { node: `n${(index + 1) % 10_000}`, port: 'textEncoders' } } }))), fault: /^graph\./ },
  { name: 'sub-graphs 200 deep', text: () => graph({ use: node('subgraph:s0') }, { subgraphs: nested(200, 1) }), fault: /^graph\.subgraph-depth$/ },
  { name: 'sub-graphs of 2 to the 30 nodes', text: () => graph({ use: node('subgraph:s0') }, { subgraphs: nested(30, 2) }), fault: /^graph\./ },
  { name: 'a sub-graph in itself', text: () => graph({ use: node('subgraph:s0') }, { subgraphs: { s0: { nodes: { again: node('subgraph:s0') } } } }), fault: /^graph\./ },
  { name: 'prototype keys', text: () => '{"format":"engram-graph","version":1,"nodes":{"a":{"type":"Note","version":1,"params":{"__proto__":{"hacked":1}}}},"__proto__":{"hacked":1}}', refused: /^graph\.prototype-key$/ },
  { name: 'names of built-in properties', text: () => graph({ constructor: node('toString', { params: { hasOwnProperty: 1 }, inputs: { valueOf: { node: 'constructor', port: 'toString' } } }) }), fault: /^graph\.unknown-type$/ },
  { name: 'lists 50,000 deep', text: () => deepJson(50_000), refused: /^graph\.(?:too-deep|not-json)$/ },
  { name: 'a title of 8 million characters', text: () => graph({ a: node('Note', { title: 'x'.repeat(8_000_000) }) }), refused: /^graph\.schema\./ },
  { name: 'paths out of every folder', text: () => graph({ a: node('LoadBackbone', { params: { folder: '../../../../../../etc' } }), b: node('LoadTable', { params: { file: '/etc/passwd' } }), c: node('LoadBackbone', { params: { folder: 'models:../../../etc' } }), d: node('SaveTable', { params: { name: '../../escape' }, inputs: { table: { node: 'b', port: 'table' } } }) }), fault: /^(?:files\.outside|graph\.)/ },
  { name: 'no graph at all', text: () => 'MZ\u0000\u0001', refused: /^graph\.not-json$/ },
];
