import { z } from 'zod';
import { inputError } from '../../contract/errors.ts';
import { printable } from '../core/printable.ts';
import type { ModelFolder } from './backbone.ts';

/**
 * A closed description of one `config.json`: every option that we know, each with the values that we can build.
 * Anything else is refused, because an option that is passed over silently changes the picture.
 */
export interface ConfigSchema<Shape extends z.ZodRawShape> {
  readonly schema: z.ZodObject<Shape, z.core.$strict>;
  /** Options that don't change what a frozen model computes. */
  readonly irrelevant: ReadonlySet<string>;
}

/** Describes a config file; `irrelevant` lists the options that may hold anything. */
export function configSchema<Shape extends z.ZodRawShape>(shape: Shape, irrelevant: readonly string[]): ConfigSchema<Shape> {
  return { schema: z.strictObject(shape), irrelevant: new Set(irrelevant) };
}

/** A whole number of at least `least`. */
export function whole(least: number): z.ZodInt {
  return z.int({ error: `must be a whole number of at least ${least}` }).min(least, { error: `must be a whole number of at least ${least}` });
}

/** A finite number above zero. */
export function positive(): z.ZodNumber {
  return z.number({ error: 'must be a number above 0' }).positive({ error: 'must be a number above 0' });
}

/** One of a few literal values. */
export function oneOf<const Values extends readonly (string | number | boolean | null)[]>(...values: Values): z.ZodLiteral<Values[number]> {
  const allowed = values.map((value) => JSON.stringify(value)).join(' or ');
  return z.literal([...values], { error: `must be ${allowed}` });
}

/** An option that may be left out or say what is built anyway. */
export function only<const Values extends readonly (string | number | boolean | null)[]>(...values: Values): z.ZodOptional<z.ZodLiteral<Values[number]>> {
  return oneOf(...values).optional();
}

/**
 * Reads and checks a config file. Keys that begin with `_` are notes of the library that wrote the file; `_class_name` is the caller's to check.
 * @param path Path of the file below the folder, for reading and for messages.
 * @throws AppError that names file, key and value for every option that is unknown or has a value that we can't build.
 */
export async function readConfig<Shape extends z.ZodRawShape>(folder: ModelFolder, path: string, config: ConfigSchema<Shape>): Promise<z.output<z.ZodObject<Shape, z.core.$strict>>> {
  return parseConfig(await readObject(folder, path), `${folder.label}/${path}`, config);
}

/** As {@link readConfig}, for a config that is already read. `where` names the file in messages. */
export function parseConfig<Shape extends z.ZodRawShape>(
  raw: Readonly<Record<string, unknown>>, where: string, config: ConfigSchema<Shape>,
): z.output<z.ZodObject<Shape, z.core.$strict>> {
  const relevant = Object.fromEntries(Object.entries(raw).filter(([key]) => !key.startsWith('_') && !config.irrelevant.has(key)));
  const parsed = config.schema.safeParse(relevant);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.flatMap((issue) => describeIssue(issue, relevant));
  const [first, ...others] = faults;
  if (first === undefined) throw new Error(`${where}: refused without a reason`);
  const hint = others.length === 0 ? undefined : `Also: ${others.map((fault) => `${fault.rule}, got ${fault.got}`).join('; ')}`;
  throw inputError('config.option', where, first.rule, { got: first.got, path: first.key, ...(hint === undefined ? {} : { hint }) });
}

/** Reads a JSON file that must hold an object. @throws AppError that names the file. */
export async function readObject(folder: ModelFolder, path: string): Promise<Readonly<Record<string, unknown>>> {
  const value = await folder.readJson(path);
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw inputError('config.object', `${folder.label}/${path}`, 'must hold a JSON object', { got: printable(value) });
}

interface Fault {
  readonly key: string;
  readonly rule: string;
  readonly got: string;
}

function describeIssue(issue: z.core.$ZodIssue, raw: Readonly<Record<string, unknown>>): Fault[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ key, rule: `option "${key}" is not known, so the model can't be built as it was made`, got: printable(raw[key]) }));
  }
  const key = issue.path.map((part, index) => (typeof part === 'number' ? `[${part}]` : `${index === 0 ? '' : '.'}${String(part)}`)).join('');
  const value = issue.path.reduce<unknown>((inner, part) => (inner as Record<PropertyKey, unknown> | undefined)?.[part], raw);
  const rule = key === '' ? issue.message : `${key} ${issue.message}`;
  return [{ key, rule, got: printable(value) }];
}
