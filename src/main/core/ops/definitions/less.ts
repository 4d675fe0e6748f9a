import { comparisonOp } from '../families.ts';

export const lessOp = comparisonOp('Less', 13);
