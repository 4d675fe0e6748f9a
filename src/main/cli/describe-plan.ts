import type { BatchPlan, PlanSummary, SharedWork } from '../../contract/batch-plan.ts';
import { describeError } from '../../contract/errors.ts';
import { comparePlans, printChanges } from '../services/batch/compare-plans.ts';
import { summarizePlan } from '../services/batch/summarize-plan.ts';
import { printDuration } from './console.ts';

/** Longest label of an axis in a line about a row. */
const LABEL_WIDTH = 48;

/** A number of bytes for people, in powers of 1000: `512 B`, `1.2 MB`, `34 GB`. */
export function printBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  const power = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(1, bytes)) / 3)));
  const value = bytes / 1000 ** power;
  return `${power > 0 && value < 10 ? value.toFixed(1) : Math.round(value)} ${units[power]}`;
}

function plural(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}

function printGroups(groups: PlanSummary['groups']): string {
  if (groups.length === 0) return 'no axes: one run';
  return groups.map((group) => {
    const axes = group.map(({ axis, values }) => `${axis} ${values}`).join(' with ');
    return group.length > 1 ? `(${axes})` : axes;
  }).join(' x ');
}

/** `LoadBackbone 1, EncodePrompt 8; Sample 48 of 48`: what is shared first. */
function printShared(shared: readonly SharedWork[]): string {
  const part = (work: readonly SharedWork[]): string[] => work.map(({ type, runs, of }) => (runs === of ? `${type} ${runs}` : `${type} ${runs} of ${of}`));
  const saved = part(shared.filter(({ runs, of }) => runs < of));
  const full = part(shared.filter(({ runs, of }) => runs === of));
  return [...(saved.length > 0 ? [`once for many rows: ${saved.join(', ')}`] : []), ...(full.length > 0 ? [`for every row: ${full.join(', ')}`] : [])].join('; ');
}

function printEstimates({ estimates, rows }: PlanSummary): string {
  const { seconds, bytes, measuredRows, device } = estimates;
  if (seconds === undefined || bytes === undefined) return 'not known yet: no row of such a graph has been measured on this device';
  return `about ${printDuration(seconds * 1000)} and ${printBytes(bytes)} for ${plural(rows, 'run')}, by ${plural(measuredRows, 'row')} measured${device === undefined || device === '' ? '' : ` on ${device}`}`;
}

function shorten(text: string): string {
  const line = text.replace(/\s+/g, ' ');
  return line.length <= LABEL_WIDTH ? line : `${line.slice(0, LABEL_WIDTH - 3)}...`;
}

/**
 * A plan as text for people: how many runs, what they share, the width, time and disk expected, the first rows, and what is to be known.
 * @param firstRows How many rows are shown.
 */
export function describePlan(plan: BatchPlan, firstRows = 5): string {
  const summary = summarizePlan(plan, firstRows);
  const lines = [
    `${summary.name}: ${plural(summary.rows, 'run')} of ${summary.graphs.join(', ')}`,
    `  axes      ${printGroups(summary.groups)}`,
    `  work      ${printShared(summary.shared)}`,
    `  width     ${plural(summary.width, 'image')} per run of the model`,
    `  expected  ${printEstimates(summary)}`,
    `  first ${plural(summary.first.length, 'row')}:`,
  ];
  for (const { row, output, labels } of summary.first) {
    const told = Object.entries(labels).map(([axis, label]) => `${axis}=${shorten(label)}`).join('  ');
    lines.push(`    ${String(row).padStart(4)}  ${output}${told === '' ? '' : `  (${told})`}`);
  }
  if (summary.rows > summary.first.length) lines.push(`    and ${summary.rows - summary.first.length} more`);
  for (const notice of summary.notices) lines.push(`  note: ${describeError(notice)}`);
  return lines.join('\n');
}

/** What has changed since the plan that an output folder has, as text; undefined when nothing has. */
export function describePlanChanges(before: BatchPlan, after: BatchPlan): string | undefined {
  const changes = printChanges(comparePlans(before, after));
  return changes === undefined ? undefined : `the batch has changed since it was planned: ${changes}`;
}
