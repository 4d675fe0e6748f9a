import { inputError, type AppError } from './errors.ts';

interface ParamCommon {
  readonly doc: string;
  /** No output depends on the param (how a preview looks, say): it is no part of the content key, and changing it runs nothing again. */
  readonly outsideKey?: true;
}

/** A whole number in min..max. */
export interface IntegerParam extends ParamCommon { readonly kind: 'integer'; readonly min: number; readonly max: number; readonly default: number }
/** A finite number in min..max; `step` is for the editor. */
export interface NumberParam extends ParamCommon { readonly kind: 'number'; readonly min: number; readonly max: number; readonly step?: number; readonly default: number }
/** A random seed, 0..2^53-1 (torch uses its low 32 bits). */
export interface SeedParam extends ParamCommon { readonly kind: 'seed'; readonly default: number }
export interface BooleanParam extends ParamCommon { readonly kind: 'boolean'; readonly default: boolean }
export interface TextParam extends ParamCommon { readonly kind: 'text'; readonly multiline?: boolean; /** It says what is not wanted: a negative prompt. */ readonly negative?: true; readonly default: string }
export interface TextListParam extends ParamCommon {
  readonly kind: 'text-list';
  /** Lines are STREAM=FACTOR, with text streams of the encoders that the node takes: an editor can show one field for each. */
  readonly streamFactors?: true;
  readonly default: readonly string[];
}
export interface IntegerListParam extends ParamCommon {
  readonly kind: 'integer-list';
  readonly min: number;
  readonly max: number;
  readonly default: readonly number[];
  /** The numbers are random seeds: an editor can draw them. */
  readonly seeds?: true;
}
export interface ChoiceParam extends ParamCommon { readonly kind: 'choice'; readonly options: readonly string[]; readonly default: string }
/**
 * A file or folder. In a graph file the value is a path relative to that file, or `root:path` below a named root.
 * 'read': its contents are part of the content key. 'write': a name below the run's output folder.
 */
export interface PathParam extends ParamCommon {
  readonly kind: 'path';
  readonly target: 'file' | 'folder';
  readonly access: 'read' | 'write';
  /** 'read' only: '' stands for no file. */
  readonly optional?: true;
  readonly default: string;
}

export type ParamSchema =
  | IntegerParam | NumberParam | SeedParam | BooleanParam | TextParam | TextListParam | IntegerListParam | ChoiceParam | PathParam;

export type ParamValue = number | boolean | string | readonly string[] | readonly number[];

/** Whether a value of a param names a file or folder that is read: not '' of an optional one. */
export function readsPath(schema: ParamSchema | undefined, value: unknown): value is string {
  return schema?.kind === 'path' && schema.access === 'read' && typeof value === 'string' && value !== '';
}

/** The TypeScript type of a param's value. */
export type ParamValueOf<P extends ParamSchema> =
  P extends IntegerParam | NumberParam | SeedParam ? number
    : P extends BooleanParam ? boolean
      : P extends TextListParam ? readonly string[]
        : P extends IntegerListParam ? readonly number[]
          : string;

const MAX_SEED = Number.MAX_SAFE_INTEGER;

function isIntegerIn(value: unknown, min: number, max: number): boolean {
  return typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max;
}

/** What is allowed, as the clause of an error message, and the test for it: one entry per kind. */
const RULES: { readonly [K in ParamSchema['kind']]: {
  readonly allowed: (schema: Extract<ParamSchema, { kind: K }>) => string;
  readonly accepts: (schema: Extract<ParamSchema, { kind: K }>, value: unknown) => boolean;
} } = {
  integer: { allowed: (s) => `must be a whole number in ${s.min}..${s.max}`, accepts: (s, v) => isIntegerIn(v, s.min, s.max) },
  number: { allowed: (s) => `must be a number in ${s.min}..${s.max}`, accepts: (s, v) => typeof v === 'number' && v >= s.min && v <= s.max },
  seed: { allowed: () => `must be a whole number in 0..${MAX_SEED}`, accepts: (_s, v) => isIntegerIn(v, 0, MAX_SEED) },
  boolean: { allowed: () => 'must be true or false', accepts: (_s, v) => typeof v === 'boolean' },
  text: { allowed: () => 'must be text', accepts: (_s, v) => typeof v === 'string' },
  'text-list': { allowed: () => 'must be a list of texts', accepts: (_s, v) => Array.isArray(v) && v.every((item) => typeof item === 'string') },
  'integer-list': {
    allowed: (s) => `must be a list of whole numbers in ${s.min}..${s.max}`,
    accepts: (s, v) => Array.isArray(v) && v.every((item) => isIntegerIn(item, s.min, s.max)),
  },
  choice: { allowed: (s) => `must be one of ${s.options.join(', ')}`, accepts: (s, v) => typeof v === 'string' && s.options.includes(v) },
  path: { allowed: (s) => `must be the path of a ${s.target}`, accepts: (s, v) => typeof v === 'string' && (v !== '' || s.optional === true) && !v.includes('\0') },
};

/** Short printable form of any value, for messages. */
export function printValue(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length <= 80 ? text : `${text.slice(0, 77)}...`;
}

/**
 * Checks a value against its schema.
 * @returns an AppError `graph.param-value` such as `Sample "portrait": steps must be a whole number in 1..1000, got 0`, or undefined.
 */
export function checkParam(schema: ParamSchema, value: unknown, where: string, name: string, nodeId?: string): AppError | undefined {
  const rule = RULES[schema.kind] as { allowed(s: ParamSchema): string; accepts(s: ParamSchema, v: unknown): boolean };
  if (rule.accepts(schema, value)) return undefined;
  return inputError('graph.param-value', where, `${name} ${rule.allowed(schema)}`, {
    got: printValue(value), port: name, ...(nodeId === undefined ? {} : { nodeId }),
  });
}

/** Reads a `--set` text as a value of the schema's kind; the result still has to pass {@link checkParam}. */
export function parseParamText(schema: ParamSchema, text: string): unknown {
  switch (schema.kind) {
    case 'integer': case 'number': case 'seed': return text.trim() === '' ? text : Number(text);
    case 'boolean': return text === 'true' ? true : text === 'false' ? false : text;
    case 'text-list': return text.startsWith('[') ? (JSON.parse(text) as unknown) : text.split('\n');
    case 'integer-list': return text.startsWith('[') ? (JSON.parse(text) as unknown) : text.split(',').map((item) => (item.trim() === '' ? item : Number(item)));
    default: return text;
  }
}
