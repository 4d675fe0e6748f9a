import { readFile } from 'node:fs/promises';
import { loadTextEncoders } from '../../backbones/index.ts';
import type { TextEncoders } from '../../backbones/backbone.ts';
import type { SessionProvider } from '../../core/session.ts';
import { createInjector } from '../../engram/injector.ts';
import { decodeTable } from '../../engram/table-file.ts';
import type { BenchmarkBackbone } from './backbones.ts';
import type { Identity, IdentityData, Values } from './data.ts';
import { leakByStream, promptLeak, type PromptLeak, type StreamLeak } from './leak.ts';
import { BENCHMARK_METHODS, type BenchmarkMethod } from './methods.ts';
import type { Probes, Reading } from './probes.ts';
import { renderJobs, type PromptJob, type Rendered, type RenderedJobs, type RenderPlace } from './render.ts';
import { addTallies, agreementOf, diversityOf, overall, sharesOf, tallyOf, type Agreement } from './score.ts';

/** What the benchmark needs beside its data. */
export interface BenchmarkPlace extends RenderPlace {
  readonly backbone: BenchmarkBackbone;
  readonly probes: Probes;
  /** For probes and text states; rendering has its own in the engine process. */
  readonly sessions: SessionProvider;
  readonly data: IdentityData;
  readonly seeds: readonly number[];
}

/** How one method did on one identity. */
export interface MethodScore {
  readonly method: string;
  readonly agreement: Agreement;
  /** How often what the prompts ask for is there: place, time, weather, framing, action. */
  readonly scene: number;
  readonly sceneShares: Readonly<Record<string, number>>;
  /** Mean feature distance between seeds of one prompt. */
  readonly diversity: number;
  readonly pictures: readonly Rendered[];
  readonly readings: readonly Reading[];
}

/** What prompts without the trigger see of a table. */
export interface LeakScore {
  readonly method: string;
  /** Control prompts in which no registered span stands: of these alone is told what changed. */
  readonly controls: number;
  /** Control prompts in which one does, by chance of the tokenizer. */
  readonly controlsWithSpans: number;
  /** Pictures of controls whose pixels differ from the base's. */
  readonly changedPictures: number;
  /** Controls whose text states differ from the base's in any bit. */
  readonly changedStates: number;
  /** The text states of all controls, stream by stream. */
  readonly streams: Readonly<Record<string, StreamLeak>>;
  /** Prompts with a single word of the trigger, and those of them whose picture changes: sub-spans within one word fire too. */
  readonly singleWords: number;
  readonly changedBySingleWords: number;
}

/** All about one identity. */
export interface IdentityResult {
  readonly identity: Identity;
  readonly methods: readonly MethodScore[];
  readonly leaks: readonly LeakScore[];
}

const CONTROL_SEEDS = [11];

/** The prompts of an identity with its trigger in them. */
export function promptsOf(identity: Identity): string[] {
  return identity.prompts.map(({ text }) => text.replaceAll('{trigger}', identity.trigger));
}

function singleWordsOf({ singleWords }: IdentityData, { trigger }: Identity): string[] {
  const words = trigger.split(/[ -]/);
  return singleWords.filter((prompt) => prompt.split(' ').some((word) => words.includes(word)));
}

function jobsOf(identity: Identity, { data, seeds }: BenchmarkPlace): PromptJob[] {
  return [
    { id: `${identity.name}-scenes`, prompts: promptsOf(identity), seeds },
    { id: 'controls', prompts: data.controls, seeds: CONTROL_SEEDS },
    { id: `${identity.name}-words`, prompts: singleWordsOf(data, identity), seeds: CONTROL_SEEDS },
  ];
}

/** Every value once per seed, in the order of the pictures. */
export function perSeed<T>(values: readonly T[], seeds: readonly number[]): T[] {
  return values.flatMap((value) => seeds.map(() => value));
}

interface Judged {
  readonly tally: ReturnType<typeof tallyOf>;
  readonly scene: ReturnType<typeof tallyOf>;
  readonly readings: readonly Reading[];
  readonly pictures: readonly Rendered[];
}

async function judgePictures(pictures: readonly Rendered[], identity: Identity, place: BenchmarkPlace): Promise<Judged> {
  const readings = await place.probes.read(place.sessions, pictures.map(({ image }) => image));
  const asked: Values[] = perSeed(identity.prompts.map(({ asks }) => asks), place.seeds);
  return { readings, pictures, tally: tallyOf(readings, readings.map(() => identity.attributes)), scene: tallyOf(readings, asked) };
}

/** The chance of each of an identity's values. */
export function chanceOf({ attributes }: Identity, { chance }: IdentityData): Readonly<Record<string, number>> {
  return Object.fromEntries(Object.entries(attributes).map(([attribute, value]) => [attribute, chance[attribute]?.[value] ?? 0]));
}

/** What a table does to the text states of each control prompt. */
async function controlLeaks(encoders: TextEncoders, tablePath: string, { sessions, data }: BenchmarkPlace): Promise<PromptLeak[]> {
  const table = decodeTable(await readFile(tablePath), tablePath);
  const injector = createInjector(encoders, [{ table, strength: 1 }]);
  return (await encoders.encode(sessions, data.controls)).map((states) => promptLeak(injector, states));
}

function changedPictures(pictures: readonly Rendered[], base: readonly Rendered[], counts: (index: number) => boolean = () => true): number {
  return pictures.filter(({ hash }, index) => counts(index) && hash !== base[index]?.hash).length;
}

