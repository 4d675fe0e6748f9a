import { inputError } from '../../src/contract/errors.ts';
import type { RunContext } from '../../src/contract/node.ts';
import type { TextStates } from '../../src/main/backbones/backbone.ts';
import { floatTensor } from '../../src/main/core/ir/tensor.ts';
import type { Session } from '../../src/main/core/session.ts';
import { sampleLatents, type SampledStep, type TextFeeds } from '../../src/main/diffusion/sample.ts';
import { createInjector, strengthIn } from '../../src/main/engram/injector.ts';
import { StreamShareTally, type StreamShares } from '../../src/main/engram/stream-shares.ts';
import { defineNode, optionalPort, port } from '../define.ts';
import { createScheduler, feedsOf, SCHEDULER_OF_MODEL } from '../denoise.ts';
import { checkSampleInputs, denoiserPlan, jobsOf } from '../sampling/sample-jobs.ts';
import type { NodeServices } from '../services.ts';
import type { Attachment, InjectedEncoders, Report } from '../values.ts';
import { withSession } from '../with-session.ts';

/** Guidance is off: the path is that of the model's own distribution, and each prediction is the prompt's. */
const PLAIN = { guidanceScale: 1, scheduler: SCHEDULER_OF_MODEL, batchSize: 1 };

/** The text states of prompts under the base, with all tables, and with those of one stream each; equal objects where nothing differs. */
interface Variants {
  readonly base: readonly TextStates[];
  readonly all: readonly TextStates[];
  readonly alone: Readonly<Record<string, readonly TextStates[]>>;
}

/** Tables that act on one stream only, as strongly as they did. */
function aloneOn(stream: string, streams: readonly string[], attachments: readonly Attachment[]): Attachment[] {
  return attachments.map((attachment) => ({ ...attachment, strength: strengthIn(attachment, stream), streamStrengths: Object.fromEntries(streams.map((id) => [id, id === stream ? 1 : 0])) }));
}

async function encodeVariants({ encoders, attachments }: InjectedEncoders, prompts: readonly string[], { textStates }: NodeServices): Promise<Variants> {
  const base = await textStates.encode(encoders, prompts);
  const ids = encoders.streams.map(({ id }) => id);
  const withTables = (tables: readonly Attachment[]): TextStates[] => {
    const injector = createInjector(encoders, tables);
    return base.map((entry) => injector.apply(entry));
  };
  return { base, all: withTables(attachments), alone: Object.fromEntries(ids.map((id) => [id, withTables(aloneOn(id, ids, attachments))])) };
}

/** One image's feeds under every variant. */
interface Variant {
  readonly base: TextFeeds;
  readonly all: TextFeeds | undefined;
  /** Only streams whose tables change something. */
  readonly alone: Readonly<Record<string, TextFeeds>>;
}

/** A prompt in which no table acts has neither whole nor parts. */
function variantsOf({ base, all, alone }: Variants): Variant[] {
  return base.map((entry, index) => {
    const changed = (states: readonly TextStates[]): TextFeeds | undefined => (states[index] === entry ? undefined : feedsOf(states[index] as TextStates));
    const parts = Object.entries(alone).flatMap(([id, states]): [string, TextFeeds][] => {
      const feeds = changed(states);
      return feeds === undefined ? [] : [[id, feeds]];
    });
    return { base: feedsOf(entry), all: changed(all), alone: Object.fromEntries(parts) };
  });
}

