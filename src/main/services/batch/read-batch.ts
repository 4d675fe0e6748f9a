import { realpath } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { BATCH_FORMAT_VERSION, batchFileSchema, GRAPH_TARGET, type BatchAxis, type BatchFile } from '../../../contract/batch-file.ts';
import { inputError, type ErrorData } from '../../../contract/errors.ts';
import { scanJsonKeys } from '../../../contract/json-keys.ts';
import { printValue } from '../../../contract/params.ts';
import { GraphFaults } from '../../runtime/read-graph.ts';
import { errorCode } from '../file-system.ts';
import { parseTemplate } from './naming.ts';
import { schemaFaults, type PlaceOf } from './schema-faults.ts';
import { readTextFile } from './text-files.ts';

/** Tokens of templates besides the axes. */
export const OWN_TOKENS: readonly string[] = ['row', 'graph', 'batch'];

/** Every fault of a batch at once. */
export class BatchFaults extends GraphFaults {
  constructor(where: string, faults: readonly ErrorData[]) {
    super(where, faults, 'See `engram batch FILE --dry-run` for all of them.');
    this.name = 'BatchFaults';
  }
}

/** A batch file that was found good by itself; what it names was not looked at yet. */
export interface LoadedBatch {
  readonly batch: BatchFile;
  /** For messages: the file as the user named it. */
  readonly where: string;
  /** Real absolute folder of the file: what its paths count from. */
  readonly folder: string;
  /** The batch's name, or the file's. */
  readonly name: string;
}

/** An axis with its place in the file. */
export interface PlacedAxis {
  readonly name: string;
  /** Place in `groups`. */
  readonly group: number;
  readonly axis: BatchAxis;
  readonly targets: readonly string[];
  /** For messages: `render.batch.json, group 1, axis "prompt"`. */
  readonly where: string;
}

/** The axes of a batch in the order of the file. */
export function axesOf(batch: BatchFile, where: string): PlacedAxis[] {
  return batch.groups.flatMap((group, index) => Object.entries(group).map(([name, axis]) => ({
    name, group: index, axis, where: `${where}, group ${index + 1}, axis "${name}"`,
    targets: axis.set === undefined ? [] : typeof axis.set === 'string' ? [axis.set] : axis.set,
  })));
}

function placeIn(file: string): PlaceOf {
  return (path) => {
    if (path[0] === 'groups' && path.length > 1) {
      const axis = path.length > 2 ? `, axis "${String(path[2])}"` : '';
      return { where: `${file}, group ${Number(path[1]) + 1}${axis}`, name: path.slice(3).map(String).join('.') };
    }
    return { where: file, name: path.map(String).join('.') };
  };
}

/** Deepest nesting of a batch file: the format has seven levels. */
const MAX_JSON_DEPTH = 32;

/** JSON, where keys that would be lost on the way are refused: those that come twice, and `__proto__`. */
function parseJson(text: string, where: string): unknown {
  const fault = scanJsonKeys(text, MAX_JSON_DEPTH);
  if (fault?.kind === 'depth') throw inputError('batch.not-json', where, `must be nested at most ${MAX_JSON_DEPTH} deep`);
  if (fault?.kind === 'duplicate') throw inputError('batch.key-twice', where, 'an object must not have a key twice', { got: printValue(fault.key), hint: 'The first of them would be lost' });
  try {
    return JSON.parse(text, (key, value: unknown) => {
      if (key === '__proto__') throw inputError('batch.schema.name', where, 'must not have the key "__proto__"');
      return value;
    }) as unknown;
  } catch (error) {
    if (error instanceof SyntaxError) throw inputError('batch.not-json', where, 'must be JSON', { got: error.message.slice(0, 300) });
    throw error;
  }
}

function checkHead(raw: unknown, where: string): void {
  const { format, version } = (typeof raw === 'object' && raw !== null ? raw : {}) as { format?: unknown; version?: unknown };
  if (format !== 'engram-batch') throw inputError('batch.not-a-batch', where, 'must be an object with "format": "engram-batch"', { got: printValue(format ?? raw), hint: 'Is this a batch file of Engram Studio?' });
  if (typeof version === 'number' && version > BATCH_FORMAT_VERSION) {
    throw inputError('batch.newer-version', where, `version must be at most ${BATCH_FORMAT_VERSION}`, { got: String(version), hint: 'This file was made by a newer Engram Studio; update the program.' });
  }
}

function doubled(names: readonly string[]): string[] {
  return [...new Set(names.filter((name, index) => names.indexOf(name) !== index))];
}

