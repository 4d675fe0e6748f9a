import { AppError, inputError, type ErrorData } from '../../contract/errors.ts';
import { graphFileSchema, type GraphFile } from '../../contract/graph-file.ts';
import { findJsonFault } from '../../contract/plain-json.ts';
import { migrateGraph } from './migrations.ts';

/** Largest graph file that is read, in characters. */
const MAX_GRAPH_CHARACTERS = 16 * 1024 * 1024;

/**
 * Parses and migrates the text of a graph file.
 * @throws GraphFaults with every fault of the file's form; an AppError when it isn't JSON or not a graph at all.
 */
export function parseGraph(text: string, where: string): GraphFile {
  if (text.length > MAX_GRAPH_CHARACTERS) throw inputError('graph.too-large', where, `must be at most ${MAX_GRAPH_CHARACTERS} characters`, { got: String(text.length) });
  let raw: unknown;
  try {
    raw = JSON.parse(text) as unknown;
  } catch (error) {
    throw inputError('graph.not-json', where, 'must be JSON', { got: (error as Error).message });
  }
  const fault = findJsonFault(raw);
  if (fault !== undefined) throw inputError(`graph.${fault.code}`, where, fault.rule, { got: fault.path, path: fault.path });
  const result = graphFileSchema.safeParse(migrateGraph(raw, where));
  if (result.success) return result.data;
  throw new GraphFaults(where, result.error.issues.map((issue): ErrorData => ({
    code: `graph.schema.${issue.code}`, kind: 'input', where: `${where} at ${issue.path.map(String).join('.') || 'top level'}`, rule: issue.message, path: issue.path.map(String).join('.'),
    ...(issue.path[0] === 'nodes' && issue.path.length > 1 ? { nodeId: String(issue.path[1]) } : {}),
  })));
}

/** Every fault of a graph at once; as an error it reads as the first of them with a count. */
export class GraphFaults extends AppError {
  readonly faults: readonly ErrorData[];

  /** @param hint Where to see all of them. */
  constructor(where: string, faults: readonly ErrorData[], hint = 'See `engram validate` for all of them.') {
    const [first] = faults;
    super(first !== undefined && faults.length === 1 ? first : {
      code: 'graph.faults', kind: 'input', where, rule: `must have no faults`, got: `${faults.length}: ${faults.slice(0, 3).map((fault) => `${fault.where}: ${fault.rule}${fault.got === undefined ? '' : `, got ${fault.got}`}`).join('; ')}${faults.length > 3 ? '; ...' : ''}`,
      hint,
    });
    this.faults = faults;
  }
}
