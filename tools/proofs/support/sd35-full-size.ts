import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { makeSd35Model } from '../../full-size/sd35-model.mjs';
import { median } from '../../../src/main/services/median.ts';
import type { Figure, Goal, ProofContext } from '../framework/proof.ts';
import { relativeL2, relativeMaximum } from './compare.ts';
import { readTensorFile, tensorNamed } from './live.ts';
import { measureOnce, type OnceMeasured, type RepeatableWork } from './measure-once.ts';
import { TooMuchMemory } from './measure-process.ts';

const GIGABYTE = 1e9;
/** Most private memory of any of our processes, on a machine of 24 GiB. */
const MOST = 20 * GIGABYTE;
/** Where torch is ended before the machine is: then it does not fit. */
const MOST_OF_TORCH = 22 * GIGABYTE;
/** Weights stay in their files. */
const PLAN = 'by-size';
/** Tried in turn until the work stays within {@link MOST}. */
const SEGMENTS = [1, 4, 12, 24];
const PAIRS = 7;
/** As for the modules of small configurations: a prediction's largest difference, a gradient's length. */
const ERRORS = { prediction: 2e-5, gradient: 1e-4 };

/** What is measured: the published medium configuration, or the small one of the fixtures, which only tries the road. */
export interface FullSizeSetup {
  readonly model: 'real' | 'tiny';
  /** Side of the picture, in pixels. */
  readonly size: number;
}

/** The model that the goals are set for. */
const REAL = 'real';
/** Not met by a run without the real model, so that it doesn't pass for one with it. */
const REAL_GOAL: Readonly<Record<string, Goal>> = { fullSizeModel: { equals: REAL } };

/** What a part of a proof has found. */
interface Part {
  readonly figures: Readonly<Record<string, Figure>>;
  readonly goals: Readonly<Record<string, Goal>>;
}

/** `ENGRAM_SD35_FULL_SIZE`: `tiny` tries the road on the small model, `off` leaves this part out; the real configuration otherwise. */
export function readFullSizeSetup(): FullSizeSetup | undefined {
  const given = process.env['ENGRAM_SD35_FULL_SIZE'] ?? REAL;
  if (given === 'off') return undefined;
  return given === 'tiny' ? { model: 'tiny', size: 64 } : { model: REAL, size: 512 };
}

function rounded({ load, create, cold, warm, anonymousPeak, mappedPeak, finite, resumed }: OnceMeasured): Record<string, Figure> {
  const tenth = (seconds: number): number => Math.round(seconds * 10) / 10;
  const gigabytes = (bytes: number): number => Math.round(bytes / GIGABYTE * 100) / 100;
  return { loadSeconds: tenth(load), createSeconds: tenth(create), coldSeconds: tenth(cold), warmSeconds: tenth(warm), anonymousGigabytes: gigabytes(anonymousPeak), mappedGigabytes: gigabytes(mappedPeak), finite, resumed };
}

interface Found { readonly segments: number; readonly measurement: OnceMeasured }

/** The work in as few segments as keep it within the memory; the last try counts whatever it took. */
async function withinMemory(context: ProofContext, workOf: (segments: number) => RepeatableWork): Promise<Found> {
  for (const segments of SEGMENTS) {
    const last = segments === SEGMENTS.at(-1);
    try {
      const measurement = await measureOnce(context, { ...workOf(segments), ...(last ? {} : { mostAnonymous: MOST }) });
      return { segments, measurement };
    } catch (error) {
      if (!(error instanceof TooMuchMemory) || last) throw error;
      context.log(`${error.message}: in more segments`);
    }
  }
  throw new Error('unreachable: the last number of segments gives a result or throws');
}

/** Torch's measurement; undefined when it takes more memory than it may. */
async function torchOrNothing(context: ProofContext, work: RepeatableWork): Promise<OnceMeasured | undefined> {
  try {
    return await measureOnce(context, work);
  } catch (error) {
    if (!(error instanceof TooMuchMemory)) throw error;
    context.log(error.message);
    return undefined;
  }
}

/** Ours and torch's in turn, so that what the machine does meanwhile befalls both: warm seconds of ours over those of torch, pair by pair. The first pair is measured already. */
async function ratiosOf(context: ProofContext, ours: RepeatableWork, torch: RepeatableWork, first: readonly [OnceMeasured, OnceMeasured]): Promise<{ ratios: number[]; resumed: number }> {
  const ratios = [first[0].warm / first[1].warm];
  let resumed = 0;
  for (let pair = 2; pair <= PAIRS; pair += 1) {
    const own = await measureOnce(context, { ...ours, name: `${ours.name}-${pair}` });
    const reference = await measureOnce(context, { ...torch, name: `${torch.name}-${pair}` });
    ratios.push(own.warm / reference.warm);
    resumed += Number(own.resumed) + Number(reference.resumed);
    context.log(`pair ${pair} of ${PAIRS}: ${own.warm.toFixed(1)} s, torch ${reference.warm.toFixed(1)} s`);
  }
  return { ratios, resumed };
}

