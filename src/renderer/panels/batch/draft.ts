import type { BatchFileInput } from '../../../contract/batch-file.ts';
import type { ParamSchema, ParamValue } from '../../../contract/params.ts';

/** A group of a batch file as it is edited: axes that advance together, by name. */
export type Groups = NonNullable<BatchFileInput['groups']>;
/** An axis as it is edited. */
export type Axis = Groups[number][string];
/** Where the values of an axis come from. */
export type Source = Axis['values'];

/** Every kind of source: what it is called, how it is told, and what a new one says. One entry per kind of the format. */
export const SOURCES = [
  { kind: 'list', title: 'These values', has: Array.isArray, make: (): Source => [''] },
  { kind: 'range', title: 'Range of numbers', has: (source: object) => 'to' in source, make: (): Source => ({ from: 0, to: 1, step: 0.25 }) },
  { kind: 'drawn', title: 'Drawn seeds', has: (source: object) => 'draw' in source, make: (): Source => ({ seeds: 4, draw: 1 }) },
  { kind: 'seeds', title: 'Seeds in a row', has: (source: object) => 'seeds' in source && !('draw' in source), make: (): Source => ({ seeds: 4, from: 1 }) },
  { kind: 'lines', title: 'Lines of a file', has: (source: object) => 'lines' in source, make: (): Source => ({ lines: 'prompts.txt' }) },
  { kind: 'csv', title: 'Column of a CSV', has: (source: object) => 'csv' in source, make: (): Source => ({ csv: 'rows.csv', column: 'prompt' }) },
  { kind: 'jsonl', title: 'JSONL file', has: (source: object) => 'jsonl' in source, make: (): Source => ({ jsonl: 'rows.jsonl' }) },
  { kind: 'folder', title: 'Files in a folder', has: (source: object) => 'folder' in source, make: (): Source => ({ folder: 'tables', kind: 'tables' }) },
] as const;
export type SourceKind = (typeof SOURCES)[number]['kind'];

/** Which kind a source is. */
export function sourceKind(source: Source): SourceKind {
  return SOURCES.find(({ has }) => has(source as object))?.kind ?? 'list';
}

/** Targets of an axis as a list. */
export function targetsOf({ set }: Axis): readonly string[] {
  return set === undefined ? [] : typeof set === 'string' ? [set] : set;
}

/** An axis that sets other params. */
export function withTargets(axis: Axis, targets: readonly string[]): Axis {
  const { set: _set, ...rest } = axis;
  const [only] = targets;
  if (only === undefined) return rest;
  return { set: targets.length === 1 ? only : [...targets], ...rest };
}

/** An axis over a param that begins with what the graph has. */
export function axisFor(target: string, schema: ParamSchema | undefined, value: ParamValue | undefined): Axis {
  return { set: target, values: firstValues(schema, value) };
}

function firstValues(schema: ParamSchema | undefined, value: ParamValue | undefined): Source {
  if (schema?.kind === 'seed' || (schema?.kind === 'integer-list' && schema.seeds === true)) return { seeds: 4, from: 1 };
  if (schema?.kind === 'boolean') return [false, true];
  if (schema?.kind === 'choice') return [...schema.options];
  if (Array.isArray(value) && value.length > 0) return [...(value as readonly (string | number)[])];
  return value === undefined || Array.isArray(value) ? [''] : [value as string | number];
}

/** A name for an axis that no other has: of the param that it sets, one thing of a list. */
export function freshName(batch: BatchFileInput, target: string, isList: boolean): string {
  const plain = (target.split('.').at(-1) ?? 'axis').replace(/[^A-Za-z0-9_-]/g, '') || 'axis';
  const wish = isList && plain.length > 2 && plain.endsWith('s') ? plain.slice(0, -1) : plain;
  const taken = new Set(namesOf(batch));
  const RESERVED = ['row', 'graph', 'batch'];
  for (let number = 1; ; number += 1) {
    const name = number === 1 ? wish : `${wish}${number}`;
    if (!taken.has(name) && !RESERVED.includes(name)) return name;
  }
}

/** Names of all axes, in the order of the file. */
export function namesOf({ groups = [] }: BatchFileInput): string[] {
  return groups.flatMap((group) => Object.keys(group));
}

/** Adds an axis: in a group of its own, or one that advances together with those of a group. */
export function addAxis(batch: BatchFileInput, name: string, axis: Axis, group?: number): BatchFileInput {
  const { groups = [] } = batch;
  if (group === undefined) return { ...batch, groups: [...groups, { [name]: axis }] };
  return { ...batch, groups: groups.map((axes, index) => (index === group ? { ...axes, [name]: axis } : axes)) };
}

