import { inputError } from '../../contract/errors.ts';
import { GRAPH_FORMAT_VERSION, type GraphNode } from '../../contract/graph-file.ts';
import { printValue } from '../../contract/params.ts';

/** Lifts a graph file from format version `from` to `from + 1`. */
export interface GraphMigration {
  readonly from: number;
  /** What it does, named for the log: `LinksByPortName`. */
  readonly name: string;
  migrate(file: Record<string, unknown>): Record<string, unknown>;
}

/** Lifts one node from version `from` of its type to `from + 1`. */
export interface NodeMigration {
  readonly type: string;
  readonly from: number;
  readonly name: string;
  migrate(node: GraphNode): GraphNode;
}

/** Format migrations, one entry per step. Version 1 is the first format that shipped. */
export const GRAPH_MIGRATIONS: readonly GraphMigration[] = [];

/** `embedGraph` became `metadata`, which names what is told; the other params of version 2 have defaults that give version 1's pictures. */
const saveImageMetadata: NodeMigration = {
  type: 'SaveImage', from: 1, name: 'MetadataForEmbedGraph',
  migrate(node) {
    const { embedGraph, ...params } = node.params;
    // What is no boolean stays, for the validator to tell.
    return typeof embedGraph === 'boolean' ? { ...node, params: { metadata: embedGraph ? 'full' : 'none', ...params } } : node;
  },
};

/** Version 2 adds `metadata`, whose default is what version 1 did. */
const contactSheetMetadata: NodeMigration = { type: 'ContactSheet', from: 1, name: 'MetadataByDefault', migrate: (node) => node };

/** Node migrations, one entry per step. */
export const NODE_MIGRATIONS: readonly NodeMigration[] = [saveImageMetadata, contactSheetMetadata];

/**
 * Brings raw JSON of a graph file to the current format version, before it is checked against the schema.
 * @throws AppError `graph.newer-version` for files of a later program, `graph.no-version` for something else.
 */
export function migrateGraph(raw: unknown, where: string, migrations: readonly GraphMigration[] = GRAPH_MIGRATIONS): unknown {
  if (raw === null || typeof raw !== 'object' || Array.isArray(raw)) throw inputError('graph.not-an-object', where, 'must be a JSON object', { got: printValue(raw) });
  let file = raw as Record<string, unknown>;
  const version = file['version'];
  if (file['format'] !== 'engram-graph') throw inputError('graph.format', where, 'format must be "engram-graph"', { got: printValue(file['format']), hint: 'Is this a graph file of Engram Studio?' });
  if (typeof version !== 'number' || !Number.isInteger(version) || version < 1) throw inputError('graph.no-version', where, 'version must be a whole number from 1 on', { got: printValue(version) });
  if (version > GRAPH_FORMAT_VERSION) {
    throw inputError('graph.newer-version', where, `version must be at most ${GRAPH_FORMAT_VERSION}`, { got: String(version), hint: 'This file was made by a newer Engram Studio; update the program.' });
  }
  for (let from = version; from < GRAPH_FORMAT_VERSION; from += 1) {
    const step = migrations.find((migration) => migration.from === from);
    if (step === undefined) throw inputError('graph.no-migration', where, `no migration is known from version ${from}`);
    file = { ...step.migrate(file), version: from + 1 };
  }
  return file;
}

/** Brings one node to the version that is installed, as far as migrations are known; the validator reports what is left. */
export function migrateNode(node: GraphNode, installed: number, migrations: readonly NodeMigration[] = NODE_MIGRATIONS): GraphNode {
  let current = node;
  while (current.version < installed) {
    const step = migrations.find((migration) => migration.type === current.type && migration.from === current.version);
    if (step === undefined) return current;
    current = { ...step.migrate(current), version: current.version + 1 };
  }
  return current;
}
