/** x of matrix·x = right for a small regular matrix, in double, by Gauss with partial pivoting. */
export function solveLinear(matrix: readonly (readonly number[])[], right: readonly number[]): number[] {
  const size = right.length;
  const rows = matrix.map((row, index) => [...row, right[index]!]);
  for (let column = 0; column < size; column += 1) {
    const pivot = rows.slice(column).reduce((best, row) => (Math.abs(row[column]!) > Math.abs(best[column]!) ? row : best));
    rows.splice(rows.indexOf(pivot), 1);
    rows.splice(column, 0, pivot);
    for (const row of rows.slice(column + 1)) {
      const factor = row[column]! / pivot[column]!;
      for (let index = column; index <= size; index += 1) row[index]! -= factor * pivot[index]!;
    }
  }
  const solution = new Array<number>(size).fill(0);
  for (let index = size - 1; index >= 0; index -= 1) {
    const row = rows[index]!;
    const known = row.slice(index + 1, size).reduce((sum, value, offset) => sum + value * solution[index + 1 + offset]!, 0);
    solution[index] = (row[size]! - known) / row[index]!;
  }
  return solution;
}
