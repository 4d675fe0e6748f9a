import type { ValueCodec } from '../../src/contract/node.ts';
import { decodeTable, encodeTable } from '../../src/main/engram/table-file.ts';
import type { ConceptTable } from '../../src/main/engram/table.ts';

export const tableCodec: ValueCodec = {
  type: 'Table',
  encode: (value) => encodeTable(value as ConceptTable),
  decode: (bytes) => decodeTable(bytes, 'cached table'),
};
