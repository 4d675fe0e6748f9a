import type { NodeSchema } from '../../contract/node.ts';
import { printValue } from '../../contract/params.ts';
import { nodeCatalogue } from './catalogue.ts';
import type { CliCommand } from './command.ts';

function printNode(schema: NodeSchema): string[] {
  const lines = [`${schema.type} (${schema.category}, version ${schema.version}): ${schema.doc}`];
  for (const [name, port] of Object.entries(schema.inputs)) lines.push(`    in   ${name}: ${port.type}${port.many === true ? ', any number' : ''}${port.optional === true ? ', optional' : ''} - ${port.doc}`);
  for (const [name, param] of Object.entries(schema.params)) lines.push(`    set  ${name}: ${param.kind} = ${printValue(param.default)} - ${param.doc}`);
  for (const [name, port] of Object.entries(schema.outputs)) lines.push(`    out  ${name}: ${port.type} - ${port.doc}`);
  return lines;
}

export const nodesCommand: CliCommand = {
  register(program, context) {
    program.command('nodes')
      .description('list the node types with ports, params and docs')
      .option('--json', 'print the catalogue as JSON')
      .action((options: { json?: true }) => {
        const catalogue = nodeCatalogue();
        context.console.out(options.json === true ? JSON.stringify(catalogue) : catalogue.flatMap(printNode).join('\n'));
      });
  },
};
