import { comparisonOp } from '../families.ts';

export const equalOp = comparisonOp('Equal', 19);
