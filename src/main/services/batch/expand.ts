import { BATCH_ROW_LIMIT, type BatchFile } from '../../../contract/batch-file.ts';
import { inputError, toErrorData, type ErrorData } from '../../../contract/errors.ts';
import { looksLikeWildcards } from '../../../contract/wildcards.ts';
import { axesOf, type PlacedAxis } from './read-batch.ts';
import { readSource, type AxisValue, type BatchFiles } from './sources.ts';
import { expandWildcards } from './wildcards.ts';

/** An axis with its values. */
export interface ExpandedAxis extends PlacedAxis {
  readonly values: readonly AxisValue[];
}

/** Every axis with its values, and how many rows they make. */
export interface ExpandedBatch {
  /** In the order of the file. */
  readonly axes: readonly ExpandedAxis[];
  /** Steps of each group. */
  readonly groups: readonly number[];
  readonly rows: number;
  readonly faults: readonly ErrorData[];
  readonly notices: readonly ErrorData[];
}

/** How many rows groups of these lengths make: their product; 1 without groups. */
export function countRows(groups: readonly number[]): number {
  return groups.reduce((product, length) => product * length, 1);
}

/** The step of each group in a row; the first group varies slowest. */
export function stepsOf(groups: readonly number[], row: number): number[] {
  const steps = new Array<number>(groups.length).fill(0);
  for (let group = groups.length - 1, rest = row; group >= 0; group -= 1) {
    const length = groups[group] as number;
    steps[group] = rest % length;
    rest = Math.floor(rest / length);
  }
  return steps;
}

async function valuesOf(placed: PlacedAxis, files: BatchFiles, notices: ErrorData[]): Promise<readonly AxisValue[]> {
  const { axis, where } = placed;
  const values = await readSource(axis.values, where, files);
  if (axis.wildcards !== undefined) return expandWildcards(values, axis.wildcards, where, files);
  const suspect = values.find(({ value }) => typeof value === 'string' && looksLikeWildcards(value));
  if (suspect !== undefined) {
    notices.push(inputError('batch.no-wildcards', where, 'texts look like wildcards but are taken as they are', { got: JSON.stringify(suspect.label.slice(0, 80)), hint: 'Add "wildcards": "all" to write them out' }).data);
  }
  return values;
}

/** Axes of one group advance together, so they must have equally many values. */
function checkGroup(axes: readonly ExpandedAxis[], group: number, where: string): ErrorData | undefined {
  const lengths = new Set(axes.map(({ values }) => values.length));
  if (lengths.size <= 1) return undefined;
  return inputError('batch.lengths', `${where}, group ${group + 1}`, 'axes of one group advance together and must have equally many values', {
    got: axes.map(({ name, values }) => `${name} ${values.length}`).join(', '), hint: 'Put them into groups of their own for every combination',
  }).data;
}

/** Most values of all axes together: they are all held in memory. */
const VALUE_LIMIT = 4 * BATCH_ROW_LIMIT;

/** Values are read no further once there are too many rows or values: the rest could not make the batch good. */
function tooLarge(axes: readonly ExpandedAxis[], where: string): ErrorData | undefined {
  const lengths = new Map(axes.map(({ group, values }) => [group, values.length]));
  const rows = countRows([...lengths.values()]);
  if (rows > BATCH_ROW_LIMIT) {
    return inputError('batch.too-many-rows', where, `a batch must have at most ${BATCH_ROW_LIMIT} rows`, {
      got: `${rows} (${[...lengths.values()].join(' x ')})`, hint: 'Split the batch, or draw some of the combinations',
    }).data;
  }
  const values = axes.reduce((sum, axis) => sum + axis.values.length, 0);
  return values <= VALUE_LIMIT ? undefined : inputError('batch.too-many-values', where, `the axes of a batch must have at most ${VALUE_LIMIT} values together`, { got: String(values) }).data;
}

/**
 * Reads every value of every axis and checks how they fit together. Faults are collected, not thrown: one look shows all of them.
 */
export async function expandBatch(batch: BatchFile, where: string, files: BatchFiles): Promise<ExpandedBatch> {
  const faults: ErrorData[] = [];
  const notices: ErrorData[] = [];
  const axes: ExpandedAxis[] = [];
  for (const placed of axesOf(batch, where)) {
    try {
      axes.push({ ...placed, values: await valuesOf(placed, files, notices) });
    } catch (thrown) {
      faults.push(toErrorData(thrown, placed.where, 'run'));
    }
    const size = tooLarge(axes, where);
    if (size === undefined) continue;
    faults.push(size);
    break;
  }
  if (faults.length > 0) return { axes, groups: [], rows: 0, faults, notices };
  const members = batch.groups.map((_, index) => axes.filter(({ group }) => group === index));
  faults.push(...members.flatMap((group, index) => checkGroup(group, index, where) ?? []));
  const groups = members.map(([first]) => first?.values.length ?? 1);
  return { axes, groups, rows: countRows(groups), faults, notices };
}
