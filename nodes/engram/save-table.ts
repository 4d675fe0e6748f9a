import { encodeTable, TABLE_EXTENSION } from '../../src/main/engram/table-file.ts';
import { defineNode, port } from '../define.ts';

export const saveTableNode = defineNode({
  type: 'SaveTable',
  version: 1,
  category: 'engram',
  title: 'Save Table',
  doc: 'Writes a concept table as an .engram.safetensors file: the whole concept, small enough for a message. Equal tables give equal bytes.',
  sideEffects: true,
  inputs: { table: port('Table', 'The table to write.') },
  params: {
    name: { kind: 'path', target: 'file', access: 'write', default: 'concept', doc: `Name below the output folder, without its ending ${TABLE_EXTENSION}.` },
    licence: { kind: 'text', default: '', doc: 'Under which licence you share the concept; may stay empty.' },
  },
  outputs: {},
  async run({ inputs, params, context }) {
    const table = params.licence === '' ? inputs.table : { ...inputs.table, licence: params.licence };
    context.artifact({ kind: 'table', ...(await context.services.files.write(`${params.name}${TABLE_EXTENSION}`, encodeTable(table))) });
    return {};
  },
});
