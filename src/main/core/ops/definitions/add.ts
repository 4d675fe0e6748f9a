import { binaryOp } from '../families.ts';

// dx = dz, dy = dz
export const addOp = binaryOp('Add', 14, (_builder, { gradient }) => [() => gradient, () => gradient]);
