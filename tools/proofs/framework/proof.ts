import type { ReferencePython } from './reference-python.ts';

/** What a figure must be. Exactly one bound; a figure that is missing or not a number misses its goal. */
export type Goal = { readonly atMost: number } | { readonly atLeast: number } | { readonly equals: number | string | boolean };

/** A measured value; lists and tables are for reading, goals are set on plain ones. */
export type Figure = number | string | boolean | null | readonly Figure[] | { readonly [name: string]: Figure };

/** What a proof came to. */
export interface ProofResult {
  readonly ok: boolean;
  /** What was measured, by name with its unit (`seconds`, `peakMegabytes`, `relativeL2`). */
  readonly figures: Readonly<Record<string, Figure>>;
  /** What was asked of the figures, by the same names. */
  readonly goals: Readonly<Record<string, Goal>>;
  /** Why not, when `ok` is false. */
  readonly reason?: string;
}

/** What the runner lends to a proof. */
export interface ProofContext {
  /** Repository root, absolute. */
  readonly root: string;
  /** An empty folder for this run's files, absolute; kept afterwards so that a person can look. */
  readonly workFolder: string;
  /** Tells progress on standard error. */
  log(line: string): void;
  /**
   * Finds a Python with torch, diffusers and transformers, and notes its versions in the report.
   * @throws {Error} When there is none: what was looked at and how to make one. The proof then is not ok, for that reason.
   */
  python(): Promise<ReferencePython>;
}

/** One claim of the README or of a record in docs/, and how to measure it afresh. */
export interface Proof {
  /** Lower-case words joined by hyphens; the name on the command line. */
  readonly name: string;
  /** On two CPU cores. */
  readonly expectedSeconds: number;
  /** The claim, in one sentence. */
  readonly summary: string;
  readonly run: (context: ProofContext) => Promise<ProofResult>;
}

/**
 * Declares a proof. One file under tools/proofs/, one line in tools/proofs/index.ts.
 *
 * @param proof Its name, claim and measurement.
 * @returns The same record.
 * @throws {Error} For a name that is not lower-case words joined by hyphens, or an expected time that is not positive.
 */
export function defineProof(proof: Proof): Proof {
  if (!/^[a-z0-9]+(?:-[a-z0-9]+)*$/.test(proof.name)) {
    throw new Error(`Proof "${proof.name}": the name must be lower-case words joined by hyphens`);
  }
  if (!(proof.expectedSeconds > 0)) {
    throw new Error(`Proof "${proof.name}": expectedSeconds must be above 0, got ${proof.expectedSeconds}`);
  }
  return proof;
}

/**
 * Collects proofs by name.
 *
 * @param proofs The list.
 * @returns Name to proof, in the list's order.
 * @throws {Error} When two have the same name.
 */
export function indexProofs(proofs: readonly Proof[]): ReadonlyMap<string, Proof> {
  const byName = new Map<string, Proof>();
  for (const proof of proofs) {
    if (byName.has(proof.name)) throw new Error(`Proof "${proof.name}" is listed twice in tools/proofs/index.ts`);
    byName.set(proof.name, proof);
  }
  return byName;
}

/**
 * Holds figures against their goals.
 *
 * @param figures What was measured.
 * @param goals What is asked, by the figure's name.
 * @returns A result that is ok when every goal is met; otherwise the reason lists each goal missed, with the figure got.
 */
export function judge(figures: Readonly<Record<string, Figure>>, goals: Readonly<Record<string, Goal>>): ProofResult {
  const missed = Object.entries(goals).filter(([name, goal]) => !isMet(figures[name], goal));
  if (missed.length === 0) return { ok: true, figures, goals };
  const reason = missed.map(([name, goal]) => `${name}: wanted ${describe(goal)}, got ${JSON.stringify(figures[name]) ?? 'nothing'}`);
  return { ok: false, figures, goals, reason: reason.join('; ') };
}

function isMet(figure: Figure | undefined, goal: Goal): boolean {
  if ('equals' in goal) return figure === goal.equals;
  if (typeof figure !== 'number') return false;
  return 'atMost' in goal ? figure <= goal.atMost : figure >= goal.atLeast;
}

function describe(goal: Goal): string {
  if ('equals' in goal) return JSON.stringify(goal.equals);
  return 'atMost' in goal ? `at most ${goal.atMost}` : `at least ${goal.atLeast}`;
}
