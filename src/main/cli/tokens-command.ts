import { readFile } from 'node:fs/promises';
import { describeError } from '../../contract/errors.ts';
import { loadTextEncoders } from '../backbones/index.ts';
import { explainTokens, type PromptExplanation } from '../engram/explain.ts';
import { createInjector } from '../engram/injector.ts';
import type { ConceptTable } from '../engram/table.ts';
import { decodeTable } from '../engram/table-file.ts';
import type { CliCommand } from './command.ts';
import { openWorkspace } from './workspace.ts';

function printExplanation({ stream, tokens, matches, truncated, presence, warnings }: PromptExplanation, tables: readonly ConceptTable[]): string[] {
  const lines = [`stream ${stream}`];
  for (const { position, id, text } of tokens.filter((token) => token.inText)) lines.push(`  ${String(position).padStart(3)}  ${String(id).padStart(6)}  ${text}`);
  if (truncated.length > 0) lines.push(`  cut off: ${truncated.map(({ text }) => text).join(' ')}`);
  tables.forEach(({ trigger, streams }, index) => {
    const hits = matches.filter((match) => match.table === index).length;
    lines.push(`  table "${trigger}": ${streams.some((part) => part.stream === stream) ? `${presence[index] ?? 'none'} of the trigger, ${hits} rows hit` : 'no part in this stream'}`);
  });
  for (const { table, row, start, length, text } of matches) lines.push(`    tokens ${start}..${start + length - 1} hit row ${row} of "${tables[table]?.trigger ?? ''}": ${JSON.stringify(text)}`);
  for (const warning of warnings) lines.push(`  warning: ${describeError({ kind: 'input', ...warning })}`);
  return lines;
}

export const tokensCommand: CliCommand = {
  register(program, context) {
    program.command('tokens')
      .description('show how a prompt is tokenized, and which n-gram hits which row of which table')
      .argument('<model>', 'a model folder, or models:NAME')
      .argument('<prompt>', 'the prompt')
      .option('--table <file...>', 'concept tables to match')
      .option('--leave-out <stream...>', 'text streams that the model is used without')
      .option('--models <dir>', 'the folder that models: stands for')
      .option('--json', 'print the findings as JSON')
      .action(async (model: string, prompt: string, options: { table?: string[]; leaveOut?: string[]; models?: string; json?: true }) => {
        const workspace = await openWorkspace(options.models);
        const encoders = await loadTextEncoders(await workspace.openModel(model), options.leaveOut === undefined ? {} : { leaveOut: options.leaveOut });
        const tables = await Promise.all((options.table ?? []).map(async (file) => decodeTable(await readFile(file), file)));
        const injector = createInjector(encoders, tables.map((table) => ({ table, strength: 1 })));
        const explanations = encoders.streams.map(({ id, tokenizer }) => {
          const tokens = tokenizer.encodePrompt(prompt);
          const explained = tables.map((table) => ({ trigger: table.trigger, keys: table.streams.find(({ stream }) => stream === id)?.keys ?? [] }));
          return explainTokens(id, tokens, tokenizer, explained, injector.match(id, tokens.ids));
        });
        context.console.out(options.json === true ? JSON.stringify(explanations) : explanations.flatMap((explanation) => printExplanation(explanation, tables)).join('\n'));
      });
  },
};
