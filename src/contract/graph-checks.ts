import { z } from 'zod';
import type { ValueDescription } from './value-description.ts';

const name = z.string().regex(/^[A-Za-z][A-Za-z0-9_-]{0,63}$/, 'must be a letter, then at most 63 letters, digits, "-" or "_"');
/** A node within sub-graphs is named by the way to it: `USE/NODE`. */
const nodePath = z.string().max(1000).regex(/^[A-Za-z][A-Za-z0-9_-]{0,63}(\/[A-Za-z][A-Za-z0-9_-]{0,63})*$/, 'must be the id of a node, or USE/NODE for one within a sub-graph');

const boundsSchema = z.strictObject({
  equals: z.union([z.string(), z.number(), z.boolean()]).optional(),
  below: z.number().optional(),
  above: z.number().optional(),
  atMost: z.number().optional(),
  atLeast: z.number().optional(),
}).describe('Every bound that is named must hold');

/** One golden check: what a value of the graph must be like. */
export const graphCheckSchema = z.strictObject({
  value: z.strictObject({ node: nodePath, port: name }).describe('An output of a node; USE/NODE for one within a sub-graph'),
  doc: z.string().max(2000).optional(),
  shape: z.array(z.int().min(0)).optional().describe('Sizes: Image [N, H, W, 3], Latents [N, C, h, w]'),
  hash: z.string().regex(/^([0-9a-f]{64})?$/).optional().describe('SHA-256 of sizes and numbers; last bits differ between processors, thread counts and devices. Empty: still to be written by --update'),
  mean: z.strictObject({ value: z.number(), tolerance: z.number().min(0) }).optional().describe('Mean of all numbers; images count 0..255'),
  facts: z.record(z.string().min(1).max(64), boundsSchema).optional().describe('Findings of a report; of numbers also deviation, smallest and largest'),
});
export type GraphCheck = z.infer<typeof graphCheckSchema>;

/** `checks` of a graph file, by name. */
export const graphChecksSchema = z.record(name, graphCheckSchema);
export type GraphChecks = z.infer<typeof graphChecksSchema>;

/** How one rule of a check came out. Plain data. */
export interface CheckFinding {
  /** `shape`, `hash`, `mean` or `facts.NAME.BOUND`. */
  readonly rule: string;
  readonly ok: boolean;
  /** What is demanded, printable. */
  readonly expected: string;
  readonly got: string;
}

type Fact = string | number | boolean;

/** What each bound demands of a fact. */
const BOUNDS: Readonly<Record<keyof z.infer<typeof boundsSchema>, { readonly text: string; readonly holds: (fact: Fact, bound: Fact) => boolean }>> = {
  equals: { text: '', holds: (fact, bound) => fact === bound },
  below: { text: 'below ', holds: (fact, bound) => typeof fact === 'number' && fact < (bound as number) },
  above: { text: 'above ', holds: (fact, bound) => typeof fact === 'number' && fact > (bound as number) },
  atMost: { text: 'at most ', holds: (fact, bound) => typeof fact === 'number' && fact <= (bound as number) },
  atLeast: { text: 'at least ', holds: (fact, bound) => typeof fact === 'number' && fact >= (bound as number) },
};

function print(value: unknown): string {
  return value === undefined ? 'nothing of the kind' : JSON.stringify(value);
}

/** Compares a value with what its check demands: one finding per rule, in the order shape, hash, mean, facts. */
export function evaluateCheck(check: GraphCheck, value: ValueDescription): CheckFinding[] {
  const findings: CheckFinding[] = [];
  if (check.shape !== undefined) findings.push({ rule: 'shape', ok: print(check.shape) === print(value.shape), expected: print(check.shape), got: print(value.shape) });
  if (check.hash !== undefined) {
    findings.push({ rule: 'hash', ok: check.hash === value.hash, expected: check.hash === '' ? 'a hash, which --update writes' : check.hash, got: value.hash ?? print(undefined) });
  }
  if (check.mean !== undefined) {
    const { value: mean, tolerance } = check.mean;
    findings.push({ rule: 'mean', ok: value.mean !== undefined && Math.abs(value.mean - mean) <= tolerance, expected: `${mean} within ${tolerance}`, got: print(value.mean) });
  }
  for (const [fact, bounds] of Object.entries(check.facts ?? {})) {
    const got = Object.hasOwn(value.facts, fact) ? value.facts[fact] : undefined;
    for (const [bound, wanted] of Object.entries(bounds) as [keyof typeof BOUNDS, Fact][]) {
      findings.push({ rule: `facts.${fact}.${bound}`, ok: got !== undefined && BOUNDS[bound].holds(got, wanted), expected: `${BOUNDS[bound].text}${print(wanted)}`, got: print(got) });
    }
  }
  return findings;
}

/** Numbers after the point that a mean is written with: a hundredth of its tolerance, at most 12. */
function roundMean(mean: number, tolerance: number): number {
  return tolerance === 0 ? mean : Number(mean.toFixed(Math.min(12, Math.max(0, 2 - Math.floor(Math.log10(tolerance))))));
}

/** What a graph file has to say for a check to hold for a value: the new parts by path within the check. Facts state demands and stay as they are. */
export function measuredParts(check: GraphCheck, value: ValueDescription): { readonly path: readonly string[]; readonly value: unknown }[] {
  const parts: { path: readonly string[]; value: unknown }[] = [];
  for (const { rule, ok } of evaluateCheck(check, value)) {
    if (ok) continue;
    if (rule === 'shape' && value.shape !== undefined) parts.push({ path: ['shape'], value: value.shape });
    if (rule === 'hash' && value.hash !== undefined) parts.push({ path: ['hash'], value: value.hash });
    if (rule === 'mean' && value.mean !== undefined && check.mean !== undefined) parts.push({ path: ['mean', 'value'], value: roundMean(value.mean, check.mean.tolerance) });
  }
  return parts;
}
