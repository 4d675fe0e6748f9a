import { unaryOp } from '../families.ts';

// dx = dy
export const identityOp = unaryOp('Identity', 21, (_builder, { gradient }) => gradient);
