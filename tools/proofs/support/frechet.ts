/** Mean [d] and covariance [d, d] (divided by n - 1) of feature vectors. */
export function moments(features: readonly Float32Array[]): { readonly mean: Float64Array; readonly covariance: Float64Array[] } {
  const width = features[0]?.length ?? 0;
  const mean = new Float64Array(width);
  for (const feature of features) feature.forEach((value, index) => { mean[index] = (mean[index] as number) + value / features.length; });
  const covariance = Array.from({ length: width }, () => new Float64Array(width));
  for (const feature of features) {
    const centred = Float64Array.from(feature, (value, index) => value - (mean[index] as number));
    covariance.forEach((row, i) => { for (let j = 0; j < width; j += 1) row[j] = (row[j] as number) + ((centred[i] as number) * (centred[j] as number)) / (features.length - 1); });
  }
  return { mean, covariance };
}

/** Eigenvalues and eigenvectors (columns) of a symmetric matrix by Jacobi rotations. */
function eigenSymmetric(matrix: readonly Float64Array[]): { readonly values: Float64Array; readonly vectors: Float64Array[] } {
  const size = matrix.length;
  const a = matrix.map((row) => Float64Array.from(row));
  const v = a.map((_, i) => Float64Array.from({ length: size }, (_unused, j) => (i === j ? 1 : 0)));
  const at = (rows: readonly Float64Array[], i: number, j: number): number => (rows[i] as Float64Array)[j] as number;
  const rotate = (p: number, q: number): void => {
    const theta = (at(a, q, q) - at(a, p, p)) / (2 * at(a, p, q));
    const t = Math.sign(theta || 1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1));
    const c = 1 / Math.sqrt(t * t + 1);
    const s = t * c;
    for (let k = 0; k < size; k += 1) {
      const [x, y] = [at(a, k, p), at(a, k, q)];
      (a[k] as Float64Array)[p] = c * x - s * y;
      (a[k] as Float64Array)[q] = s * x + c * y;
    }
    for (let k = 0; k < size; k += 1) {
      const [x, y] = [at(a, p, k), at(a, q, k)];
      (a[p] as Float64Array)[k] = c * x - s * y;
      (a[q] as Float64Array)[k] = s * x + c * y;
      const [m, n] = [at(v, k, p), at(v, k, q)];
      (v[k] as Float64Array)[p] = c * m - s * n;
      (v[k] as Float64Array)[q] = s * m + c * n;
    }
  };
  for (let sweep = 0; sweep < 30; sweep += 1) {
    let off = 0;
    for (let p = 0; p < size; p += 1) for (let q = p + 1; q < size; q += 1) off += at(a, p, q) ** 2;
    if (off < 1e-18) break;
    for (let p = 0; p < size; p += 1) for (let q = p + 1; q < size; q += 1) if (Math.abs(at(a, p, q)) > 1e-15) rotate(p, q);
  }
  return { values: Float64Array.from(a, (row, index) => row[index] as number), vectors: v };
}

function multiply(x: readonly Float64Array[], y: readonly Float64Array[]): Float64Array[] {
  return x.map((row) => Float64Array.from(row, (_, j) => row.reduce((sum, value, k) => sum + value * ((y[k] as Float64Array)[j] as number), 0)));
}

function squareRoot(matrix: readonly Float64Array[]): Float64Array[] {
  const { values, vectors } = eigenSymmetric(matrix);
  const roots = values.map((value) => Math.sqrt(Math.max(0, value)));
  return vectors.map((row) => Float64Array.from(row, (_, j) => row.reduce((sum, value, k) => sum + value * (roots[k] as number) * ((vectors[j] as Float64Array)[k] as number), 0)));
}

/** Fréchet distance between two sets of features (Heusel et al. 2017): |m1 - m2|² + tr(C1 + C2 - 2 (C1½ C2 C1½)½). */
export function frechetDistance(first: readonly Float32Array[], second: readonly Float32Array[]): number {
  const [a, b] = [moments(first), moments(second)];
  const root = squareRoot(a.covariance);
  const cross = eigenSymmetric(multiply(multiply(root, b.covariance), root)).values.reduce((sum, value) => sum + Math.sqrt(Math.max(0, value)), 0);
  const trace = (rows: readonly Float64Array[]): number => rows.reduce((sum, row, index) => sum + (row[index] as number), 0);
  return a.mean.reduce((sum, value, index) => sum + (value - (b.mean[index] as number)) ** 2, 0) + trace(a.covariance) + trace(b.covariance) - 2 * cross;
}
