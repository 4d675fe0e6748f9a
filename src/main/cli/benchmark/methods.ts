import type { GraphLink, GraphNode } from '../../../contract/graph-file.ts';
import type { Identity } from './data.ts';
import type { BenchmarkBackbone } from './backbones.ts';

/** Nodes of a graph by id. */
export type Nodes = Readonly<Record<string, GraphNode>>;

/** A link to the port of a node. */
export function from(node: string, port: string): GraphLink {
  return { node, port };
}

/** A node of version 1, or the given one. */
export function node(type: string, params: GraphNode['params'], inputs: GraphNode['inputs'] = {}, version = 1): GraphNode {
  return { type, version, params, inputs };
}

/** A way to make a backbone show identities: the nodes that it adds to a graph with a node `backbone`, and the text encoders that prompts then go through. */
export interface BenchmarkMethod {
  readonly name: string;
  /** In one sentence, for the report. */
  readonly doc: string;
  attach(identities: readonly Identity[], backbone: BenchmarkBackbone): { readonly nodes: Nodes; readonly encoders: GraphLink };
}

/** The nodes that train one identity's table; the table is `NAME-train`, port `table`. */
function tableNodes({ name, trigger }: Identity, backbone: BenchmarkBackbone): Nodes {
  const encoders = from('backbone', 'textEncoders');
  return {
    [`${name}-registry`]: node('TriggerRegistry', { trigger, ...backbone.registry }, { textEncoders: encoders }),
    [`${name}-untrained`]: node('ConceptTable', { seed: 0 }, { registry: from(`${name}-registry`, 'registry'), textEncoders: encoders }),
    [`${name}-references`]: node('ImageDataset', { folder: `references/${name}`, trigger }),
    [`${name}-train`]: node('Train', { ...backbone.train }, { backbone: from('backbone', 'backbone'), table: from(`${name}-untrained`, 'table'), dataset: from(`${name}-references`, 'dataset') }),
    [`${name}-table`]: node('SaveTable', { name: `tables/${name}` }, { table: from(`${name}-train`, 'table') }),
  };
}

const base: BenchmarkMethod = {
  name: 'base', doc: 'The frozen backbone alone: what it makes of the words of the trigger.',
  attach: () => ({ nodes: {}, encoders: from('backbone', 'textEncoders') }),
};

const engram: BenchmarkMethod = {
  name: 'engram', doc: 'A table of n-gram vectors per identity, trained on its five references.',
  attach: (identities, backbone) => ({
    nodes: {
      ...Object.assign({}, ...identities.map((identity) => tableNodes(identity, backbone))) as Nodes,
      inject: node('Inject', { strength: 1 }, { textEncoders: from('backbone', 'textEncoders'), tables: identities.map(({ name }) => from(`${name}-train`, 'table')) }),
    },
    encoders: from('inject', 'textEncoders'),
  }),
};

/** What is compared, one entry each: the first one is the level that others are measured against, the last one is what the goals are about. */
export const BENCHMARK_METHODS: readonly [BenchmarkMethod, ...BenchmarkMethod[]] = [base, engram];
