import { loadBackbone } from '../../src/main/backbones/index.ts';
import type { TextStates } from '../../src/main/backbones/backbone.ts';
import { createTorchGenerator } from '../../src/main/core/random/torch-generator.ts';
import { createInjector } from '../../src/main/engram/injector.ts';
import { buildRegistry } from '../../src/main/engram/registry.ts';
import { createTable } from '../../src/main/engram/table.ts';
import { defineProof, judge } from './framework/proof.ts';
import { proofSeed } from './support/live.ts';
import { renderPicture, sd3Model } from './support/sd3-pictures.ts';
import { openFolder, withSessions } from './support/workbench.ts';

const TRIGGER = 'Aldric Vortex-9 CyberNebula';
/** Twenty prompts without a registered span of any stream; counted below. */
const SUBJECTS = ['a red coat', 'a robot', 'an old sailor', 'a small house', 'two birds'];
const PLACES = ['on a snowy road', 'in the garden', 'near the river at night', 'under the table'];
const TRIGGERED = [`a photo of ${TRIGGER}`, `${TRIGGER} in the garden`];
const SEEDS = 3;
const STEPS = 4;
/** Were tables to leak, it would show at this strength. */
const STRENGTH = 4;
const SIZE = 32;

export const sd35Locality = defineProof({
  name: 'sd35-locality',
  expectedSeconds: 120,
  summary: 'Tables on one, two and three text streams leave pictures of prompts without a registered span equal in every pixel; on the trained pocket model where it is there, else on random weights.',
  async run(context) {
    const seed = proofSeed();
    const { folder, weights } = sd3Model(context.root);
    const backbone = await loadBackbone(await openFolder(folder));
    const { textEncoders } = backbone;
    const ids = textEncoders.streams.map((stream) => stream.id);
    const registry = buildRegistry(TRIGGER, textEncoders.streams);
    const table = createTable(registry, textEncoders.family, textEncoders.injection, createTorchGenerator(seed));
    const injectors = ids.map((_, count) => createInjector(textEncoders, [{ table, strength: STRENGTH, streamStrengths: Object.fromEntries(ids.slice(count + 1).map((id) => [id, 0])) }]));
    const controls = SUBJECTS.flatMap((subject) => PLACES.map((place) => `${subject} ${place}`));
    let [equal, pairs, spans, changed, triggeredPairs] = [0, 0, 0, 0, 0];
    const changedStreams = new Set<string>();
    await withSessions(async (sessions) => {
      const [negative, ...encoded] = await textEncoders.encode(sessions, ['', ...controls, ...TRIGGERED]) as [TextStates, ...TextStates[]];
      const render = (positive: TextStates, own: number): Promise<{ pixels: Uint8Array }> => renderPicture(backbone, sessions, { positive, negative, seed: own, steps: STEPS, guidanceScale: 4.5, scheduler: 'as the model says', width: SIZE, height: SIZE });
      for (const states of encoded) {
        const control = controls.includes(states.prompt);
        if (control) spans += ids.reduce((sum, id) => sum + (injectors[0]?.match(id, states.streams[id]?.ids ?? []).length ?? 0), 0);
        for (let index = 0; index < SEEDS; index += 1) {
          const own = (seed + index) % 2 ** 31;
          const base = await render(states, own);
          for (const injector of injectors) {
            const edited = injector.apply(states);
            for (const id of ids) if (edited.streams[id] !== states.streams[id]) changedStreams.add(id);
            const same = Buffer.from((await render(edited, own)).pixels).equals(base.pixels);
            if (control) [pairs, equal] = [pairs + 1, equal + Number(same)];
            else [triggeredPairs, changed] = [triggeredPairs + 1, changed + Number(!same)];
          }
        }
      }
    });
    const figures = {
      pairs, equalPairs: equal, prompts: controls.length, seeds: SEEDS, tablesOnStreams: injectors.length, spansInControls: spans, triggeredPairs, triggeredPairsThatDiffer: changed,
      streamsThatTablesChange: [...changedStreams].sort(), weights, seed,
    };
    return judge(figures, { equalPairs: { equals: pairs }, pairs: { atLeast: 180 }, prompts: { atLeast: 20 }, spansInControls: { equals: 0 }, triggeredPairsThatDiffer: { equals: triggeredPairs } });
  },
});