async function leakOf(method: BenchmarkMethod, run: RenderedJobs, base: RenderedJobs, identity: Identity, place: BenchmarkPlace, encoders: TextEncoders): Promise<LeakScore> {
  const table = run.tables[identity.name];
  const leaks = table === undefined ? place.data.controls.map((): PromptLeak => ({ spans: [], changed: [] })) : await controlLeaks(encoders, table, place);
  const clean = leaks.filter(({ spans }) => spans.length === 0);
  const words = `${identity.name}-words`;
  return {
    method: method.name, controls: clean.length, controlsWithSpans: leaks.length - clean.length, changedStates: clean.filter(({ changed }) => changed.length > 0).length,
    streams: leakByStream(leaks, encoders.streams.map(({ id }) => id)),
    changedPictures: changedPictures(run.pictures['controls'] ?? [], base.pictures['controls'] ?? [], (index) => leaks[Math.floor(index / CONTROL_SEEDS.length)]?.spans.length === 0),
    singleWords: run.pictures[words]?.length ?? 0, changedBySingleWords: changedPictures(run.pictures[words] ?? [], base.pictures[words] ?? []),
  };
}

/** Binds and judges one identity with every method. */
export async function benchmarkIdentity(identity: Identity, place: BenchmarkPlace): Promise<IdentityResult> {
  const encoders = await loadTextEncoders(await place.workspace.openModel(place.backbone.folder));
  const chance = chanceOf(identity, place.data);
  const [first] = BENCHMARK_METHODS;
  const base = await renderJobs(place, place.backbone, first, [identity], jobsOf(identity, place));
  const baseShares = sharesOf((await judgePictures(base.pictures[`${identity.name}-scenes`] ?? [], identity, place)).tally);
  const methods: MethodScore[] = [];
  const leaks: LeakScore[] = [];
  for (const method of BENCHMARK_METHODS) {
    const run = method === first ? base : await renderJobs(place, place.backbone, method, [identity], jobsOf(identity, place));
    const { tally, scene, readings, pictures } = await judgePictures(run.pictures[`${identity.name}-scenes`] ?? [], identity, place);
    methods.push({
      method: method.name, agreement: agreementOf(sharesOf(tally), baseShares, chance), scene: overall(scene), sceneShares: sharesOf(scene),
      diversity: diversityOf(readings, place.seeds.length), pictures, readings,
    });
    if (method !== first) leaks.push(await leakOf(method, run, base, identity, place, encoders));
  }
  return { identity, methods, leaks };
}

/** Two identities whose tables are attached together. */
export interface PairResult {
  readonly left: string;
  readonly right: string;
  /** One named, both attached: agreement on the counted attributes, beside that with its own table alone. */
  readonly alone: Readonly<Record<string, number>>;
  readonly together: Readonly<Record<string, number>>;
  /** Both named in one prompt: each figure's probes on its half of the picture. */
  readonly leftFigure: number;
  readonly rightFigure: number;
  readonly scene: number;
  readonly pictures: readonly Rendered[];
}

/** Agreement on the attributes that count; on all but the mark where none does, since the base shows them all. */
function countedShare(readings: readonly Reading[], identity: Identity, counted: readonly string[]): number {
  const wanted = Object.entries(identity.attributes).filter(([attribute]) => attribute !== 'mark' && (counted.length === 0 || counted.includes(attribute)));
  return overall(tallyOf(readings, readings.map(() => Object.fromEntries(wanted))));
}

/** Judges two identities with both tables attached, each named alone and both named side by side; the counted attributes are those of their own runs. */
export async function benchmarkPair(pair: IdentityData['pairs'][number], results: readonly IdentityResult[], place: BenchmarkPlace): Promise<PairResult> {
  const method = BENCHMARK_METHODS[BENCHMARK_METHODS.length - 1] as BenchmarkMethod;
  const sides = [pair.left, pair.right].map((name) => results.find(({ identity }) => identity.name === name) as IdentityResult) as [IdentityResult, IdentityResult];
  const identities = sides.map(({ identity }) => identity);
  const both = `${pair.left}-beside-${pair.right}`;
  const named = pair.prompts.map(({ text }) => text.replaceAll('{left}', sides[0].identity.trigger).replaceAll('{right}', sides[1].identity.trigger));
  const run = await renderJobs(place, place.backbone, method, identities, [
    ...identities.map((identity): PromptJob => ({ id: `${identity.name}-of-two`, prompts: promptsOf(identity), seeds: place.seeds })), { id: both, prompts: named, seeds: place.seeds },
  ]);
  const [alone, together]: [Record<string, number>, Record<string, number>] = [{}, {}];
  for (const { identity, methods } of sides) {
    const own = methods.find((score) => score.method === method.name) as MethodScore;
    const readings = await place.probes.read(place.sessions, (run.pictures[`${identity.name}-of-two`] ?? []).map(({ image }) => image));
    alone[identity.name] = countedShare(own.readings, identity, own.agreement.counted);
    together[identity.name] = countedShare(readings, identity, own.agreement.counted);
  }
  const pictures = run.pictures[both] ?? [];
  const images = pictures.map(({ image }) => image);
  const figureShare = async (at: 0 | 1, view: 'left' | 'right'): Promise<number> => {
    const { identity, methods } = sides[at];
    return countedShare(await place.probes.read(place.sessions, images, view), identity, (methods.find((score) => score.method === method.name) as MethodScore).agreement.counted);
  };
  const scenes = tallyOf(await place.probes.read(place.sessions, images), perSeed(pair.prompts.map(({ asks }) => asks), place.seeds));
  return { left: pair.left, right: pair.right, alone, together, leftFigure: await figureShare(0, 'left'), rightFigure: await figureShare(1, 'right'), scene: overall(addTallies([scenes])), pictures };
}
