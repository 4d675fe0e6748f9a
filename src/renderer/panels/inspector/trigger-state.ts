import type { TriggerHit, TriggerReport, TriggerStream } from '../../../contract/studio-api.ts';

type Prompt = TriggerReport['prompts'][number];

/** Whether the table of a hit acts in its stream: it is not turned off there. */
export function acts({ table }: Pick<TriggerHit, 'table'>, { tables }: Pick<TriggerStream, 'tables'>): boolean {
  return tables.some((gate) => gate.table === table && gate.strength !== 0);
}

/** Triggers of the tables that act in some stream of a prompt, whether it holds them or not. */
export function firing({ tables }: Pick<TriggerReport, 'tables'>, { streams }: Prompt): string[] {
  return tables.flatMap(({ trigger }, table) => (streams.some((stream) => acts({ table }, stream)) ? [trigger] : []));
}

/** Why no table can act in a prompt, whatever its words; undefined where one can. */
export function whyIdle({ tables }: Pick<TriggerReport, 'tables'>, { negative, streams }: Prompt): string | undefined {
  if (tables.length === 0) return 'No table is attached to these text encoders.';
  if (negative && !tables.some((table) => table.negative)) return 'Tables leave negative prompts alone unless they are told to act there.';
  const gates = streams.flatMap((stream) => stream.tables);
  if (gates.length === 0) return 'No attached table has a part in the text streams of this model.';
  return gates.every(({ strength }) => strength === 0) ? 'Every table that may act in this prompt is turned off.' : undefined;
}
