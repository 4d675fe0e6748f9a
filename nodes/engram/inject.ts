import { inputError } from '../../src/contract/errors.ts';
import { isStreamFactor, parseStreamFactor, STREAM_FACTOR_RANGE as RANGE } from '../../src/contract/stream-factors.ts';
import type { TextEncoders } from '../../src/main/backbones/backbone.ts';
import { checkCompatible, idleStreams } from '../../src/main/engram/compatibility.ts';
import { defineNode, manyPort, port } from '../define.ts';

/** `STREAM=FACTOR` per line. @throws AppError for a line of another form, a stream that the model lacks or that is named twice, or a factor out of range. */
function readStreamStrengths(lines: readonly string[], { streams, absent = [] }: TextEncoders, where: string): Record<string, number> {
  const strengths: Record<string, number> = {};
  const known = [...streams.map(({ id }) => id), ...absent];
  for (const line of lines) {
    const read = parseStreamFactor(line);
    if (read !== undefined && !isStreamFactor(read.factor)) {
      throw inputError('inject.stream-factor', where, `factors of streamStrengths must be in ${RANGE.min}..${RANGE.max}`, { got: line, hint: '1 is as trained, 0 turns the stream off; a factor multiplies the whole strength', port: 'streamStrengths' });
    }
    if (read !== undefined && known.includes(read.stream) && !Object.hasOwn(strengths, read.stream)) {
      strengths[read.stream] = read.factor;
      continue;
    }
    throw inputError('inject.stream-strength', where, `streamStrengths must be lines STREAM=FACTOR, each of the streams ${known.join(', ')} at most once`, { got: line, port: 'streamStrengths' });
  }
  return strengths;
}

export const injectNode = defineNode({
  type: 'Inject',
  version: 1,
  category: 'engram',
  title: 'Inject',
  doc: 'Hangs concept tables onto text encoders. Prompts that hold none of their n-grams stay exactly as they were.',
  inputs: {
    textEncoders: port('TextEncoders', 'The encoders to act on; tables that they already carry stay.'),
    tables: manyPort('Table', 'The tables to add. Where several match, their deltas add up.'),
  },
  params: {
    strength: { kind: 'number', ...RANGE, step: 0.05, default: 1, doc: 'Factor on what these tables add; 0 gives the base.' },
    streamStrengths: { kind: 'text-list', streamFactors: true, default: [], doc: `Further factors on single text streams, one line STREAM=FACTOR each, within ${RANGE.min}..${RANGE.max}: 0 turns a stream off, 1 is as trained.` },
    negative: { kind: 'boolean', default: true, doc: 'Whether triggers in the negative prompt act too.' },
  },
  outputs: { textEncoders: port('TextEncoders', 'The encoders with the tables attached.') },
  passThrough: { textEncoders: 'textEncoders' },
  run({ inputs, params, context }) {
    const { encoders, attachments } = inputs.textEncoders;
    for (const table of inputs.tables) {
      checkCompatible(table, encoders);
      for (const stream of idleStreams(table, encoders)) {
        context.warn(inputError('inject.idle-stream', `${context.where}, table "${table.trigger}"`, `the table's rows for the text stream "${stream}" don't act, because the model was loaded without it`, { hint: 'What the concept looks like may depend on it: load that stream too' }).data);
      }
    }
    const streamStrengths = readStreamStrengths(params.streamStrengths, encoders, context.where);
    const added = inputs.tables.map((table) => ({ table, strength: params.strength, streamStrengths, negative: params.negative }));
    return Promise.resolve({ textEncoders: { encoders, attachments: [...attachments, ...added] } });
  },
});
