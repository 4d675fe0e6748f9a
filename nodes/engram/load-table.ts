import { decodeTable } from '../../src/main/engram/table-file.ts';
import { defineNode, port } from '../define.ts';

export const loadTableNode = defineNode({
  type: 'LoadTable',
  version: 1,
  category: 'engram',
  title: 'Load Table',
  doc: 'Reads a concept table from an .engram.safetensors file.',
  inputs: {},
  params: {
    file: { kind: 'path', target: 'file', access: 'read', default: '', doc: 'The table file.' },
  },
  outputs: { table: port('Table', 'The table.') },
  async run({ params, context }) {
    return { table: decodeTable(await context.services.files.read(params.file), params.file) };
  },
});
