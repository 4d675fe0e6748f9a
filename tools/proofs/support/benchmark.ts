import { join } from 'node:path';
import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { openProbes, type Probes, type Reading } from '../../../src/main/cli/benchmark/probes.ts';
import type { Values } from '../../../src/main/cli/benchmark/data.ts';
import type { SessionProvider } from '../../../src/main/core/session.ts';
import type { RgbImage } from '../../../src/main/services/images/rgb-image.ts';
import type { ProofContext } from '../framework/proof.ts';
import { openFolder } from './workbench.ts';
import { runNode } from './program.ts';

const adherenceSchema = z.object({
  captions: z.number(), shares: z.record(z.string(), z.number()), asked: z.record(z.string(), z.number()), mean: z.number(), worst: z.number(), pictures: z.array(z.string()),
});

const figure = z.object({ mean: z.number(), worst: z.number() });
const identitySchema = z.object({
  seeds: z.array(z.number()),
  methods: z.array(z.object({ method: z.string(), identity: figure.nullable(), identityChance: z.number().nullable(), mark: figure, markChance: z.number(), scene: figure, diversity: figure })),
  identities: z.array(z.object({ name: z.string(), counted: z.array(z.string()) })),
  leak: z.object({ controls: z.number(), controlsWithSpans: z.number(), changedPictures: z.number(), changedStates: z.number(), singleWords: z.number(), changedBySingleWords: z.number(), streams: z.record(z.string(), z.object({ clean: z.number(), withSpans: z.number(), changed: z.number() })) }),
  pairs: z.array(z.object({ left: z.string(), right: z.string(), worstLoss: z.number(), leftFigure: z.number(), rightFigure: z.number(), scene: z.number() })),
});
export type IdentityAnswer = z.infer<typeof identitySchema>;

/** The folder of the benchmark's data. */
export function benchmarkFolder(context: Pick<ProofContext, 'root'>): string {
  return join(context.root, 'benchmarks', 'identity');
}

function benchmark(context: ProofContext, backbone: string, args: readonly string[]): Promise<string> {
  return runNode(context, [join(context.root, 'dist', 'cli.mjs'), 'benchmark', ...args, '--backbone', backbone, '--json', '--device', 'cpu', '--out', join(context.workFolder, 'benchmark')]);
}

/** `engram benchmark adherence` as a user would run it. */
export async function runAdherence(context: ProofContext, backbone: string): Promise<z.infer<typeof adherenceSchema>> {
  return adherenceSchema.parse(JSON.parse(await benchmark(context, backbone, ['adherence'])));
}

/** `engram benchmark identity` as a user would run it. */
export async function runIdentityBenchmark(context: ProofContext, backbone: string, more: readonly string[] = []): Promise<IdentityAnswer> {
  return identitySchema.parse(JSON.parse(await benchmark(context, backbone, ['identity', ...more])));
}

/** The world that models and probes are trained on. */
export const TRAINING_SEED = 7;
/** A world of which no training draws anything: neither that one nor the one that it holds out itself. */
export const HELD_OUT_SEED = 1009;

/** Drawings of the world with their classes, as the training saw them. */
export interface Drawings {
  readonly images: readonly RgbImage[];
  /** Of pictures with one figure: what is in them; undefined for two. */
  readonly values: readonly (Values | undefined)[];
  /** Of all pictures, figure by figure from the left: what it is and what the scene is. */
  readonly figures: readonly (readonly Values[])[];
}

const worldSchema = z.object({ count: z.int(), size: z.int(), attributes: z.record(z.string(), z.array(z.string())) });

/** Draws pictures in a process of its own: the program's image decoder forbids SVG wherever it is loaded. */
export async function drawWorld(context: ProofContext, name: string, count: number, seed: number): Promise<Drawings> {
  const folder = join(context.workFolder, name);
  const script = join(context.root, 'tools', 'pocket', 'render-world.mjs');
  await new Promise<void>((resolve, reject) => {
    const child = spawn(process.execPath, [script, '--data', folder, '--count', String(count), '--seed', String(seed)], { stdio: ['ignore', 'ignore', 'inherit'] });
    child.on('error', reject);
    child.on('close', (code) => { if (code === 0) resolve(); else reject(new Error(`render-world.mjs ended with ${String(code)}`)); });
  });
  const { size, attributes } = worldSchema.parse(JSON.parse(await readFile(join(folder, 'world.json'), 'utf8')));
  const [pixels, labels] = await Promise.all([readFile(join(folder, 'images.u8')), readFile(join(folder, 'labels.i8'))]);
  const [each, names] = [size * size * 3, Object.entries(attributes)];
  const classAt = (picture: number, side: number, at: number): number => labels.readInt8((picture * 2 + side) * names.length + at);
  const valuesOf = (picture: number, side: number): Values => Object.fromEntries(names.flatMap(([attribute, classes], at) => (classAt(picture, side, at) < 0 ? [] : [[attribute, classes[classAt(picture, side, at)] as string]])));
  const figures = Array.from({ length: count }, (_, index) => (classAt(index, 1, 0) < 0 ? [0] : [0, 1]).map((side) => valuesOf(index, side)));
  return {
    images: Array.from({ length: count }, (_, index) => ({ width: size, height: size, pixels: new Uint8Array(pixels.subarray(index * each, (index + 1) * each)) })),
    values: figures.map((found) => (found.length === 1 ? found[0] : undefined)), figures,
  };
}

/** Readings of pictures by the committed probes. */
export async function readPictures(context: ProofContext, sessions: SessionProvider, pictures: readonly RgbImage[]): Promise<{ readonly probes: Probes; readonly readings: Reading[] }> {
  const probes = await openProbes(await openFolder(benchmarkFolder(context)));
  return { probes, readings: await probes.read(sessions, pictures) };
}