/** Changes one axis. */
export function setAxis(batch: BatchFileInput, group: number, name: string, axis: Axis): BatchFileInput {
  return { ...batch, groups: (batch.groups ?? []).map((axes, index) => (index === group ? { ...axes, [name]: axis } : axes)) };
}

/** Takes an axis out, with sheets of it and a group that is empty then. */
export function removeAxis(batch: BatchFileInput, group: number, name: string): BatchFileInput {
  const groups = (batch.groups ?? []).map((axes, index) => (index === group ? Object.fromEntries(Object.entries(axes).filter(([axis]) => axis !== name)) : axes));
  return withSheets({ ...batch, groups: groups.filter((axes) => Object.keys(axes).length > 0) }, (batch.sheets ?? []).filter(({ rows, columns }) => rows !== name && columns !== name));
}

/** Gives an axis another name, in the template of file names and in sheets too. The order of axes stays. */
export function renameAxis(batch: BatchFileInput, group: number, from: string, to: string): BatchFileInput {
  if (from === to || to === '' || namesOf(batch).includes(to)) return batch;
  const groups = (batch.groups ?? []).map((axes, index) => (index === group ? Object.fromEntries(Object.entries(axes).map(([name, axis]) => [name === from ? to : name, axis])) : axes));
  const sheets = (batch.sheets ?? []).map(({ rows, columns }) => ({ rows: rows === from ? to : rows, columns: columns === from ? to : columns }));
  const name = batch.output?.name?.replaceAll(`{${from}}`, `{${to}}`).replaceAll(`{${from}:`, `{${to}:`);
  return withSheets({ ...batch, groups, ...(name === undefined ? {} : { output: { ...batch.output, name } }) }, sheets);
}

function withSheets(batch: BatchFileInput, sheets: NonNullable<BatchFileInput['sheets']>): BatchFileInput {
  const { sheets: _sheets, ...rest } = batch;
  return sheets.length === 0 ? rest : { ...rest, sheets };
}

/** Puts a group before the one above it: the first varies slowest. */
export function raiseGroup(batch: BatchFileInput, group: number): BatchFileInput {
  const { groups = [] } = batch;
  if (group < 1) return batch;
  return { ...batch, groups: [...groups.slice(0, group - 1), ...groups.slice(group, group + 1), ...groups.slice(group - 1, group), ...groups.slice(group + 1)] };
}

/** Sets something of the outputs; undefined takes it out of the file. */
export function setOutput(batch: BatchFileInput, change: { readonly [K in keyof NonNullable<BatchFileInput['output']>]?: NonNullable<BatchFileInput['output']>[K] | undefined }): BatchFileInput {
  const output = Object.fromEntries(Object.entries({ ...batch.output, ...change }).filter(([, value]) => value !== undefined));
  const { output: _output, ...rest } = batch;
  return Object.keys(output).length === 0 ? rest : { ...rest, output };
}

type Value = Extract<Source, readonly unknown[]>[number];

/** A list as text, a value a line. What would not come back as it was is written as JSON. */
export function listText(values: readonly Value[]): string {
  return values.map((value) => (typeof value === 'string' && !/[\r\n]|^\s*["[]/.test(value) ? value : typeof value === 'string' || Array.isArray(value) ? JSON.stringify(value) : String(value))).join('\n');
}

/** The values of a text, a line each; numbers where the param is one. */
export function parseList(text: string, schema: ParamSchema | undefined): Value[] {
  return text.split('\n').map((line): Value => {
    if (/^\s*["[]/.test(line)) {
      const parsed = jsonValue(line);
      if (parsed !== undefined) return parsed;
    }
    const isNumber = schema !== undefined && ['integer', 'number', 'seed', 'integer-list'].includes(schema.kind);
    if (isNumber && line.trim() !== '' && Number.isFinite(Number(line))) return Number(line);
    if (schema?.kind === 'boolean' && (line === 'true' || line === 'false')) return line === 'true';
    return line;
  });
}

function jsonValue(line: string): Value | undefined {
  try {
    const value: unknown = JSON.parse(line);
    const isList = Array.isArray(value) && (value.every((item) => typeof item === 'string') || value.every((item) => typeof item === 'number'));
    return typeof value === 'string' || isList ? (value) : undefined;
  } catch {
    return undefined;
  }
}
