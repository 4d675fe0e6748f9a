import type { z } from 'zod';
import type { ErrorData } from '../../../contract/errors.ts';
import { printValue } from '../../../contract/params.ts';

/** The parts of a zod schema's definition that faults are told from. */
interface Definition {
  readonly type: string;
  readonly shape?: Readonly<Record<string, z.core.$ZodType>>;
  readonly element?: z.core.$ZodType;
  readonly valueType?: z.core.$ZodType;
  readonly innerType?: z.core.$ZodType;
  readonly options?: readonly z.core.$ZodType[];
  readonly values?: readonly unknown[];
}
type Issue = z.core.$ZodIssue;
type Path = readonly PropertyKey[];

/** A branch of a union with this many points is not what was meant: a key that tells it is missing, or it isn't even of the same type. */
const NOT_MEANT = 10;

/** What makes a key one that may be left out. */
const WRAPPERS: ReadonlySet<string> = new Set(['optional', 'default', 'prefault']);

/** What a schema demands, without wrappers such as "optional". */
function definitionOf(schema: z.core.$ZodType): Definition {
  const definition = schema._zod.def as unknown as Definition;
  return definition.innerType === undefined ? definition : definitionOf(definition.innerType);
}

function childOf(schema: z.core.$ZodType, key: PropertyKey): z.core.$ZodType | undefined {
  const { shape, element, valueType } = definitionOf(schema);
  if (shape !== undefined) return Object.hasOwn(shape, key) ? shape[String(key)] : undefined;
  return element ?? valueType;
}

function schemaAt(schema: z.core.$ZodType, path: Path): z.core.$ZodType | undefined {
  return path.reduce<z.core.$ZodType | undefined>((at, key) => (at === undefined ? undefined : childOf(at, key)), schema);
}

function valueAt(raw: unknown, path: Path): unknown {
  return path.reduce<unknown>((at, key) => (typeof at === 'object' && at !== null && Object.hasOwn(at, key) ? (at as Record<PropertyKey, unknown>)[key] : undefined), raw);
}

/** A schema's form in a few words, for "must be one of". */
function formOf(schema: z.core.$ZodType): string {
  const { type, shape, values } = definitionOf(schema);
  if (shape !== undefined) {
    return `{ ${Object.entries(shape).map(([key, child]) => (WRAPPERS.has(child._zod.def.type) ? `${key}?` : key)).join(', ')} }`;
  }
  if (values !== undefined) return values.map((value) => JSON.stringify(value)).join(' or ');
  return type === 'array' ? 'a list' : `a ${type}`;
}

/** Keys that a value may have; of a union those of the branch that has most of the value's keys. */
function allowedKeys(schema: z.core.$ZodType, value: unknown): string[] {
  const { shape, options = [] } = definitionOf(schema);
  if (shape !== undefined) return Object.keys(shape);
  const common = (keys: readonly string[]): number => keys.filter((key) => Object.hasOwn(value as object, key)).length;
  return options.map((option) => Object.keys(definitionOf(option).shape ?? {})).reduce<string[]>((best, keys) => (common(keys) > common(best) ? keys : best), []);
}

function pointsOf(issues: readonly Issue[], raw: unknown): number {
  return issues.reduce((sum, issue) => {
    if (issue.path.length === 0 && issue.code !== 'unrecognized_keys') return sum + 10 * NOT_MEANT;
    return sum + (issue.path.length === 1 && valueAt(raw, issue.path) === undefined ? NOT_MEANT : 1);
  }, 0);
}

/** Names the place of a fault in the user's words, and what is left of the path. */
export type PlaceOf = (path: Path) => { readonly where: string; readonly name: string };

class FaultTeller {
  constructor(private readonly root: z.core.$ZodType, private readonly raw: unknown, private readonly placeOf: PlaceOf) {}

  tell(issue: Issue, schema: z.core.$ZodType = this.root, raw: unknown = this.raw, above: Path = []): ErrorData[] {
    const path = [...above, ...issue.path];
    const { where, name } = this.placeOf(path);
    const value = valueAt(raw, issue.path);
    const data = (code: string, rule: string, more: Partial<ErrorData> = {}): ErrorData => ({
      code: `batch.schema.${code}`, kind: 'input', where, rule: name === '' ? rule : `${name} ${rule}`, path: path.map(String).join('.'), ...more,
    });
    const got = value === undefined ? 'nothing' : printValue(value);
    switch (issue.code) {
      case 'unrecognized_keys': {
        const hint = `Allowed: ${allowedKeys(schemaAt(schema, issue.path) ?? schema, value).join(', ')}`;
        return issue.keys.map((key) => data('unknown-key', `must not have the key ${printValue(key)}`, { hint }));
      }
      case 'invalid_union': return this.union(issue, schemaAt(schema, issue.path) ?? schema, value, path, data, got);
      case 'invalid_value': return [data('value', `must be ${issue.values.map((allowed) => JSON.stringify(allowed)).join(' or ')}`, { got })];
      case 'invalid_type': return [data('type', `must be ${issue.expected === 'int' ? 'a whole number' : `of type ${issue.expected}`}`, { got })];
      case 'invalid_key': return [data('name', `must have a good name: ${issue.issues[0]?.message ?? ''}`, { got: printValue(String(path.at(-1))) })];
      case 'too_big': case 'too_small': return [data('size', this.size(issue), { got })];
      default: return [data('form', issue.message.replace(/^Invalid (?:input|string): /, ''), { got })];
    }
  }

  private size(issue: Extract<Issue, { code: 'too_big' | 'too_small' }>): string {
    const limit = issue.code === 'too_big' ? `at most ${issue.maximum}` : `at least ${issue.minimum}`;
    return issue.origin === 'string' ? `must have ${limit} characters` : issue.origin === 'array' ? `must have ${limit} entries` : `must be ${limit}`;
  }

  /** Of a union the branch that was meant is told; without one, all forms. */
  private union(issue: Extract<Issue, { code: 'invalid_union' }>, schema: z.core.$ZodType, value: unknown, path: Path, data: (code: string, rule: string, more?: Partial<ErrorData>) => ErrorData, got: string): ErrorData[] {
    const { options = [] } = definitionOf(schema);
    const branches = issue.errors.map((issues, index) => ({ issues, option: options[index], points: pointsOf(issues, value) }));
    const best = branches.reduce((a, b) => (b.points < a.points ? b : a), branches[0] ?? { issues: [], option: undefined, points: Infinity });
    if (best.option !== undefined && best.points < NOT_MEANT) return best.issues.flatMap((inner) => this.tell(inner, best.option, value, path));
    return [data('form', `must be ${options.map(formOf).join(', or ')}`, { got })];
  }
}

/** Turns what zod found into faults that say where, which rule, what was got and what is allowed. */
export function schemaFaults(schema: z.core.$ZodType, raw: unknown, issues: readonly Issue[], placeOf: PlaceOf): ErrorData[] {
  const teller = new FaultTeller(schema, raw, placeOf);
  return issues.flatMap((issue) => teller.tell(issue));
}
