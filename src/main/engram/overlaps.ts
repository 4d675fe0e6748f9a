import { inputError } from '../../contract/errors.ts';

/** What becomes of several matches of one table at one position. */
export interface OverlapDefinition {
  /** Name in table files. */
  readonly id: string;
  readonly title: string;
  /** The factor for the sum of `count` >= 1 matches at one position. */
  weight(count: number): number;
}

/** Every overlap mode. Matches are counted per table; rows with equal keys count each. */
export const overlapModes: readonly OverlapDefinition[] = [
  { id: 'sum', title: 'Sum', weight: () => 1 },
  { id: 'mean', title: 'Mean', weight: (count) => 1 / count },
];

const byId = new Map(overlapModes.map((mode) => [mode.id, mode]));
if (byId.size !== overlapModes.length) throw new Error('Overlap modes: an id is listed twice');

/** The overlap mode of that id. @throws AppError that lists the known ones. */
export function overlapMode(id: string, where = 'Injection'): OverlapDefinition {
  const mode = byId.get(id);
  if (mode === undefined) {
    throw inputError('injection.overlap', where, `the overlap mode must be one of ${[...byId.keys()].join(', ')}`, { got: JSON.stringify(id) });
  }
  return mode;
}