/** How far what came out here is from what came out there: predictions and losses by the largest difference, gradients by their length. */
async function errorsOf(ours: string, torch: string): Promise<Readonly<Record<string, number>>> {
  const [own, reference] = await Promise.all([readTensorFile(ours), readTensorFile(torch)]);
  return Object.fromEntries(Object.keys(reference).map((name) => {
    const [found, expected] = [tensorNamed(own, name).data as Float32Array, tensorNamed(reference, name).data as Float32Array];
    return [name, name.startsWith('grad.') ? relativeL2(found, expected) : relativeMaximum(found, expected)];
  }));
}

/** Files that say what the model is, beside its weights, which are drawn from fixed seeds. */
function descriptionsOf(root: string, folder: string): string[] {
  const parts = ['transformer', 'vae', 'text_encoder', 'text_encoder_2', 'text_encoder_3'];
  return [...parts.map((part) => join(folder, part, 'config.json')), ...['sd35-model.mjs', 'random-weights.mjs'].map((file) => join(root, 'tools', 'full-size', file))];
}

/**
 * Stable Diffusion 3.5 medium with random weights: the text encoders, T5-XXL among them, in a process that ends before the denoiser is loaded; then a sampling and a training step in
 * processes of their own, in turn with the same of torch. With ENGRAM_FULL_SIZE_RESUME=1 what an earlier run of the same programs measured counts.
 */
export async function measureSd35FullSize(context: ProofContext, setup: FullSizeSetup | undefined): Promise<Part> {
  if (setup === undefined) return { figures: { fullSizeModel: 'off' }, goals: REAL_GOAL };
  const { model, size } = setup;
  const folder = join(context.root, '.cache', 'full-size', `sd35-medium-${model}`);
  makeSd35Model(context.root, folder, model, (line) => { context.log(line); });
  const [ours, torch, timing] = [join(context.root, 'dist', 'full-size.mjs'), join(context.root, 'tools', 'full-size', 'measure_sd35.py'), join(context.root, 'tools', 'full-size', 'timing.py')];
  const described = descriptionsOf(context.root, folder);
  // Beside the model, so that a run that goes on finds them.
  const states = join(folder, '.states', 'prompts.safetensors');
  await mkdir(join(states, '..'), { recursive: true });
  const figures: Record<string, Figure> = { fullSizeModel: model, fullSizePixels: size, fullSizePlan: PLAN };
  const goals: Record<string, Goal> = { ...REAL_GOAL };
  let resumed = 0;
  const tell = (name: string, { segments, measurement }: Found): void => {
    figures[name] = { segments, ...rounded(measurement) };
    figures[`${name}AnonymousBytes`] = measurement.anonymousPeak;
    figures[`${name}Finite`] = measurement.finite;
    goals[`${name}AnonymousBytes`] = { atMost: MOST };
    goals[`${name}Finite`] = { equals: true };
    resumed += Number(measurement.resumed);
    context.log(`${name}: ${JSON.stringify(figures[name])}`);
  };
  const work = (job: string, ...results: string[]) => (segments: number): RepeatableWork => ({ name: `sd35-${model}-${job}-${segments}`, command: process.execPath, args: [ours, folder, job, String(size), PLAN, String(segments), states, ...results], sources: [ours, ...described] });
  tell('fullSizeText', await withinMemory(context, (segments) => ({ ...work('text')(segments), leaves: states })));
  const python = await context.python();
  for (const job of ['sample', 'train']) {
    const name = `fullSize${job === 'sample' ? 'Sample' : 'Train'}`;
    const [ownResults, torchResults] = ['ours', 'torch'].map((side) => join(folder, '.states', `${job}-${side}.safetensors`)) as [string, string];
    const own = (segments: number): RepeatableWork => ({ ...work(job, ownResults)(segments), sources: [ours, ...described, states], leaves: ownResults });
    const found = await withinMemory(context, own);
    tell(name, found);
    const reference: RepeatableWork = { name: `sd35-${model}-${job}-torch`, command: python.executable, args: [torch, folder, job, String(size), states, torchResults], sources: [torch, timing, ...described, states], settings: { ...python.versions }, leaves: torchResults, mostAnonymous: MOST_OF_TORCH };
    const measured = await torchOrNothing(context, reference);
    figures[`${name}Torch`] = measured === undefined ? `more than ${MOST_OF_TORCH / GIGABYTE} GB` : rounded(measured);
    context.log(`${name}, torch: ${JSON.stringify(figures[`${name}Torch`])}`);
    if (measured === undefined) continue;
    for (const [output, error] of Object.entries(await errorsOf(ownResults, torchResults))) {
      figures[`${name}Error.${output}`] = error;
      goals[`${name}Error.${output}`] = { atMost: output.startsWith('grad.') ? ERRORS.gradient : ERRORS.prediction };
    }
    const { ratios, resumed: earlier } = await ratiosOf(context, own(found.segments), reference, [found.measurement, measured]);
    resumed += Number(measured.resumed) + earlier;
    const hundredth = (ratio: number): number => Math.round(ratio * 100) / 100;
    figures[`${name}TimesTorch`] = hundredth(median(ratios));
    figures[`${name}TimesTorchByPair`] = ratios.map(hundredth);
  }
  // Of one of the text encoders and, for each of the two jobs, as many of ours and of torch as there are pairs.
  return { figures: { ...figures, fullSizeMeasurementsOfEarlierRuns: resumed }, goals };
}
