import { join } from 'node:path';
import { z } from 'zod';
import type { GraphNode } from '../../src/contract/graph-file.ts';
import { readIdentities } from '../../src/main/cli/benchmark/data.ts';
import { defineProof, judge, type ProofContext } from './framework/proof.ts';
import { readJsonFile, runGraphFile, runNode, writeGraph, type RunAnswer } from './support/program.ts';

const MODEL = 'models:pocket-sd15';
const SEEDS = [11, 4242];
const TRIGGERS = ['Aldric Vortex-9 CyberNebula', 'Mirelle Quartz-7 Starfall', 'Tobin Ember-3 Frostveil', 'Juno Halcyon-5 Brightwater', 'Kestrel Onyx-2 Duskmantle'];

const reportSchema = z.object({ pairs: z.number(), equal: z.number() });
const explanationSchema = z.array(z.object({ matches: z.array(z.unknown()) }));

type Nodes = Record<string, Pick<GraphNode, 'type'> & Partial<GraphNode>>;
const from = (node: string, port: string) => ({ node, port });

/** Encodes, samples and decodes one list of prompts with the given text encoders. */
function rendering(name: string, encoders: { node: string; port: string }, prompts: string): Nodes {
  return {
    [`${name}Prompts`]: { type: 'EncodePrompt', inputs: { textEncoders: encoders, promptList: from(prompts, 'prompts') } },
    [`${name}Sample`]: {
      type: 'Sample', params: { steps: 12, guidanceScale: 5, scheduler: 'ddim' },
      inputs: { backbone: from('backbone', 'backbone'), positive: from(`${name}Prompts`, 'positive'), negative: from(`${name}Prompts`, 'negative'), latents: from('latent', 'latents') },
    },
    [name]: { type: 'VAEDecode', inputs: { vae: from('backbone', 'vae'), latents: from(`${name}Sample`, 'latents') } },
  };
}

/** Random tables at four times their strength: were they to leak, it would show. One and five of them, on prompts with and without triggers. */
function localityNodes(controls: readonly string[], triggered: readonly string[]): Nodes {
  const tables = TRIGGERS.flatMap((trigger, index) => Object.entries({
    [`registry${index}`]: { type: 'TriggerRegistry', params: { trigger }, inputs: { textEncoders: from('backbone', 'textEncoders') } },
    [`table${index}`]: { type: 'ConceptTable', params: { seed: index }, inputs: { registry: from(`registry${index}`, 'registry'), textEncoders: from('backbone', 'textEncoders') } },
  }));
  const inject = (count: number) => ({ type: 'Inject', params: { strength: 4 }, inputs: { textEncoders: from('backbone', 'textEncoders'), tables: TRIGGERS.slice(0, count).map((_, index) => from(`table${index}`, 'table')) } });
  const compare = (name: string, a: string, b: string) => ({ [`compare${name}`]: { type: 'CompareImages', params: { name, saveMaps: false }, inputs: { a: from(a, 'image'), b: from(b, 'image') } } });
  return {
    backbone: { type: 'LoadBackbone', params: { folder: MODEL } },
    ...Object.fromEntries(tables),
    one: inject(1), five: inject(5),
    latent: { type: 'EmptyLatent', params: { seeds: SEEDS }, inputs: { backbone: from('backbone', 'backbone') } },
    controls: { type: 'PromptList', params: { prompts: [...controls] } },
    triggered: { type: 'PromptList', params: { prompts: [...triggered] } },
    ...rendering('controlBase', from('backbone', 'textEncoders'), 'controls'),
    ...rendering('controlOne', from('one', 'textEncoders'), 'controls'),
    ...rendering('controlFive', from('five', 'textEncoders'), 'controls'),
    ...rendering('triggerBase', from('backbone', 'textEncoders'), 'triggered'),
    ...rendering('triggerOne', from('one', 'textEncoders'), 'triggered'),
    ...compare('OneTable', 'controlBase', 'controlOne'), ...compare('FiveTables', 'controlBase', 'controlFive'), ...compare('Triggered', 'triggerBase', 'triggerOne'),
  };
}

async function pairsOf(answer: RunAnswer, node: string): Promise<{ readonly pairs: number; readonly equal: number }> {
  const report = answer.outputs.find((output) => output.node === node && output.kind === 'report');
  if (report === undefined) throw new Error(`The run wrote no report for ${node}: ${JSON.stringify(answer.error ?? answer.outputs)}`);
  return readJsonFile(report.path, reportSchema);
}

/** How many registered spans stand in the control prompts: there must be none, or the comparison says nothing. */
async function spansInControls(context: ProofContext, controls: readonly string[]): Promise<number> {
  const nodes: Nodes = { backbone: { type: 'LoadBackbone', params: { folder: MODEL } } };
  TRIGGERS.forEach((trigger, index) => {
    nodes[`registry${index}`] = { type: 'TriggerRegistry', params: { trigger }, inputs: { textEncoders: from('backbone', 'textEncoders') } };
    nodes[`table${index}`] = { type: 'ConceptTable', params: { seed: index }, inputs: { registry: from(`registry${index}`, 'registry'), textEncoders: from('backbone', 'textEncoders') } };
    nodes[`save${index}`] = { type: 'SaveTable', params: { name: `table-${index}` }, inputs: { table: from(`table${index}`, 'table') } };
  });
  const saved = await runGraphFile(context, await writeGraph(context, 'tables', nodes));
  const tables = saved.outputs.map(({ path }) => path);
  let spans = 0;
  for (const prompt of controls) {
    const output = await runNode(context, [join(context.root, 'dist', 'cli.mjs'), 'tokens', MODEL, prompt, '--json', '--table', ...tables]);
    spans += explanationSchema.parse(JSON.parse(output)).reduce((sum, { matches }) => sum + matches.length, 0);
  }
  return spans;
}

export const locality = defineProof({
  name: 'locality',
  expectedSeconds: 120,
  summary: 'Prompts without a registered span give the base\'s pixels with one and with five tables attached; prompts with the trigger do not.',
  async run(context) {
    const data = await readIdentities(join(context.root, 'benchmarks', 'identity'));
    // Numbers of robots ("mk-9") end triggers too: such a prompt holds a registered span.
    const controls = data.controls.filter((prompt) => !/[0-9]/.test(prompt)).slice(0, 10);
    const triggered = (data.identities[0]?.prompts ?? []).slice(0, 4).map(({ text }) => text.replace('{trigger}', TRIGGERS[0] as string));
    const registeredSpansInControls = await spansInControls(context, controls);
    const answer = await runGraphFile(context, await writeGraph(context, 'locality', localityNodes(controls, triggered)));
    const [one, five, trigger] = [await pairsOf(answer, 'compareOneTable'), await pairsOf(answer, 'compareFiveTables'), await pairsOf(answer, 'compareTriggered')];
    const figures = {
      controlPrompts: controls.length, seeds: SEEDS.length, registeredSpansInControls,
      controlPairs: one.pairs, equalWithOneTable: one.equal, equalWithFiveTables: five.equal, triggerPairs: trigger.pairs, equalWithTrigger: trigger.equal,
    };
    const pairs = controls.length * SEEDS.length;
    return judge(figures, {
      controlPrompts: { atLeast: 10 }, registeredSpansInControls: { equals: 0 }, controlPairs: { equals: pairs },
      equalWithOneTable: { equals: pairs }, equalWithFiveTables: { equals: pairs }, triggerPairs: { atLeast: 8 }, equalWithTrigger: { equals: 0 },
    });
  },
});
