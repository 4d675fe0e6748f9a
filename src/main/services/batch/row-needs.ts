import { NEED_TARGETS, needsSchema, type BatchNeeds } from '../../../contract/batch-file.ts';
import { inputError, type ErrorData } from '../../../contract/errors.ts';
import { printValue } from '../../../contract/params.ts';
import type { ExpandedAxis } from './expand.ts';

/** What rows need of a machine, by the step of each axis. */
export interface RowNeeds {
  /** Undefined where a row needs what the whole batch does. */
  readonly of: (steps: Int32Array) => BatchNeeds | undefined;
  readonly faults: readonly ErrorData[];
}

/** Axes that set what rows need of a machine ({@link NEED_TARGETS}), checked value by value. */
export function readRowNeeds(axes: readonly ExpandedAxis[], base: BatchNeeds): RowNeeds {
  const faults: ErrorData[] = [];
  const setters = axes.flatMap((axis, place) => axis.targets.filter((target) => NEED_TARGETS.includes(target)).map((target) => ({ target, place, values: axis.values, where: axis.where })));
  for (const { target, values, where } of setters) {
    const bad = values.find(({ value }) => !needsSchema.safeParse({ [target]: value }).success);
    if (bad === undefined) continue;
    const rule = needsSchema.safeParse({ [target]: bad.value }).error?.issues[0]?.message ?? '';
    faults.push(inputError('batch.need', where, `"${target}" must be what "needs" takes: ${rule}`, { got: printValue(bad.value) }).data);
  }
  if (setters.length === 0 || faults.length > 0) return { of: () => undefined, faults };
  // Few combinations, very many rows: one object for each combination.
  const known = new Map<string, BatchNeeds>();
  return {
    faults,
    of: (steps) => {
      const key = setters.map(({ place }) => steps[place]).join(' ');
      const needs = known.get(key) ?? needsSchema.parse({ ...base, ...Object.fromEntries(setters.map(({ target, place, values }) => [target, values[steps[place] as number]?.value])) });
      known.set(key, needs);
      return needs;
    },
  };
}
