import { resolve } from 'node:path';
import { Argument } from 'commander';
import type { BatchPlan, PlannedRow } from '../../contract/batch-plan.ts';
import { describeError, inputError } from '../../contract/errors.ts';
import { batchFolder, type BatchFolder } from '../services/batch/batch-folder.ts';
import { lookAtBatch, openPlan, steerBatch } from '../services/batch/steer-batch.ts';
import type { QueueView } from '../services/queue/durable-queue.ts';
import type { QueueRequest } from '../services/queue/requests.ts';
import type { CliCommand, CommandContext } from './command.ts';
import { printDuration } from './console.ts';

/** What can be done, with what each takes after the folder: one entry per action. */
const ACTIONS: Readonly<Record<string, { readonly takes: string; readonly request: (rows: RowFinder, words: readonly string[]) => QueueRequest }>> = {
  pause: { takes: '', request: () => ({ type: 'pause' }) },
  resume: { takes: '', request: () => ({ type: 'resume' }) },
  cancel: { takes: 'ROW', request: (rows, [row]) => ({ type: 'cancel', id: rows.id(row) }) },
  retry: { takes: 'ROW | failed', request: (rows, [row]) => (row === 'failed' ? { type: 'retry-failed' } : { type: 'retry', id: rows.id(row) }) },
  priority: { takes: 'ROW NUMBER', request: (rows, [row, number]) => ({ type: 'priority', id: rows.id(row), priority: wholeNumber(number) }) },
  move: { takes: 'ROW first | last | OTHER-ROW', request: (rows, [row, to]) => ({ type: 'move', id: rows.id(row), before: to === 'first' || to === 'last' ? to : { before: rows.id(to) } }) },
};
const STATUS = 'status';

function wholeNumber(text: string | undefined): number {
  if (text === undefined || !/^-?\d{1,7}$/.test(text)) throw inputError('cli.queue-number', 'Priority', 'must be a whole number', { got: text ?? 'nothing' });
  return Number(text);
}

/** Finds rows by what people call them: their number in the batch file, counted from 1, or the name of their outputs. */
class RowFinder {
  constructor(private readonly plan: BatchPlan) {}

  /** @throws AppError `cli.queue-row`. */
  id(text: string | undefined): string {
    const row = this.plan.rows.find((candidate) => String(candidate.index + 1) === text || candidate.output === text);
    if (row !== undefined) return row.id;
    throw inputError('cli.queue-row', 'Row', 'must be the number of a row in the batch file, from 1, or the name of its outputs', { got: text ?? 'nothing', hint: `"${this.plan.name}" has ${this.plan.rows.length} rows` });
  }
}

const SHOWN = 10;

function printStatus(view: QueueView, plan: BatchPlan, worked: boolean, context: CommandContext): void {
  const rows = new Map(plan.rows.map((row) => [row.id, row]));
  const { counts } = view;
  const title = ({ index, output }: PlannedRow): string => `row ${index + 1} (${output})`;
  const titled = (id: string): string => { const row = rows.get(id); return row === undefined ? id : title(row); };
  context.console.out(`"${plan.name}": ${counts.done} of ${plan.rows.length} rows done, ${counts.waiting} waiting, ${counts.failed} failed, ${counts.cancelled} cancelled; ${worked ? (view.paused ?? 'running') : 'nobody works on it now'}`);
  if (worked) for (const { id } of view.running) context.console.out(`  running  ${titled(id)}`);
  for (const { id, priority } of view.waiting.slice(0, SHOWN)) context.console.out(`  waiting  ${titled(id)}${priority === 0 ? '' : `, priority ${priority}`}`);
  if (view.waiting.length > SHOWN) context.console.out(`  and ${view.waiting.length - SHOWN} more`);
  for (const { id, ms, state, error, attempts } of view.history.filter((job) => job.state === 'failed')) {
    context.console.out(`  ${state}   ${titled(id)} after ${attempts} tries${ms === undefined ? '' : `, ${printDuration(ms)} the last`}: ${error === undefined ? '' : describeError(error)}`);
  }
}

async function showStatus(folder: BatchFolder, plan: BatchPlan, json: boolean, context: CommandContext): Promise<void> {
  const view = await lookAtBatch(folder, plan);
  if (!json) return printStatus(view, plan, view.worked, context);
  const numbers = new Map(plan.rows.map((row) => [row.id, row.index + 1]));
  const failed = view.history.filter(({ state }) => state === 'failed').map(({ id, attempts, error }) => ({ row: numbers.get(id), attempts, error }));
  context.console.out(JSON.stringify({ name: plan.name, total: plan.rows.length, counts: view.counts, paused: view.paused ?? null, running: view.worked, waiting: view.waiting.slice(0, 100).map(({ id }) => numbers.get(id)), failed }));
}

export const queueCommand: CliCommand = {
  register(program, context) {
    program.command('queue')
      .description('say how a batch stands, or steer it while it runs')
      .argument('<dir>', 'the batch\'s output folder')
      .addArgument(new Argument('[action]', Object.entries(ACTIONS).map(([name, { takes }]) => `${name} ${takes}`.trim()).join('; ')).choices([STATUS, ...Object.keys(ACTIONS)]).default(STATUS))
      .argument('[words...]', 'what the action takes')
      .option('--json', 'print the status as JSON')
      .action(async (dir: string, action: string, words: readonly string[], options: { json?: true }) => {
        const folder = batchFolder(resolve(dir));
        const plan = await openPlan(folder);
        const chosen = ACTIONS[action];
        if (chosen === undefined) return showStatus(folder, plan, options.json === true, context);
        return context.console.out(await steerBatch(folder, plan, chosen.request(new RowFinder(plan), words)));
      });
  },
};
