import { inputError } from '../../../contract/errors.ts';
import { printable } from '../../core/printable.ts';
import type { PictureTokens, Process, Scheduler, SchedulerDefinition } from '../scheduler.ts';
import { ddim } from './ddim.ts';
import { ddpm } from './ddpm.ts';
import { dpmpp2mKarras } from './dpmpp-2m-karras.ts';
import { dpmpp2mSdeKarras } from './dpmpp-2m-sde-karras.ts';
import { dpmpp2mSde } from './dpmpp-2m-sde.ts';
import { dpmpp2m } from './dpmpp-2m.ts';
import { eulerAncestral } from './euler-ancestral.ts';
import { euler } from './euler.ts';
import { flowDpmpp2mSde } from './flow-dpmpp-2m-sde.ts';
import { flowDpmpp2m } from './flow-dpmpp-2m.ts';
import { flowMatchEuler } from './flow-match-euler.ts';
import { flowMatchHeun } from './flow-match-heun.ts';
import { heun } from './heun.ts';
import { lms } from './lms.ts';
import { pndm } from './pndm.ts';
import { unipc } from './unipc.ts';

/** Every scheduler, in the order of menus. */
export const schedulers: readonly SchedulerDefinition[] = [
  ddim, pndm, euler, eulerAncestral, dpmpp2m, dpmpp2mKarras, dpmpp2mSde, dpmpp2mSdeKarras, unipc, heun, lms, ddpm,
  flowMatchEuler, flowMatchHeun, flowDpmpp2m, flowDpmpp2mSde,
];

const byId = indexBy(schedulers, ({ id }) => id);
/** Entries with presets are variants for menus; a config's class name means the class as the config describes it. */
const byClassName = indexBy(schedulers.filter(({ presets }) => presets === undefined), ({ className }) => className);

/**
 * The scheduler of a graph file or menu.
 * @throws AppError when there is none of that id.
 */
export function schedulerById(id: string): SchedulerDefinition {
  const found = byId.get(id);
  if (found === undefined) throw unknown('scheduler', `must be one of ${[...byId.keys()].join(', ')}`, id);
  return found;
}

/**
 * The scheduler that a scheduler_config.json names (`_class_name`).
 * @throws AppError when it isn't known.
 */
export function schedulerByClassName(className: string): SchedulerDefinition {
  const found = byClassName.get(className);
  if (found === undefined) throw unknown('scheduler_config.json', `_class_name must be one of ${[...byClassName.keys()].join(', ')}`, className);
  return found;
}

/** What the model behind a scheduler_config.json was trained to undo. @throws AppError when the config's class isn't known. */
export function processOf(config: Readonly<Record<string, unknown>>): Process {
  return schedulerByClassName(String(config['_class_name'])).process(config);
}

/** What the scheduler of a model's scheduler_config.json shifts noise levels by for such pictures. @throws AppError when its class isn't known, or its shift can't be used. */
export function shiftOf(config: Readonly<Record<string, unknown>>, picture: PictureTokens): number {
  return schedulerByClassName(String(config['_class_name'])).shift(config, picture);
}

/** Checks that a model's scheduler_config.json is of the process that the model was made for; a class that isn't known tells nothing. @throws AppError naming the class. */
export function checkProcess(config: Readonly<Record<string, unknown>>, process: Process): void {
  const definition = byClassName.get(String(config['_class_name']));
  const found = definition?.process(config) ?? process;
  if (found === process) return;
  throw inputError('scheduler.model', 'scheduler_config.json', `must set a scheduler for models of ${PROCESSES[process]}, as this model is`, {
    got: `${String(config['_class_name'])}, set for models of ${PROCESSES[found]}`, path: '_class_name', hint: 'Put back the scheduler_config.json that came with the model',
  });
}

/**
 * A sampler for one run of a model.
 * @param id Of the scheduler; undefined for the one that the config names.
 * @param config The model's scheduler_config.json.
 * @throws AppError when the scheduler is for another kind of model, or what {@link SchedulerDefinition.create} throws.
 */
export function createScheduler(id: string | undefined, config: Readonly<Record<string, unknown>>, steps: number, picture: PictureTokens): Scheduler {
  const process = processOf(config);
  const definition = id === undefined ? schedulerByClassName(String(config['_class_name'])) : schedulerById(id);
  if (definition.process(config) === process) return definition.create(config, steps, picture);
  const fitting = schedulers.filter((candidate) => candidate.process(config) === process).map((candidate) => candidate.id);
  throw inputError('scheduler.process', `scheduler ${definition.title}`, `the scheduler is for models of ${PROCESSES[definition.process(config)]}`, {
    got: `a model of ${PROCESSES[process]}`, hint: `Choose one of ${fitting.join(', ')}, or leave it to the model`,
  });
}

const PROCESSES: Readonly<Record<Process, string>> = { diffusion: 'the diffusion process', flow: 'flow matching' };

function unknown(where: string, rule: string, got: string): Error {
  return inputError('scheduler.unknown', where, rule, { got: printable(got) });
}

function indexBy(definitions: readonly SchedulerDefinition[], key: (definition: SchedulerDefinition) => string): Map<string, SchedulerDefinition> {
  const index = new Map<string, SchedulerDefinition>();
  for (const definition of definitions) {
    if (index.has(key(definition))) throw new Error(`Schedulers: "${key(definition)}" is listed twice`);
    index.set(key(definition), definition);
  }
  return index;
}
