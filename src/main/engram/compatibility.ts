import { inputError } from '../../contract/errors.ts';
import type { RegistryStream } from './registry.ts';
import type { ConceptTable, StreamTable } from './table.ts';

/** What a table must fit: a backbone's `TextEncoders` is one. */
export interface TableTarget {
  readonly family: string;
  /** What to call it in messages. */
  readonly label: string;
  readonly streams: readonly RegistryStream[];
  /** Ids of streams that the model was loaded without. */
  readonly absent?: readonly string[];
}

/**
 * Refuses a table that was made for another kind of model: its vectors would be added to states that they were never trained for. Rows for a stream that the
 * model was loaded without are no fault: see {@link idleStreams}.
 * @throws AppError that names the table, the stream and what differs: family, stream, tokenizer, width or token ids.
 */
export function checkCompatible(table: ConceptTable, target: TableTarget): void {
  const where = `Table "${table.trigger}"`;
  if (table.family !== target.family) {
    throw inputError('table.family', where, `the table is for the family "${table.family}"`, { got: `"${target.family}" (${target.label})`, hint: 'Load a backbone of its family, or bind the concept anew on this one' });
  }
  for (const stream of table.streams) {
    const wanted = target.streams.find(({ id }) => id === stream.stream);
    if (wanted === undefined && target.absent?.includes(stream.stream) === true) continue;
    if (wanted === undefined) {
      throw inputError('table.stream', where, `the table has a part for the text stream "${stream.stream}"`, {
        got: `${target.label} with ${target.streams.map(({ id }) => `"${id}"`).join(', ')}`,
        hint: 'Load the text encoder of that stream',
      });
    }
    checkStreamCompatible(stream, wanted, `${where}, stream "${stream.stream}"`, target.label);
  }
}

/** Streams that a table has rows for and the model was loaded without: these rows have nothing to act on. */
export function idleStreams({ streams }: ConceptTable, { absent = [] }: TableTarget): string[] {
  return streams.map(({ stream }) => stream).filter((stream) => absent.includes(stream));
}

function checkStreamCompatible(stream: StreamTable, wanted: RegistryStream, where: string, label: string): void {
  if (stream.width !== wanted.width) {
    throw inputError('table.width', where, `the table has vectors of width ${stream.width}`, { got: `text states of width ${wanted.width} (${label})` });
  }
  const { hash, vocabularySize } = wanted.tokenizer;
  if (stream.tokenizerHash !== hash) {
    throw inputError('table.tokenizer', where, `the table was made with the tokenizer ${short(stream.tokenizerHash)}`, {
      got: `${short(hash)} (${label})`, hint: 'Its token ids mean other words there: bind the concept anew on this model',
    });
  }
  const row = stream.keys.findIndex((key) => key.some((id) => id >= vocabularySize));
  if (row !== -1) {
    throw inputError('table.token-id', where, `token ids must be below the vocabulary's ${vocabularySize}`, { got: `${stream.keys[row]?.join(', ')} in row ${row}` });
  }
}

/** Enough of a hash to tell two apart by eye. */
function short(hash: string): string {
  return `${hash.slice(0, 12)}...`;
}
