import { z } from 'zod';
import { graphChecksSchema } from './graph-checks.ts';

/** Version of the `.graph.json` format that this program writes. */
export const GRAPH_FORMAT_VERSION = 1;

/** Ids of nodes, sub-graphs and their ports. */
export const graphNameSchema = z.string().regex(/^[A-Za-z][A-Za-z0-9_-]{0,63}$/, 'must be a letter, then at most 63 letters, digits, "-" or "_"');

const linkSchema = z.looseObject({
  node: graphNameSchema.describe('Id of the node that the value comes from'),
  port: graphNameSchema.describe('Name of its output port'),
});

/** Any value that a param may hold. */
export const paramValueSchema = z.union([z.number(), z.boolean(), z.string(), z.array(z.string()), z.array(z.number())]);

/** One node of a graph file. */
export const graphNodeSchema = z.looseObject({
  type: z.string().min(1).max(128).describe('Node type, for example "Sample"'),
  version: z.int().min(1).describe('Version of the node type that the params were written for'),
  title: z.string().max(200).optional().describe('What the user calls this node'),
  mode: z.enum(['mute', 'bypass']).optional().describe('mute: the node and all that need it are left out of runs. bypass: its outputs are the inputs that the node type passes through'),
  params: z.record(z.string(), paramValueSchema).default({}),
  inputs: z.record(z.string(), z.union([linkSchema, z.array(linkSchema)])).default({}),
  ui: z.looseObject({}).optional().describe('Layout; never read by a run'),
});

const subgraphPortSchema = z.looseObject({
  type: z.string().min(1).max(64).describe('Port type, for example "Latents"'),
  doc: z.string().max(2000).optional(),
  optional: z.boolean().optional().describe('Inputs only: may stay unlinked'),
  many: z.boolean().optional().describe('Inputs only: takes any number of links, in order'),
});

/** One sub-graph of a graph file. */
export const subgraphSchema = z.looseObject({
  title: z.string().max(200).optional(),
  doc: z.string().max(20_000).optional(),
  inputs: z.record(graphNameSchema, subgraphPortSchema).default({}).describe('Outputs of the inner node of type "subgraph-inputs"'),
  outputs: z.record(graphNameSchema, subgraphPortSchema).default({}).describe('Inputs of the inner node of type "subgraph-outputs"'),
  params: z.record(graphNameSchema, z.looseObject({ node: graphNameSchema, param: z.string().min(1).max(64) })).default({}).describe('Params of inner nodes that each use of the sub-graph sets for itself'),
  passThrough: z.record(graphNameSchema, graphNameSchema).optional().describe('What a bypassed use gives: input by output'),
  nodes: z.record(graphNameSchema, graphNodeSchema),
  ui: z.looseObject({}).optional().describe('Layout; never read by a run'),
});

/** `.graph.json`: nodes by id, named params, named ports. Fields that aren't known are kept as they are. */
export const graphFileSchema = z.looseObject({
  format: z.literal('engram-graph'),
  version: z.int().min(1).max(GRAPH_FORMAT_VERSION),
  name: z.string().max(200).optional(),
  description: z.string().max(20_000).optional(),
  nodes: z.record(graphNameSchema, graphNodeSchema),
  subgraphs: z.record(graphNameSchema, subgraphSchema).optional().describe('Sub-graphs by id; a node of type "subgraph:ID" is a use of one'),
  checks: graphChecksSchema.optional().describe('What values of the graph must be like, by name; for `engram test`'),
  ui: z.looseObject({}).optional().describe('Layout of the whole graph; never read by a run'),
});

export type GraphLink = z.infer<typeof linkSchema>;
export type GraphNode = z.infer<typeof graphNodeSchema>;
export type SubgraphPort = z.infer<typeof subgraphPortSchema>;
export type Subgraph = z.infer<typeof subgraphSchema>;
export type GraphFile = z.infer<typeof graphFileSchema>;

/** The published JSON Schema of `.graph.json`. */
export function graphJsonSchema(): Record<string, unknown> {
  const schema = z.toJSONSchema(graphFileSchema, { io: 'input' }) as Record<string, unknown>;
  return { $id: 'engram-graph.schema.json', title: 'Engram Studio graph', ...schema };
}

/** The links of one input, in order. */
export function linksOf(input: GraphLink | readonly GraphLink[] | undefined): readonly GraphLink[] {
  if (input === undefined) return [];
  return 'node' in input ? [input] : input;
}
