import { MAX_SUBGRAPH_DEPTH } from '../../contract/flatten-graph.ts';
import type { GraphFile, GraphNode } from '../../contract/graph-file.ts';
import type { NodeSchema } from '../../contract/node.ts';
import type { ParamSchema } from '../../contract/params.ts';
import { boundarySchemas, findSubgraph, subgraphOf, subgraphSchemaOf, SUBGRAPH_INPUTS, SUBGRAPH_OUTPUTS } from '../../contract/subgraphs.ts';

/** The node types that can be used: those that the engine has, and the sub-graphs of a document. */
export class Catalogue {
  private readonly byType: ReadonlyMap<string, NodeSchema>;

  /** @param schemas What the engine tells of its nodes. */
  constructor(readonly schemas: readonly NodeSchema[]) {
    this.byType = new Map(schemas.map((schema) => [schema.type, schema]));
  }

  /** The schema of a node type in a scope of a document; undefined for types that aren't installed. */
  schemaOf(node: Pick<GraphNode, 'type'>, document: GraphFile, scope: string | undefined): NodeSchema | undefined {
    if (node.type === SUBGRAPH_INPUTS || node.type === SUBGRAPH_OUTPUTS) {
      const open = scope === undefined ? undefined : findSubgraph(document, scope);
      return open === undefined ? undefined : boundarySchemas(open)[node.type === SUBGRAPH_INPUTS ? 0 : 1];
    }
    const id = subgraphOf(node);
    return id === undefined ? this.byType.get(node.type) : this.useSchema(id, document, 0);
  }

  private useSchema(id: string, document: GraphFile, depth: number): NodeSchema | undefined {
    const subgraph = findSubgraph(document, id);
    if (subgraph === undefined || depth > MAX_SUBGRAPH_DEPTH || this.making.has(id)) return undefined;
    const cached = this.cache.get(subgraph);
    if (cached !== undefined && cached.of === document.subgraphs) return cached.schema;
    this.making.add(id);
    const schema = subgraphSchemaOf(id, subgraph, (node, param) => this.paramOf(node, param, document, depth + 1));
    this.making.delete(id);
    this.cache.set(subgraph, { of: document.subgraphs, schema });
    return schema;
  }

  private paramOf(node: GraphNode, param: string, document: GraphFile, depth: number): ParamSchema | undefined {
    const id = subgraphOf(node);
    const schema = id === undefined ? this.byType.get(node.type) : this.useSchema(id, document, depth);
    return schema !== undefined && Object.hasOwn(schema.params, param) ? schema.params[param] : undefined;
  }

  /** Sub-graphs whose schema is being made: one that holds itself has none there. */
  private readonly making = new Set<string>();
  // Params reach through nested sub-graphs, so a schema holds for one set of them.
  private readonly cache = new WeakMap<object, { readonly of: GraphFile['subgraphs']; readonly schema: NodeSchema }>();
}
