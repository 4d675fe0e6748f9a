import type { NodeRunState } from '../../../contract/studio-api.ts';

/** Why a node ran, in words. */
export function describeReason(reason: NonNullable<NodeRunState['reason']>): string {
  switch (reason.kind) {
    case 'first-run': return 'it had never run';
    case 'side-effects': return 'it writes files';
    case 'memory-only': return 'its values are not kept between starts of the program';
    case 'evicted': return 'its values had to make room in the cache';
    case 'lost': return 'its values were lost with the engine process';
    case 'changed': return reason.changes.join('; ');
  }
}
