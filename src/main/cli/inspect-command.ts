import { stat } from 'node:fs/promises';
import { inputError } from '../../contract/errors.ts';
import type { CliCommand } from './command.ts';
import type { Findings } from './inspectors/inspector.ts';
import { inspectors } from './inspectors/index.ts';
import { openWorkspace, type Workspace } from './workspace.ts';

/** Nested data as indented `name: value` lines. */
function printFacts(facts: Readonly<Record<string, unknown>>, indent = '  '): string[] {
  return Object.entries(facts).flatMap(([name, value]) => {
    if (value !== null && typeof value === 'object' && !Array.isArray(value)) return [`${indent}${name}:`, ...printFacts(value as Record<string, unknown>, `${indent}  `)];
    return [`${indent}${name}: ${typeof value === 'string' ? value : JSON.stringify(value)}`];
  });
}

/** Finds out what a file or folder is and what it holds. @throws AppError when it isn't there or of no known kind. */
export async function inspectPath(path: string, workspace: Workspace): Promise<Findings> {
  const info = await stat(path).catch(() => undefined);
  if (info === undefined) throw inputError('inspect.missing', path, 'must be a file or folder that exists');
  for (const inspector of inspectors) {
    if (await inspector.recognizes(path, info.isDirectory())) return inspector.inspect(path, workspace);
  }
  throw inputError('inspect.unknown', path, `must be one of: ${inspectors.map(({ kind }) => kind).join(', ')}`);
}

export const inspectCommand: CliCommand = {
  register(program, context) {
    program.command('inspect')
      .description('say what a graph, a concept table, a safetensors file, a model folder or a picture holds')
      .argument('<path>', 'the file or folder')
      .option('--json', 'print the findings as JSON')
      .action(async (path: string, options: { json?: true }) => {
        const findings = await inspectPath(path, await openWorkspace());
        context.console.out(options.json === true ? JSON.stringify(findings) : [`${path}: ${findings.kind}`, ...printFacts(findings.facts)].join('\n'));
      });
  },
};
