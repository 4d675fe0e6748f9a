import type { VNode } from 'preact';
import { describeError } from '../../../contract/errors.ts';
import type { FleetFailure } from '../../../contract/fleet.ts';

/** Jobs that are out of tries, and why. */
export function FleetFailures({ failures }: { readonly failures: readonly FleetFailure[] }): VNode | null {
  if (failures.length === 0) return null;
  return (
    <div class="section">
      <h3>Set aside</h3>
      {failures.map(({ batch, job, row, failures: times, worker, error }) => (
        <div key={job} class="message error"><b>{batch}{row === undefined ? '' : `, row ${row + 1}`}</b> {describeError(error)} <span class="small">({times} failures{worker === '' ? '' : `, last on ${worker}`})</span></div>
      ))}
    </div>
  );
}
