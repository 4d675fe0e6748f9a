/** Points [step, value], steps rising. */
export type Curve = readonly (readonly [number, number])[];

/** Exponential moving average with bias correction: `weight` 0 leaves the curve as it is, towards 1 it gets smoother. Adam's paper, section 3. */
export function smooth(curve: Curve, weight: number): Curve {
  let average = 0;
  let mass = 0;
  return curve.map(([step, value]) => {
    average = weight * average + (1 - weight) * value;
    mass = weight * mass + (1 - weight);
    return [step, average / mass] as const;
  });
}

/** All curves but one, by name. */
export function rateCurves(curves: Readonly<Record<string, Curve>>, without: string): readonly { readonly name: string; readonly points: Curve }[] {
  return Object.entries(curves).filter(([name]) => name !== without).map(([name, points]) => ({ name, points }));
}

/** Curves with steps of their own as columns over all steps, as charts take them; a step that a curve has not is null there. */
export function columns(curves: readonly Curve[]): [number[], ...(number | null)[][]] {
  const steps = [...new Set(curves.flatMap((curve) => curve.map(([step]) => step)))].sort((a, b) => a - b);
  const values = curves.map((curve) => {
    const byStep = new Map(curve);
    return steps.map((step) => byStep.get(step) ?? null);
  });
  return [steps, ...values];
}
