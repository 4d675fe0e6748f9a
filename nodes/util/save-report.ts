import { defineNode, port } from '../define.ts';

export const saveReportNode = defineNode({
  type: 'SaveReport',
  version: 1,
  category: 'utility',
  title: 'Save Report',
  doc: 'Writes what was found as JSON: title, facts by name, and lines. Equal findings give equal bytes.',
  sideEffects: true,
  inputs: { report: port('Report', 'What to write.') },
  params: { name: { kind: 'path', target: 'file', access: 'write', default: 'report', doc: 'Name below the output folder, without its ending .json.' } },
  outputs: {},
  async run({ inputs: { report: { title, facts, lines } }, params, context }) {
    const bytes = new TextEncoder().encode(`${JSON.stringify({ title, facts, lines }, undefined, 2)}\n`);
    context.artifact({ kind: 'report', ...(await context.services.files.write(`${params.name}.json`, bytes)) });
    return {};
  },
});
