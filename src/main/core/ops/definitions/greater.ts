import { comparisonOp } from '../families.ts';

export const greaterOp = comparisonOp('Greater', 13);
