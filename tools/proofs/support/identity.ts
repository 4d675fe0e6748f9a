import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { z } from 'zod';
import { sampleFigure } from '../../pocket/world/grammar.mjs';
import { createRandom, seedOf } from '../../pocket/world/random.mjs';
import { colourShare, labOf, labPixels, thumbnail, thumbnailDistance } from './colour.ts';

/** Side of pictures of the pocket world, in pixels. */
const SIDE = 64;
/** Fields per side of the view from afar. */
const CELLS = 16;
/** CIE76: how near a pixel must be to a colour of a part. Colours of different parts and garments are at least 40 apart. */
const RADIUS = 22;
/** Drawings per scene: of the identity, and of other figures. */
const OWN = 12;
const OTHERS = 40;

const colour = z.string().regex(/^#[0-9a-f]{6}$/);
export const identitySchema = z.object({
  trigger: z.string(),
  seed: z.number(),
  figure: z.record(z.string(), z.unknown()),
  measurable: z.array(z.object({ part: z.string(), rgb: z.array(colour) })),
  heldOut: z.array(z.object({ prompt: z.string(), scene: z.record(z.string(), z.unknown()) })),
});
export type Identity = z.infer<typeof identitySchema>;

/** A picture as the measures see it. */
interface View {
  readonly afar: Float32Array;
  /** Share of pixels in the colours of each part. */
  readonly shares: readonly number[];
}

/** Drawings of one held-out scene: the scale on which pictures of it are measured. */
export interface SceneScale {
  readonly own: readonly View[];
  readonly others: readonly View[];
}

/** What a picture comes to. */
export interface IdentityScore {
  /** Mean over the parts of min(1, share of pixels in the part's colours / the same in drawings of the identity in this scene). */
  readonly parts: number;
  /** Share of drawn other figures in this scene that are further from the drawn identity than this picture: 0.5 is chance. */
  readonly rank: number;
  /** Whether the edges of the picture are nearer to drawings of this scene than to those of every other held-out scene. */
  readonly scene: boolean;
}

function partColours(identity: Identity): (readonly [number, number, number])[][] {
  const channel = (rgb: string, start: number): number => parseInt(rgb.slice(start, start + 2), 16);
  return identity.measurable.map(({ rgb }) => rgb.map((text) => labOf(channel(text, 1), channel(text, 3), channel(text, 5))));
}

function viewOf(pixels: Uint8Array, identity: Identity): View {
  const lab = labPixels(pixels);
  return { afar: thumbnail(lab, SIDE, CELLS), shares: partColours(identity).map((colours) => colourShare(lab, colours, RADIUS)) };
}

interface Spec { readonly figure: unknown; readonly scene: Readonly<Record<string, unknown>> }

/** Raw pictures of specs, [SIDE, SIDE, 3] each. In a process of its own: the program's image decoder forbids SVG wherever it is loaded. */
async function drawSpecs(root: string, specs: readonly Spec[]): Promise<Uint8Array[]> {
  const child = spawn(process.execPath, [join(root, 'tools', 'pocket', 'draw-specs.mjs')], { stdio: ['pipe', 'pipe', 'inherit'] });
  child.stdin.end(JSON.stringify({ size: SIDE, specs }));
  const chunks: Buffer[] = [];
  for await (const chunk of child.stdout) chunks.push(chunk as Buffer);
  const bytes = new Uint8Array(Buffer.concat(chunks));
  const each = SIDE * SIDE * 3;
  if (bytes.length !== each * specs.length) throw new Error(`draw-specs.mjs drew ${bytes.length / each} of ${specs.length} pictures`);
  return specs.map((_, index) => bytes.subarray(index * each, (index + 1) * each));
}

function specOf(figure: unknown, scene: Readonly<Record<string, unknown>>, seed: number): Spec {
  const random = createRandom(seed);
  const layout = { seed: Math.floor(random() * 2 ** 32), shift: random() * 8 - 4, scale: 0.97 + random() * 0.06 };
  return { figure, scene: { weather: 'clear', ...scene, layout } };
}

/** Draws the scale of every held-out scene: the identity and random other figures, each with a layout of its own. */
export async function drawScales(identity: Identity, root: string): Promise<SceneScale[]> {
  const specs = identity.heldOut.flatMap(({ scene }, index) => [
    ...Array.from({ length: OWN }, (_, number) => specOf(identity.figure, scene, seedOf(identity.seed + 1000 + index, number))),
    ...Array.from({ length: OTHERS }, (_, number) => {
      const seed = seedOf(identity.seed + 2000 + index, number);
      return specOf(sampleFigure(createRandom(seed), String(scene['place'])), scene, seed);
    }),
  ]);
  const views = (await drawSpecs(root, specs)).map((pixels) => viewOf(pixels, identity));
  const each = OWN + OTHERS;
  return identity.heldOut.map((_, index) => ({ own: views.slice(index * each, index * each + OWN), others: views.slice(index * each + OWN, (index + 1) * each) }));
}

const nearest = (view: View, views: readonly View[], cells?: (cell: number) => boolean): number => Math.min(...views.map(({ afar }) => thumbnailDistance(view.afar, afar, cells)));

/** The outermost two rings of fields without the bottom, where figures stand: mostly scene. */
function isEdge(cell: number): boolean {
  const [x, y] = [cell % CELLS, Math.floor(cell / CELLS)];
  return y < 3 || ((x < 2 || x >= CELLS - 2) && y < CELLS - 4);
}

function scoreView(view: View, place: number, scales: readonly SceneScale[]): IdentityScore {
  const { own, others } = scales[place] as SceneScale;
  const typical = view.shares.map((_, part) => own.reduce((sum, drawn) => sum + (drawn.shares[part] as number), 0) / own.length);
  const parts = view.shares.reduce((sum, share, part) => sum + Math.min(1, share / Math.max(1e-9, typical[part] as number)), 0) / view.shares.length;
  const distance = nearest(view, own);
  const rank = others.filter((other) => nearest(other, own) > distance).length / others.length;
  const edges = scales.map((scale) => nearest(view, [...scale.own, ...scale.others], isEdge));
  return { parts, rank, scene: edges.indexOf(Math.min(...edges)) === place };
}

/** Scores one generated picture of the held-out prompt number `place`. */
export function scorePicture(pixels: Uint8Array, place: number, identity: Identity, scales: readonly SceneScale[]): IdentityScore {
  return scoreView(viewOf(pixels, identity), place, scales);
}

/** The ends of the scale: what drawings of other figures come to by chance, and what drawings of the identity itself reach. */
export function scaleEnds(scales: readonly SceneScale[]): { readonly chance: number; readonly ceiling: number } {
  const mean = (views: (scale: SceneScale) => readonly View[]): number => {
    const scores = scales.flatMap((scale, place) => views(scale).map((view) => scoreView(view, place, scales).parts));
    return scores.reduce((sum, score) => sum + score, 0) / scores.length;
  };
  return { chance: mean(({ others }) => others), ceiling: mean(({ own }) => own) };
}
