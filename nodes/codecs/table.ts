import type { ValueCodec } from '../../src/contract/node.ts';
import { decodeTable, encodeTable } from '../../src/main/engram/table-file.ts';
import { describeNumbers } from './describe.ts';
import type { ConceptTable } from '../../src/main/engram/table.ts';

export const tableCodec: ValueCodec = {
  type: 'Table',
  encode: (value) => encodeTable(value as ConceptTable),
  decode: (bytes) => decodeTable(bytes, 'cached table'),
  describe(value) {
    const { streams, trigger } = value as ConceptTable;
    const vectors = streams.map((stream) => stream.vectors);
    return describeNumbers(streams.flatMap(({ keys, width }) => [keys.length, width]), [...vectors, ...streams.map(({ scale }) => scale)], { trigger, rows: streams.reduce((sum, { keys }) => sum + keys.length, 0) });
  },
};
