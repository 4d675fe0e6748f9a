import { inputError, type AppError, type ErrorData } from '../../../contract/errors.ts';
import type { BatchValue } from '../../../contract/batch-file.ts';
import { checkParam, parseParamText, printValue, type ParamSchema, type ParamValue } from '../../../contract/params.ts';

/** Most examples in one fault about many values. */
const EXAMPLES = 3;

function readText(schema: ParamSchema, text: string, where: string, name: string): unknown {
  try {
    return parseParamText(schema, text);
  } catch (error) {
    throw inputError('batch.value-json', where, `${name}: a text that begins with "[" must be a JSON list`, { got: `${printValue(text)}: ${(error as Error).message.slice(0, 100)}` });
  }
}

/** A value in the param's own kind, where that says the same: texts are read, numbers become texts, one scalar becomes a list of one. */
function convert(schema: ParamSchema, value: BatchValue, where: string, name: string, wholeTexts: boolean): unknown {
  if (Array.isArray(value)) return value;
  if (schema.kind === 'text-list') return typeof value === 'string' && !wholeTexts ? readText(schema, value, where, name) : [String(value)];
  if (schema.kind === 'integer-list' && typeof value === 'number') return [value];
  if (typeof value === 'string') return readText(schema, value, where, name);
  return schema.kind === 'text' || schema.kind === 'choice' || schema.kind === 'path' ? String(value) : value;
}

/**
 * A value from a batch file as the param takes it, checked.
 * @param wholeTexts A text on a list of texts is one entry, whatever it holds (values of axes); otherwise it is read as `--set` reads it.
 * @throws AppError `graph.param-value`, `batch.value-json`.
 */
export function paramValueOf(schema: ParamSchema, value: BatchValue, where: string, name: string, wholeTexts: boolean): ParamValue {
  const converted = convert(schema, value, where, name, wholeTexts);
  const fault: AppError | undefined = checkParam(schema, converted, where, name);
  if (fault !== undefined) throw fault;
  return converted as ParamValue;
}

/** Puts faults that differ in what was got alone into one each, with the first few and a count. */
export function groupFaults(faults: readonly { readonly fault: ErrorData; readonly value: number }[]): ErrorData[] {
  const groups = new Map<string, { readonly fault: ErrorData; readonly value: number }[]>();
  for (const entry of faults) {
    const key = `${entry.fault.code}\0${entry.fault.where}\0${entry.fault.rule}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [entry]);
    else group.push(entry);
  }
  return [...groups.values()].map((group) => {
    const [first] = group;
    const told = group.slice(0, EXAMPLES).map(({ fault, value }) => `${fault.got ?? ''} (value ${value + 1})`.trim());
    const more = group.length > EXAMPLES ? ` and ${group.length - EXAMPLES} more` : '';
    return { ...(first as { fault: ErrorData }).fault, got: `${told.join(', ')}${more}` };
  });
}
