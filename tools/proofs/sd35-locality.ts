import { loadBackbone } from '../../src/main/backbones/index.ts';
import type { Backbone, TextEncoders, TextStates } from '../../src/main/backbones/backbone.ts';
import { createTorchGenerator } from '../../src/main/core/random/torch-generator.ts';
import type { SessionProvider } from '../../src/main/core/session.ts';
import { createInjector, type Injector } from '../../src/main/engram/injector.ts';
import { buildRegistry } from '../../src/main/engram/registry.ts';
import { createTable } from '../../src/main/engram/table.ts';
import { defineProof, judge } from './framework/proof.ts';
import { proofSeed } from './support/live.ts';
import { renderPicture, sd3Model, TRAINED } from './support/sd3-pictures.ts';
import { openFolder, withSessions } from './support/workbench.ts';

/** In lower case: the small T5 tokenizer of the random model has no pieces for capitals. */
const TRIGGER = 'aldric vortex-9 cybernebula';
/** Twenty prompts without a registered span of any stream; counted below. */
const SUBJECTS = ['a red coat', 'a robot', 'an old sailor', 'a small house', 'two birds'];
const PLACES = ['on a snowy road', 'in the garden', 'near the river at night', 'under the table'];
const TRIGGERED = [`a photo of ${TRIGGER}`, `${TRIGGER} in the garden`];
const SEEDS = 3;
const STEPS = 4;
/** Were tables to leak, it would show at this strength. */
const STRENGTH = 4;

/** A table of all streams, random, on some of them alone. */
function injectorsOf(textEncoders: TextEncoders, seed: number): (streams: readonly string[]) => Injector {
  const registry = buildRegistry(TRIGGER, textEncoders.streams);
  const table = createTable(registry, textEncoders.family, textEncoders.injection, createTorchGenerator(seed));
  return (streams) => createInjector(textEncoders, [{ table, strength: STRENGTH, streamStrengths: Object.fromEntries(textEncoders.streams.flatMap(({ id }) => (streams.includes(id) ? [] : [[id, 0]]))) }]);
}

/** How many pictures of some prompts, each with every seed, equal the base's with each injector. */
async function equalPictures(backbone: Backbone, sessions: SessionProvider, negative: TextStates, { prompts, injectors, seed, side }: { prompts: readonly TextStates[]; injectors: readonly Injector[]; seed: number; side: number }): Promise<number[]> {
  const render = async (positive: TextStates, own: number): Promise<Uint8Array> =>
    (await renderPicture(backbone, sessions, { positive, negative, seed: own, steps: STEPS, guidanceScale: 4.5, scheduler: 'as the model says', width: side, height: side })).pixels;
  const equal = injectors.map(() => 0);
  for (const states of prompts) {
    for (let index = 0; index < SEEDS; index += 1) {
      const own = (seed + index) % 2 ** 31;
      const base = await render(states, own);
      for (const [place, injector] of injectors.entries()) (equal[place] as number) += Number(Buffer.from(await render(injector.apply(states), own)).equals(base));
    }
  }
  return equal;
}

export const sd35Locality = defineProof({
  name: 'sd35-locality',
  expectedSeconds: 180,
  summary: 'On the trained pocket model, tables on one, two and three text streams leave pictures of prompts without a registered span equal in every pixel; those of prompts with the trigger change, by each stream alone and by all.',
  async run(context) {
    const seed = proofSeed();
    const { folder, weights, side } = await sd3Model(context.root);
    const backbone = await loadBackbone(await openFolder(folder));
    const { textEncoders } = backbone;
    const ids = textEncoders.streams.map((stream) => stream.id);
    const on = injectorsOf(textEncoders, seed);
    const growing = ids.map((_, count) => on(ids.slice(0, count + 1)));
    const alone = ids.map((id) => on([id]));
    const controls = SUBJECTS.flatMap((subject) => PLACES.map((place) => `${subject} ${place}`));
    const spansIn = ({ streams }: TextStates): number => ids.reduce((sum, id) => sum + on(ids).match(id, streams[id]?.ids ?? []).length, 0);
    const figures = await withSessions(async (sessions) => {
      const [negative, ...encoded] = await textEncoders.encode(sessions, ['', ...controls, ...TRIGGERED]) as [TextStates, ...TextStates[]];
      const [clean, triggered] = [encoded.slice(0, controls.length), encoded.slice(controls.length)];
      const unchanged = await equalPictures(backbone, sessions, negative, { prompts: clean, injectors: growing, seed, side });
      context.log(`without a span, equal on one, two and three streams: ${unchanged.join(', ')} of ${clean.length * SEEDS}`);
      const still = await equalPictures(backbone, sessions, negative, { prompts: triggered, injectors: [...growing, ...alone], seed, side });
      context.log(`with the trigger, equal on one, two and three streams, then each stream alone: ${still.join(', ')} of ${triggered.length * SEEDS}`);
      return {
        pairs: clean.length * SEEDS * growing.length, equalPairs: unchanged.reduce((sum, count) => sum + count, 0), prompts: clean.length, seeds: SEEDS, tablesOnStreams: growing.length,
        spansInControls: clean.reduce((sum, states) => sum + spansIn(states), 0), triggeredPairs: triggered.length * SEEDS, triggeredPairsThatStayEqual: still.reduce((sum, count) => sum + count, 0),
        streamsThatActAlone: ids.filter((_, index) => still[growing.length + index] === 0).join(', '), side, weights, seed,
      };
    });
    return judge(figures, {
      equalPairs: { equals: figures.pairs }, pairs: { atLeast: 180 }, prompts: { atLeast: 20 }, seeds: { atLeast: 3 }, tablesOnStreams: { equals: 3 }, spansInControls: { equals: 0 },
      triggeredPairs: { atLeast: 6 }, triggeredPairsThatStayEqual: { equals: 0 }, streamsThatActAlone: { equals: 'clip_l, clip_g, t5' }, weights: { equals: TRAINED },
    });
  },
});
