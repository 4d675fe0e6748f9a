import { inputError, type ErrorData } from '../../contract/errors.ts';

/** A list of more faults than these helps nobody, and would keep a window busy. */
const MAX_FAULTS = 500;

/** At most 500 faults; of more, the last entry says how many are left out. */
export function boundFaults(faults: readonly ErrorData[]): ErrorData[] {
  if (faults.length <= MAX_FAULTS) return [...faults];
  const left = faults.length - MAX_FAULTS;
  return [...faults.slice(0, MAX_FAULTS), inputError('graph.more-faults', 'Graph', `must have no faults; ${left} more are not listed`, { got: `${faults.length}`, hint: 'Mend the first ones: others often go with them' }).data];
}
