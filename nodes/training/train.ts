import { inputError } from '../../src/contract/errors.ts';
import type { RunContext } from '../../src/contract/node.ts';
import type { Backbone } from '../../src/main/backbones/backbone.ts';
import { objectives } from '../../src/main/diffusion/objectives/index.ts';
import type { ObjectiveDefinition } from '../../src/main/diffusion/objectives/objective.ts';
import { captionsWithoutTrigger } from '../../src/main/engram/captions.ts';
import { checkCompatible, idleStreams } from '../../src/main/engram/compatibility.ts';
import type { ConceptTable } from '../../src/main/engram/table.ts';
import { Trainer } from '../../src/main/engram/trainer.ts';
import type { TrainingData } from '../../src/main/engram/training/data.ts';
import type { TrainingSettings } from '../../src/main/core/training.ts';
import { trainingPlan } from '../../src/main/engram/training-graph.ts';
import { defineNode, port } from '../define.ts';
import { pictureTokens } from '../denoise.ts';
import { checkPictureSize } from '../picture-size.ts';
import type { NodeServices } from '../services.ts';
import type { Dataset, Report } from '../values.ts';
import { chooseObjective, OBJECTIVE_OF_MODEL, SCHEDULE_AS_PUBLISHED, settingsOf } from './train-settings.ts';
import { prepareTrainingData } from './training-data.ts';
import { createPreview, type Preview } from './training-preview.ts';

const CHECKPOINT = 'checkpoint.safetensors';
/** A checkpoint is written after the first step, which finds a disk that can't be written at once, and then at least this often; a kill loses no more. */
const CHECKPOINT_EVERY_MS = 5000;

function warnOfCaptions(dataset: Dataset, table: ConceptTable, backbone: Backbone, context: RunContext): void {
  for (const { caption, stream, presence } of captionsWithoutTrigger(dataset.items.map((item) => item.caption), table, backbone.textEncoders.streams)) {
    context.warn({
      code: 'train.caption', kind: 'input', where: `${context.where}, image "${dataset.items[caption]?.name ?? ''}", stream "${stream}"`,
      rule: `the caption should hold the whole trigger "${table.trigger}" within the tokens that are read`, got: presence, hint: 'What the caption does not name, the table does not learn from this image',
    });
  }
}

/** Goes on from a checkpoint of this content key, if a run was broken off. */
async function restoreCheckpoint(trainer: Trainer, context: RunContext<NodeServices>): Promise<boolean> {
  const bytes = await context.services.files.readWork(CHECKPOINT);
  if (bytes === undefined) return false;
  try {
    trainer.restore(bytes);
    return true;
  } catch (error) {
    // Equal content keys mean equal settings, so only damage gets here: begin again, and say so.
    context.warn({ code: 'train.checkpoint-lost', kind: 'run', where: context.where, rule: 'the checkpoint of an earlier run could not be used; training begins anew', got: (error as Error).message });
    return false;
  }
}

/** The loss of the steps that a checkpoint remembers, so that whoever looks on sees one curve. */
function tellPast(trainer: Trainer, { steps }: TrainingSettings, context: RunContext<NodeServices>): void {
  const { step, recentLosses } = trainer;
  const loss = recentLosses.map((value, index): readonly [number, number] => [step - recentLosses.length + index + 1, value]);
  context.progress({ done: step, total: steps, message: `goes on after step ${step}`, past: { loss } });
}

/** Every row of a table that is trained needs a stream to learn from. @throws AppError naming what doesn't fit. */
function checkTrainable(table: ConceptTable, { textEncoders }: Backbone): void {
  checkCompatible(table, textEncoders);
  const [idle] = idleStreams(table, textEncoders);
  if (idle === undefined) return;
  throw inputError('train.idle-stream', `Table "${table.trigger}"`, `the table has rows for the text stream "${idle}", which the model was loaded without`, { got: textEncoders.label, hint: 'Load that stream, or begin with a table that was made on these text encoders' });
}

interface TrainingRun {
  readonly backbone: Backbone;
  readonly objective: ObjectiveDefinition;
  readonly table: ConceptTable;
  readonly data: TrainingData;
  readonly settings: TrainingSettings;
  /** Shown every so many steps; undefined for none. */
  readonly samples: { readonly every: number; readonly preview: Preview } | undefined;
}