/** What must hold between the parts of a batch file. */
function checkParts(batch: BatchFile, where: string): ErrorData[] {
  const faults: ErrorData[] = [];
  const axes = axesOf(batch, where);
  const names = axes.map(({ name }) => name);
  const told = (code: string, place: string, rule: string, more: Partial<ErrorData> = {}): void => { faults.push(inputError(`batch.${code}`, place, rule, more).data); };
  for (const name of doubled(names)) told('axis-twice', where, 'axes of all groups must have different names', { got: `"${name}" twice` });
  for (const { name, targets, where: place } of axes) {
    const taken = OWN_TOKENS.includes(name) && !(name === GRAPH_TARGET && targets.includes(GRAPH_TARGET));
    if (taken) told('axis-name', place, `an axis must not be called ${OWN_TOKENS.join(', ')}: templates have these already`, { got: name });
  }
  const targets = [...Object.keys(batch.set), ...axes.flatMap((axis) => axis.targets)];
  for (const target of doubled(targets)) told('target-twice', where, 'a param must be set in one place', { got: `${target} twice`, hint: 'By "set", --set or one axis' });
  if (batch.graph === undefined && !targets.includes(GRAPH_TARGET)) told('no-graph', where, 'must name a graph, or have an axis that sets "graph"');
  if (batch.graph !== undefined && targets.includes(GRAPH_TARGET)) told('graph-twice', where, 'must name a graph or have an axis that sets "graph", not both');
  for (const [index, group] of batch.groups.entries()) {
    if (Object.keys(group).length === 0) told('empty-group', `${where}, group ${index + 1}`, 'a group must have at least one axis');
  }
  for (const [index, { rows, columns }] of batch.sheets.entries()) {
    const place = `${where}, sheet ${index + 1}`;
    for (const axis of [rows, columns]) if (!names.includes(axis)) told('sheet-axis', place, 'rows and columns must be axes of this batch', { got: axis, hint: `Axes: ${names.join(', ') || 'none'}` });
    if (rows === columns) told('sheet-axis', place, 'rows and columns must be different axes', { got: rows });
  }
  try {
    parseTemplate(batch.output.name, new Set([...OWN_TOKENS, ...names]), `${where}, output.name`);
  } catch (thrown) {
    faults.push((thrown as { data: ErrorData }).data);
  }
  return faults;
}

/** Params from `--set NODE.PARAM=VALUE` texts. @throws AppError `cli.set-form`. */
function parseOverrides(overrides: readonly string[]): Record<string, string> {
  return Object.fromEntries(overrides.map((text): [string, string] => {
    const match = /^([^.=]+\.[^.=]+)=(.*)$/s.exec(text);
    if (match === null) throw inputError('cli.set-form', `--set ${text}`, 'must have the form NODE.PARAM=VALUE');
    return [match[1] as string, match[2] as string];
  }));
}

/**
 * Reads the text of a batch file. Nothing that it names is opened.
 * @param overrides `--set` texts; they win over the file's own `set`.
 * @throws BatchFaults with every fault; an AppError when it isn't JSON or no batch at all.
 */
export function parseBatch(text: string, where: string, overrides: readonly string[] = []): BatchFile {
  const raw = parseJson(text, where);
  checkHead(raw, where);
  const result = batchFileSchema.safeParse(raw);
  if (!result.success) throw new BatchFaults(where, schemaFaults(batchFileSchema, raw, result.error.issues, placeIn(where)));
  const batch: BatchFile = { ...result.data, set: { ...result.data.set, ...parseOverrides(overrides) } };
  const faults = checkParts(batch, where);
  if (faults.length > 0) throw new BatchFaults(where, faults);
  return batch;
}

/**
 * Reads a batch file.
 * @param path As the user named it.
 * @param overrides `--set` texts.
 * @throws BatchFaults, or an AppError when it can't be read.
 */
export async function readBatch(path: string, overrides: readonly string[] = []): Promise<LoadedBatch> {
  const real = await realpath(path).catch((error: unknown) => {
    throw inputError('batch.unreadable', path, 'must be a batch file that can be read', { got: errorCode(error) ?? String(error) });
  });
  const batch = parseBatch(await readTextFile(real, path), path, overrides);
  return { batch, where: path, folder: dirname(real), name: batch.name ?? basename(real).replace(/(?:\.batch)?\.json$/i, '') };
}

/** Writes a batch file as {@link parseBatch} reads it. */
export function formatBatch(batch: BatchFile): string {
  return `${JSON.stringify(batch, undefined, 2)}\n`;
}
