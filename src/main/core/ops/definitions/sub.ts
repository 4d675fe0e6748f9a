import { neg } from '../functions.ts';
import { binaryOp } from '../families.ts';

// dx = dz, dy = -dz
export const subOp = binaryOp('Sub', 14, (builder, { gradient }) => [() => gradient, () => neg(builder, gradient)]);