/** What is known when training breaks off; a checkpoint that can't be written is told, and hides nothing of why. */
async function keepCheckpoint(trainer: Trainer, context: RunContext<NodeServices>): Promise<void> {
  try {
    await context.services.files.writeWork(CHECKPOINT, trainer.save());
  } catch (error) {
    context.warn({ code: 'train.checkpoint-unwritten', kind: 'run', where: context.where, rule: 'the checkpoint could not be written; the next run goes on from the last one', got: (error as Error).message });
  }
}

/** Trains to the end, with checkpoints; what is left of a broken run is taken up. */
async function train({ backbone, objective, table, data, settings, samples }: TrainingRun, context: RunContext<NodeServices>): Promise<Trainer> {
  const { files, sessions, now } = context.services;
  let savedAt = Number.NEGATIVE_INFINITY;
  const sample = async (step: number): Promise<void> => {
    if (samples === undefined || step % samples.every !== 0) return;
    await trainer.releaseSessions(); // a model that fits once need not fit twice
    await samples.preview.show(trainer.snapshot(), step);
  };
  const trainer: Trainer = new Trainer({
    label: context.where, table, settings, data, sessions,
    objective: objective.create(backbone.schedulerConfig, pictureTokens(backbone.denoiser, data)),
    modelFingerprint: backbone.denoiser.fingerprint,
    plan: (batch, streams) => trainingPlan(backbone.denoiser, { batch, height: data.height, width: data.width }, streams),
    now,
    onEvent: (event) => {
      if (event.type !== 'step') return;
      const figures = Object.fromEntries(event.norms.flatMap(({ stream, vectors, scale }) => [[`${stream} vectors`, vectors], [`${stream} scale`, scale]]));
      context.progress({
        done: event.step, total: event.steps, message: `loss ${event.loss.toFixed(4)}`, secondsLeft: event.secondsLeft,
        figures: { loss: event.loss, 'vector rate': event.rates.vectors, 'scale rate': event.rates.scale, ...figures },
      });
    },
    afterStep: async (step) => {
      await sample(step);
      if (now() - savedAt < CHECKPOINT_EVERY_MS) return;
      await files.writeWork(CHECKPOINT, trainer.save());
      savedAt = now();
    },
  });
  try {
    if (await restoreCheckpoint(trainer, context)) {
      tellPast(trainer, settings, context);
      const shown = await samples?.preview.recall(samples.every, trainer.step);
      // A run that was stopped while it drew a sample has its step behind it, and would go on without.
      if (trainer.step > 0 && shown?.has(trainer.step) === false) await sample(trainer.step);
      await trainer.resume(context.signal);
    } else await trainer.start(context.signal);
  } catch (error) {
    await keepCheckpoint(trainer, context);
    throw error;
  }
  // The last step may be far from the last checkpoint, and the results are on disk only after this node has ended.
  await keepCheckpoint(trainer, context);
  return trainer;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function reportOf(losses: readonly number[], settings: TrainingSettings): Report {
  const window = Math.max(1, Math.floor(losses.length / 5));
  const [first, last] = [mean(losses.slice(0, window)), mean(losses.slice(-window))];
  return {
    title: `Trained ${settings.steps} steps: loss ${first.toFixed(4)} -> ${last.toFixed(4)}`,
    facts: { steps: settings.steps, firstLoss: first, lastLoss: last },
    lines: losses.map((loss, index) => `${settings.steps - losses.length + index + 1} ${loss}`),
  };
}

export const trainNode = defineNode({
  type: 'Train',
  version: 1,
  category: 'training',
  title: 'Train',
  doc: 'Learns a table\'s vectors and scale on reference images, through the frozen model. Can be stopped at any step and goes on where it was; equal inputs on an equal device give equal bytes.',
  usesDevice: true,
  resumable: true,
  inputs: {
    backbone: port('Backbone', 'The frozen model; nothing of it changes.'),
    table: port('Table', 'Where training starts.'),
    dataset: port('Dataset', 'Reference images whose captions hold the trigger.'),
  },
  params: {
    steps: { kind: 'integer', min: 0, max: 10_000_000, default: 0, doc: 'Updates of the table; 0 for the published number.' },
    batchSize: { kind: 'integer', min: 0, max: 1024, default: 0, doc: 'Images per batch; 0 for the published number.' },
    accumulation: { kind: 'integer', min: 1, max: 1024, default: 1, doc: 'Batches per update.' },
    vectorRate: { kind: 'number', min: 0, max: 1, step: 0.0001, default: 0, doc: 'Peak learning rate of the vectors; 0 for the published rate.' },
    scaleRate: { kind: 'number', min: 0, max: 1, step: 0.0001, default: 0, doc: 'Peak learning rate of the scale; 0 for the published rate.' },
    weightDecay: { kind: 'number', min: 0, max: 1, step: 0.001, default: 0.01, doc: 'AdamW\'s weight decay.' },
    schedule: { kind: 'choice', options: [SCHEDULE_AS_PUBLISHED, 'constant', 'linear', 'cosine'], default: SCHEDULE_AS_PUBLISHED, doc: 'How the rates go down.' },
    warmupSteps: { kind: 'integer', min: -1, max: 1_000_000, default: -1, doc: 'Updates over which the rates rise from zero; -1 for the published share.' },
    objective: { kind: 'choice', options: [OBJECTIVE_OF_MODEL, ...objectives.map(({ id }) => id)], default: OBJECTIVE_OF_MODEL, doc: 'What the model is asked, and which noise levels how often. Only those that ask for what it was made to predict.' },
    width: { kind: 'integer', min: 0, max: 8192, default: 0, doc: 'Width that images are brought to; 0 for the model\'s own.' },
    height: { kind: 'integer', min: 0, max: 8192, default: 0, doc: 'Height that images are brought to; 0 for the model\'s own.' },
    fit: { kind: 'choice', options: ['cover', 'contain', 'stretch'], default: 'cover', doc: 'How: cover crops to the middle, contain adds borders.' },
    seed: { kind: 'seed', default: 0, doc: 'Seed of image order, noise and times.' },
    sampleEvery: { kind: 'integer', min: 0, max: 1_000_000, default: 0, outsideKey: true, doc: 'Show a picture with the table as it stands every so many steps; 0 for none. Results do not depend on it.' },
    samplePrompt: { kind: 'text', multiline: true, default: '', outsideKey: true, doc: 'What that picture shows, one prompt a line, always from the same noise; empty for the first caption.' },
    sampleGuidance: { kind: 'number', min: 0, max: 50, step: 0.5, default: 7.5, outsideKey: true, doc: 'Guidance scale of that picture; 1 and below turns guidance off.' },
  },
  outputs: {
    table: port('Table', 'The trained table.'),
    report: port('Report', 'How the loss went.'),
  },
  passThrough: { table: 'table' },
  async run({ inputs: { backbone, table, dataset }, params, context }) {
    checkTrainable(table, backbone);
    warnOfCaptions(dataset, table, backbone, context);
    const { width, height } = backbone.defaultSize;
    const size = { width: params.width === 0 ? width : params.width, height: params.height === 0 ? height : params.height, fit: params.fit as 'cover' | 'contain' | 'stretch' };
    checkPictureSize(backbone, size, context.where, 'train.size');
    const objective = chooseObjective(params.objective, backbone.objective, context.where);
    const settings = settingsOf(params, objective.published);
    const data = await prepareTrainingData(backbone, dataset, size, context);
    const written = params.samplePrompt.split('\n').map((line) => line.trim()).filter((line) => line !== '');
    const prompts = written.length === 0 ? [dataset.items[0]?.caption ?? ''] : written;
    const preview = params.sampleEvery === 0 || !context.watched ? undefined : await createPreview({ backbone, prompts, seed: params.seed, width: size.width, height: size.height, guidanceScale: params.sampleGuidance }, context);
    const samples = preview === undefined ? undefined : { every: params.sampleEvery, preview };
    const trainer = await train({ backbone, objective, table, data, settings, samples }, context);
    const trained = trainer.snapshot();
    const provenance = {
      ...trained.provenance, 'training.backbone': backbone.label, 'training.textEncoders': backbone.textEncoders.fingerprint, 'training.vae': backbone.vae.fingerprint,
      'training.size': `${size.width}x${size.height}`,
    };
    return { table: { ...trained, provenance }, report: reportOf(trainer.recentLosses, settings) };
  },
});
