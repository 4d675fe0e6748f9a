import { AppError } from '../../contract/errors.ts';
import { GraphFaults } from '../runtime/read-graph.ts';
import { validateGraph } from '../runtime/validate.ts';
import type { CliCommand } from './command.ts';
import { printErrors } from './console.ts';
import { exitCodeOf } from './exit-codes.ts';
import { readGraphFile } from './graph-input.ts';
import { nodeCatalogue } from './catalogue.ts';

export const validateCommand: CliCommand = {
  register(program, context) {
    program.command('validate')
      .description('check a graph file: every fault at once, with node and port')
      .argument('<graph>', 'the .graph.json file')
      .option('--json', 'print {faults: [...]} instead of text')
      .action(async (path: string, options: { json?: true }) => {
        let faults: readonly AppError['data'][];
        try {
          faults = validateGraph(await readGraphFile(path), nodeCatalogue()).faults;
        } catch (error) {
          if (!(error instanceof AppError)) throw error;
          faults = error instanceof GraphFaults ? error.faults : [error.data];
        }
        if (options.json === true) context.console.out(JSON.stringify({ faults }));
        else if (faults.length === 0) context.console.out(`${path}: no faults`);
        printErrors(context.console, options.json === true ? [] : faults);
        context.exit(exitCodeOf(faults));
      });
  },
};
