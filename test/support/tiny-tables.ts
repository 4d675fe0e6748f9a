import { conceptTableNode } from '../../nodes/engram/concept-table.ts';
import { triggerRegistryNode } from '../../nodes/engram/trigger-registry.ts';
import type { Registry } from '../../src/main/engram/registry.ts';
import type { ConceptTable } from '../../src/main/engram/table.ts';
import type { BenchRun, NodeBench } from './node-bench.ts';

/** A registry of a trigger on the tiny model, with the node's warnings. */
export async function registerTrigger(bench: NodeBench, trigger: string, maxNgram = 7): Promise<BenchRun<{ registry: Registry }>> {
  const { textEncoders } = await bench.tiny();
  return bench.run<{ registry: Registry }>(triggerRegistryNode, { textEncoders }, { trigger, maxNgram });
}

/** An untrained table of a trigger on the tiny model. */
export async function tinyTable(bench: NodeBench, params: Readonly<Record<string, unknown>> = {}, trigger = 'Aldric Vortex-9'): Promise<ConceptTable> {
  const { textEncoders } = await bench.tiny();
  const { registry } = (await registerTrigger(bench, trigger)).values;
  return (await bench.run<{ table: ConceptTable }>(conceptTableNode, { registry, textEncoders }, params)).values.table;
}
