import { expect, it } from 'vitest';
import { solveLinear } from '../../../../src/main/diffusion/schedulers/solve-linear.ts';

it('solves a system that needs its rows exchanged', () => {
  const matrix = [[0, 2, 1], [1, 1, 1], [3, -1, 2]];
  const solution = [1, -2, 5];
  const right = matrix.map((row) => row.reduce((sum, value, index) => sum + value * solution[index]!, 0));
  solveLinear(matrix, right).forEach((value, index) => expect(value).toBeCloseTo(solution[index]!, 12));
});

it('leaves its arguments alone', () => {
  const matrix = [[0, 1], [1, 0]];
  expect(solveLinear(matrix, [3, 4])).toEqual([4, 3]);
  expect(matrix).toEqual([[0, 1], [1, 0]]);
});
