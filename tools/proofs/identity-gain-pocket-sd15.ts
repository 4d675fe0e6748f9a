import { join } from 'node:path';
import { decodeImageFile } from '../../src/main/services/images/codec.ts';
import { defineProof, judge, type ProofContext } from './framework/proof.ts';
import { drawScales, identitySchema, scaleEnds, scorePicture, type Identity, type IdentityScore, type SceneScale } from './support/identity.ts';
import { readJsonFile, runGraphFile, type RunAnswer } from './support/program.ts';

const SEEDS = [1, 2, 3];

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Scores of the pictures that one Save Image node wrote: prompts in order, every seed of a prompt in turn. */
async function scoresOf(answer: RunAnswer, node: string, identity: Identity, scales: readonly SceneScale[]): Promise<IdentityScore[]> {
  const paths = answer.outputs.filter((output) => output.node === node).map(({ path }) => path);
  if (paths.length !== identity.heldOut.length * SEEDS.length) throw new Error(`${node} wrote ${paths.length} pictures: ${JSON.stringify(answer.error)}`);
  const pictures = await Promise.all(paths.map((path) => decodeImageFile(path)));
  return pictures.map(({ pixels }, index) => scorePicture(pixels, Math.floor(index / SEEDS.length), identity, scales));
}

/** Figures of one side: how much of the identity, and how often the asked-for scene. */
function summarize(scores: readonly IdentityScore[], { chance, ceiling }: { readonly chance: number; readonly ceiling: number }): { readonly identity: number; readonly rank: number; readonly scene: number } {
  return {
    identity: (mean(scores.map(({ parts }) => parts)) - chance) / (ceiling - chance),
    rank: mean(scores.map(({ rank }) => rank)), scene: mean(scores.map(({ scene }) => (scene ? 1 : 0))),
  };
}

async function measure(context: ProofContext): Promise<Record<string, number>> {
  const identity = await readJsonFile(join(context.root, 'tools', 'pocket', 'identity.json'), identitySchema);
  const scales = await drawScales(identity, context.root);
  const ends = scaleEnds(scales);
  const settings = ['--set', `latent.seeds=${JSON.stringify(SEEDS)}`];
  const answer = await runGraphFile(context, join('graphs', 'bind-a-concept.graph.json'), settings);
  const base = summarize(await scoresOf(answer, 'saveBase', identity, scales), ends);
  const engram = summarize(await scoresOf(answer, 'saveEngram', identity, scales), ends);
  return {
    baseIdentity: base.identity, engramIdentity: engram.identity, identityGain: engram.identity - base.identity,
    baseRank: base.rank, engramRank: engram.rank, rankGain: engram.rank - base.rank,
    baseScene: base.scene, engramScene: engram.scene, sceneGain: engram.scene - base.scene, partsChance: ends.chance, partsCeiling: ends.ceiling, pictures: identity.heldOut.length * SEEDS.length,
  };
}

/**
 * Identity is measured against drawings, which the world's generator can make of anything in any scene. `identity` looks at the colours of hair, garment,
 * headwear and held item: 0 is what drawings of other figures come to, 1 what drawings of the identity itself reach. `rank` looks at whole pictures: the
 * share of drawn other figures in the same scene that are further from the drawn identity. `scene` is how often the edges of a picture fit the scene asked for best.
 * The claim, and so the goals, are about the way from base to engram, both measured on the same prompts and seeds: towards the identity, and not away from the scene.
 * How near it comes in the end is for the figures to tell; it depends on the backbone.
 */
export const identityGainPocketSd15 = defineProof({
  name: 'identity-gain-pocket-sd15',
  expectedSeconds: 120,
  summary: 'The table trained on five references moves prompts with unseen scenes towards that identity, and the scenes stay.',
  run: async (context) => judge(await measure(context), {
    identityGain: { atLeast: 0.3 }, rankGain: { atLeast: 0.3 }, sceneGain: { atLeast: 0 },
  }),
});
