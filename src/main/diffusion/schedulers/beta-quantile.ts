/** Both shape parameters of the distribution that "Beta Sampling is All You Need" (Lee et al. 2024) spaces noise levels by. */
const SHAPE = 0.6;
/** B(0.6, 0.6) = Γ(0.6)² / Γ(1.2). */
const COMPLETE_BETA = 2.4153442080024723;
const TINY = 1e-300;

/** The x in 0..1 at which the cumulative Beta(0.6, 0.6) distribution is `probability` (0..1), to about 1e-15 of itself. */
export function betaQuantile(probability: number): number {
  if (probability === 0) return 0;
  if (probability > 0.5) return 1 - betaQuantile(1 - probability);
  let [low, high] = [0, 0.5];
  // Bisection down to neighbouring doubles: it can't run away at the steep end, as Newton's method would.
  for (;;) {
    const middle = (low + high) / 2;
    if (middle === low || middle === high) return middle;
    if (cumulative(middle) < probability) low = middle;
    else high = middle;
  }
}

/** I_x(a, a) = x^a (1 - x)^a / (a B(a, a)) / (1 + d1/(1 + d2/(1 + …))), for x <= 1/2, by Lentz' method. */
function cumulative(x: number): number {
  const a = SHAPE;
  let [c, d] = [1, 1 / nonZero(1 - (2 * a * x) / (a + 1))];
  let fraction = d;
  for (let m = 1; m < 200; m += 1) {
    const before = fraction;
    for (const term of [(m * (a - m) * x) / ((a + 2 * m - 1) * (a + 2 * m)), (-(a + m) * (2 * a + m) * x) / ((a + 2 * m) * (a + 2 * m + 1))]) {
      d = 1 / nonZero(1 + term * d);
      c = nonZero(1 + term / c);
      fraction *= c * d;
    }
    if (Math.abs(fraction - before) < 1e-16 * Math.abs(fraction)) break;
  }
  return ((x * (1 - x)) ** a / (a * COMPLETE_BETA)) * fraction;
}

function nonZero(x: number): number {
  return Math.abs(x) < TINY ? TINY : x;
}
