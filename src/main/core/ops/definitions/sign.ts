import { unaryOp } from '../families.ts';

export const signOp = unaryOp('Sign', 13, 'zero');
