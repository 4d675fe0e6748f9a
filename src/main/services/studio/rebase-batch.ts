import { isAbsolute, resolve } from 'node:path';
import { GRAPH_TARGET, type BatchFileInput } from '../../../contract/batch-file.ts';
import { graphValueOf } from './folder-listing.ts';

type Axis = NonNullable<BatchFileInput['groups']>[number][string];

/** Keys of sources that name a file or folder. */
const PATH_KEYS = ['lines', 'csv', 'jsonl', 'folder'] as const;

/** `root:path`, as in path-scope.ts. */
const ROOTED = /^[A-Za-z][A-Za-z0-9_-]+:/;

/**
 * A batch for another folder: what counted from its old one names the same files from the new one. Params of rows count from their graph, which stays where it is.
 * @param roots Model roots by name, real paths.
 */
export function rebaseBatch(batch: BatchFileInput, from: string, to: string, roots: Readonly<Record<string, string>>): BatchFileInput {
  const move = (value: string): string => (ROOTED.test(value) || isAbsolute(value) ? value : graphValueOf(resolve(from, value), to, roots));
  const moveAxis = (axis: Axis): Axis => {
    const { values } = axis;
    const setsGraph = [axis.set].flat().includes(GRAPH_TARGET);
    if (Array.isArray(values)) return setsGraph ? { ...axis, values: values.map((value) => (typeof value === 'string' ? move(value) : value)) } : axis;
    const named = PATH_KEYS.find((key) => key in values);
    return named === undefined ? axis : { ...axis, values: { ...values, [named]: move((values as Readonly<Record<string, string>>)[named] ?? '') } };
  };
  const { $schema: _schema, ...rest } = batch;
  return {
    ...rest,
    ...(batch.graph === undefined ? {} : { graph: move(batch.graph) }),
    ...(batch.groups === undefined ? {} : { groups: batch.groups.map((group) => Object.fromEntries(Object.entries(group).map(([name, axis]) => [name, moveAxis(axis)]))) }),
  };
}