/** Compares the predictions for what the model was given in one step. */
async function compareStep(session: Session, shape: readonly number[], { all, alone }: Variant, { input, timestep, prediction }: SampledStep, tallies: readonly StreamShareTally[]): Promise<void> {
  const predict = async (feeds: TextFeeds): Promise<Float32Array> => {
    const result = await session.run({ ...feeds, latents: floatTensor(input, [1, ...shape]), timestep: floatTensor(Float32Array.of(timestep), [1]) });
    return result['prediction']?.data as Float32Array;
  };
  const whole = all === undefined ? prediction : await predict(all);
  const parts = Object.entries(alone);
  const predicted: Record<string, Float32Array> = {};
  // With one stream only the whole is that stream.
  for (const [id, feeds] of parts) predicted[id] = parts.length === 1 ? whole : await predict(feeds);
  for (const tally of tallies) tally.add(prediction, whole, predicted);
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)}%`;
}

function lineOf({ change, streams }: StreamShares): string {
  return [`changes by ${percent(change)}`, ...streams.map((found) => `${found.stream} alone ${percent(found.change)} (share ${percent(found.share)})`)].join(', ');
}

function reportOf(whole: StreamShares, steps: readonly (readonly [number, StreamShares])[], images: number): Report {
  const facts = Object.fromEntries(whole.streams.flatMap(({ stream, change, share }) => [[`${stream} change`, change], [`${stream} share`, share]]));
  return {
    title: `The tables change the prediction by ${percent(whole.change)}. Shares: ${whole.streams.map(({ stream, share }) => `${stream} ${percent(share)}`).join(', ')}, only together ${percent(whole.together)}`,
    facts: { images, steps: steps.length, change: whole.change, ...facts, 'together share': whole.together },
    lines: steps.map(([timestep, found]) => `timestep ${Number(timestep.toFixed(1))}: ${lineOf(found)}`),
  };
}

/** The prompts that are asked about: those given, or each table's trigger. */
function promptsOf(given: readonly string[], { attachments }: InjectedEncoders, context: RunContext): readonly string[] {
  if (attachments.length === 0) throw inputError('stream-shares.no-table', context.where, 'textEncoders must carry a table', { hint: 'Link the output of an Inject node.', port: 'textEncoders' });
  return given.length > 0 ? given : [...new Set(attachments.map(({ table }) => table.trigger))];
}

export const streamSharesNode = defineNode({
  type: 'StreamShares',
  version: 1,
  category: 'engram',
  title: 'Stream Shares',
  doc: 'Measures what the attached tables do through each text stream: how far the denoiser\'s prediction moves with one stream\'s tables on alone, and which part of the whole change that is. Measured on the base\'s own way from noise to picture, without guidance.',
  usesDevice: true,
  inputs: {
    backbone: port('Backbone', 'The frozen model.'),
    textEncoders: port('TextEncoders', 'Its encoders with the tables, at the strengths that are asked about.'),
    latents: port('Latents', 'Size and seeds of the pictures on whose way it is measured.'),
    promptList: optionalPort('Prompts', 'Prompts to use instead of those written here.'),
  },
  params: {
    prompts: { kind: 'text-list', default: [], doc: 'Prompts that hold the trigger; none stands for the triggers of the tables themselves.' },
    steps: { kind: 'integer', min: 1, max: 1000, default: 8, doc: 'Noise levels: steps from noise to picture. Each runs the denoiser once for the base, once with all tables and once for every stream.' },
  },
  outputs: { report: port('Report', 'Change and share of each stream, on the whole and by timestep.') },
  async run({ inputs, params, context }) {
    const { backbone, textEncoders, latents } = inputs;
    const prompts = promptsOf(inputs.promptList ?? params.prompts, textEncoders, context);
    const variants = await encodeVariants(textEncoders, prompts, context.services);
    const conditioning = { entries: variants.base };
    const sampled = { backbone, positive: conditioning, negative: conditioning, latents };
    const settings = { ...PLAIN, steps: params.steps };
    checkSampleInputs({ inputs: sampled, params: settings, context });
    variants.base.forEach((entry, index) => {
      if (variants.all[index] !== entry) return;
      context.warn(inputError('stream-shares.silent', context.where, 'every prompt should wake a table', { got: entry.prompt, hint: 'Write the trigger into the prompt, and check strengths.' }).data);
    });
    const shape = [latents.channels, latents.height, latents.width] as const;
    const ids = textEncoders.encoders.streams.map(({ id }) => id);
    const whole = new StreamShareTally(ids);
    const bySteps: { timestep: number; tally: StreamShareTally }[] = [];
    const jobs = jobsOf(sampled);
    const variantOf = new Map(variantsOf(variants).map((variant, index) => [variants.base[index] as TextStates, variant]));
    const started = context.services.now();
    await withSession(context.services.sessions, denoiserPlan(sampled, settings, 1), async (session) => {
      for (const [index, { entry, seed, positive, negative }] of jobs.entries()) {
        await sampleLatents({
          where: context.where, session, scheduler: createScheduler(backbone, SCHEDULER_OF_MODEL, params.steps, latents), shape, images: [{ positive, negative, seed }], guidanceScale: PLAIN.guidanceScale, signal: context.signal,
          onStep: async (step) => {
            const own = (bySteps[step.done - 1] ??= { timestep: step.timestep, tally: new StreamShareTally(ids) });
            await compareStep(session, shape, variantOf.get(entry) as Variant, step, [whole, own.tally]);
            const [done, total] = [index * step.total + step.done, jobs.length * step.total];
            context.progress({ done, total, message: lineOf(whole.shares()), secondsLeft: ((context.services.now() - started) / 1000 / done) * (total - done) });
          },
        });
      }
    });
    return { report: reportOf(whole.shares(), bySteps.map(({ timestep, tally }) => [timestep, tally.shares()] as const), jobs.length) };
  },
});
