import { z } from 'zod';

/** Version of the `.graph.json` format that this program writes. */
export const GRAPH_FORMAT_VERSION = 1;

const name = z.string().regex(/^[A-Za-z][A-Za-z0-9_-]{0,63}$/, 'must be a letter, then at most 63 letters, digits, "-" or "_"');

const linkSchema = z.object({
  node: name.describe('Id of the node that the value comes from'),
  port: name.describe('Name of its output port'),
});

const paramValueSchema = z.union([z.number(), z.boolean(), z.string(), z.array(z.string()), z.array(z.number())]);

const nodeSchema = z.looseObject({
  type: z.string().min(1).max(128).describe('Node type, for example "Sample"'),
  version: z.int().min(1).describe('Version of the node type that the params were written for'),
  title: z.string().max(200).optional().describe('What the user calls this node'),
  params: z.record(z.string(), paramValueSchema).default({}),
  inputs: z.record(z.string(), z.union([linkSchema, z.array(linkSchema)])).default({}),
  ui: z.looseObject({}).optional().describe('Layout; never read by a run'),
});

/** `.graph.json`: nodes by id, named params, named ports. Fields that aren't known are kept as they are. */
export const graphFileSchema = z.looseObject({
  format: z.literal('engram-graph'),
  version: z.int().min(1).max(GRAPH_FORMAT_VERSION),
  name: z.string().max(200).optional(),
  description: z.string().max(20_000).optional(),
  nodes: z.record(name, nodeSchema),
  ui: z.looseObject({}).optional().describe('Layout of the whole graph; never read by a run'),
});

export type GraphLink = z.infer<typeof linkSchema>;
export type GraphNode = z.infer<typeof nodeSchema>;
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
