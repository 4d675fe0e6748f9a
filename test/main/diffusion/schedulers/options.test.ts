import { describe, expect, it } from 'vitest';
import { AppError } from '../../../../src/contract/errors.ts';
import { checkProcess, createScheduler, processOf, schedulerByClassName, schedulerById, schedulers, shiftOf } from '../../../../src/main/diffusion/schedulers/index.ts';

/** SD1.5's own file. */
const SD15 = {
  _class_name: 'PNDMScheduler', _diffusers_version: '0.6.0', beta_end: 0.012, beta_schedule: 'scaled_linear', beta_start: 0.00085, num_train_timesteps: 1000,
  set_alpha_to_one: false, skip_prk_steps: true, steps_offset: 1, trained_betas: null, clip_sample: false,
};

describe('the list of schedulers', () => {
  it('holds every class that real folders name', () => {
    for (const name of ['DDPM', 'DDIM', 'PNDM', 'EulerDiscrete', 'EulerAncestralDiscrete', 'DPMSolverMultistep', 'UniPCMultistep', 'HeunDiscrete', 'LMSDiscrete', 'FlowMatchEulerDiscrete', 'FlowMatchHeunDiscrete']) {
      expect(schedulerByClassName(`${name}Scheduler`).className).toBe(`${name}Scheduler`);
    }
  });

  it('finds every entry by its id, and classes without the presets of a variant', () => {
    for (const definition of schedulers) expect(schedulerById(definition.id)).toBe(definition);
    expect(schedulerByClassName('DPMSolverMultistepScheduler').id).toBe('dpmpp-2m');
  });

  it('names what there is when asked for something else', () => {
    expect(() => schedulerById('plms')).toThrow(/^scheduler: must be one of ddim, pndm, .*, got "plms"/);
    expect(() => schedulerByClassName('KDPM2DiscreteScheduler')).toThrow(/^scheduler_config\.json: _class_name must be one of .*, got "KDPM2DiscreteScheduler"/);
  });

  it.each(schedulers.map(({ id }) => id))('%s works from SD1.5\'s file, which is of another class', (id) => {
    const scheduler = schedulerById(id).create(SD15, 10);
    expect(scheduler.timesteps.length).toBeGreaterThanOrEqual(10);
    expect(Number.isFinite(scheduler.initNoiseSigma)).toBe(true);
  });

  it('gives variants their own settings over those of the file', () => {
    const karras = schedulerById('dpmpp-2m-karras').create({ ...SD15, use_karras_sigmas: false }, 10);
    const asked = schedulerById('dpmpp-2m').create({ ...SD15, use_karras_sigmas: true }, 10);
    expect(karras.timesteps).toEqual(asked.timesteps);
    expect(karras.timesteps).not.toEqual(schedulerById('dpmpp-2m').create(SD15, 10).timesteps);
  });
});

/** What a class that does both needs for flow matching. */
const FLOW = { use_flow_sigmas: true, prediction_type: 'flow_prediction' };

describe('createScheduler', () => {
  const SD3 = { _class_name: 'FlowMatchEulerDiscreteScheduler', num_train_timesteps: 1000, shift: 3 };
  const create = (id: string | undefined, config: Record<string, unknown>): unknown => createScheduler(id, config, 10, {});

  it('tells what a model was trained to undo from its config', () => {
    expect(processOf(SD15)).toBe('diffusion');
    expect(processOf(SD3)).toBe('flow');
    expect(processOf({ _class_name: 'UniPCMultistepScheduler', ...FLOW, flow_shift: 5 })).toBe('flow');
    expect(processOf({ _class_name: 'UniPCMultistepScheduler' })).toBe('diffusion');
  });

  it('refuses a scheduler of the other process, and names those that fit', () => {
    expect(() => create('ddim', SD3)).toThrow('scheduler DDIM: the scheduler is for models of the diffusion process, got a model of flow matching');
    expect(() => create('ddim', SD3)).toThrow(/flow-euler, flow-heun, flow-dpmpp-2m, flow-dpmpp-2m-sde/);
    expect(() => create('flow-heun', SD15)).toThrow('scheduler Flow Heun: the scheduler is for models of flow matching, got a model of the diffusion process');
    expect(() => create('unknown', SD3)).toThrow(/must be one of/);
  });

  it('takes the model\'s own, and variants with the shift of the model\'s file', () => {
    const own = createScheduler(undefined, SD3, 10, {});
    expect(own.timesteps).toEqual(schedulerByClassName('FlowMatchEulerDiscreteScheduler').create(SD3, 10).timesteps);
    const solver = createScheduler('flow-dpmpp-2m', SD3, 10, {});
    expect(solver.timesteps).toEqual(schedulerById('dpmpp-2m').create({ ...FLOW, flow_shift: 3 }, 10).timesteps);
    expect(solver.timesteps).not.toEqual(schedulerById('flow-dpmpp-2m').create({ ...SD3, shift: 1 }, 10).timesteps);
  });
});

describe('checkProcess', () => {
  const SD3 = { _class_name: 'FlowMatchEulerDiscreteScheduler', shift: 3 };

  it('lets pass what is of the model\'s process, and classes that nobody knows', () => {
    expect(() => { checkProcess(SD15, 'diffusion'); }).not.toThrow();
    expect(() => { checkProcess(SD3, 'flow'); }).not.toThrow();
    expect(() => { checkProcess({ _class_name: 'UniPCMultistepScheduler', ...FLOW }, 'flow'); }).not.toThrow();
    expect(() => { checkProcess({ _class_name: 'KDPM2DiscreteScheduler' }, 'diffusion'); }).not.toThrow();
  });

  it('refuses a file of the other process', () => {
    expect(() => { checkProcess(SD3, 'diffusion'); }).toThrow('scheduler_config.json: must set a scheduler for models of the diffusion process, as this model is, got FlowMatchEulerDiscreteScheduler, set for models of flow matching. Put back');
    expect(() => { checkProcess(SD15, 'flow'); }).toThrow('scheduler_config.json: must set a scheduler for models of flow matching, as this model is, got PNDMScheduler, set for models of the diffusion process');
    // A class that does either is judged by what the file sets.
    expect(() => { checkProcess({ _class_name: 'DPMSolverMultistepScheduler' }, 'flow'); }).toThrow(AppError);
    expect(() => { checkProcess({ _class_name: 'DPMSolverMultistepScheduler', ...FLOW }, 'diffusion'); }).toThrow(AppError);
  });
});

describe('shiftOf', () => {
  const dynamic = { use_dynamic_shifting: true, base_shift: 0, max_shift: 2, base_image_seq_len: 100, max_image_seq_len: 300 };

  it('takes the class\'s own name for the shift before that of others', () => {
    const both = { shift: 3, flow_shift: 5 };
    expect(shiftOf({ _class_name: 'FlowMatchEulerDiscreteScheduler', ...both }, {})).toBe(3);
    expect(shiftOf({ _class_name: 'FlowMatchHeunDiscreteScheduler', ...both }, {})).toBe(3);
    expect(shiftOf({ _class_name: 'DPMSolverMultistepScheduler', ...FLOW, ...both }, {})).toBe(5);
    expect(shiftOf({ _class_name: 'UniPCMultistepScheduler', ...FLOW, ...both }, {})).toBe(5);
    expect(shiftOf({ _class_name: 'UniPCMultistepScheduler', ...FLOW, shift: 3 }, {})).toBe(3);
    expect(shiftOf(SD15, {})).toBe(1);
  });

  it('follows dynamic shifting, exponential or linear', () => {
    const config = { _class_name: 'FlowMatchEulerDiscreteScheduler', shift: 3, ...dynamic };
    expect(shiftOf(config, { imageTokens: 250 })).toBeCloseTo(Math.exp(1.5), 12);
    expect(shiftOf({ ...config, time_shift_type: 'linear' }, { imageTokens: 250 })).toBeCloseTo(1.5, 12);
    expect(() => shiftOf(config, {})).toThrow('use_dynamic_shifting needs a model that cuts pictures into tokens');
  });
});

describe('options from scheduler_config.json', () => {
  const create = (id: string, options: Record<string, unknown>, steps = 10): unknown => schedulerById(id).create({ ...SD15, ...options }, steps);
  const faults: [string, () => unknown, string][] = [
    ['an unknown key', () => create('ddim', { beta_shedule: 'linear' }), 'scheduler_config.json: beta_shedule is not an option of any known scheduler, got "linear"'],
    ['an inherited key', () => create('ddim', JSON.parse('{"constructor": 1}') as Record<string, unknown>), 'constructor is not an option'],
    ['an unknown schedule', () => create('ddim', { beta_schedule: 'sigmoid' }), 'scheduler_config.json: beta_schedule must be one of "linear", "scaled_linear", "squaredcos_cap_v2", got "sigmoid"'],
    ['a number as text', () => create('ddim', { beta_start: '0.1' }), 'beta_start must be a number from 0 to below 1, got "0.1"'],
    ['half a time', () => create('ddim', { num_train_timesteps: 10.5 }), 'num_train_timesteps must be a whole number 1..1000000, got 10.5'],
    ['a number as truth', () => create('ddim', { clip_sample: 1 }), 'clip_sample must be true or false, got 1'],
    ['an unknown prediction', () => create('euler', { prediction_type: 'flow' }), 'prediction_type must be one of "epsilon", "sample", "v_prediction", got "flow"'],
    ['a prediction that the class lacks', () => create('pndm', { prediction_type: 'sample' }), 'prediction_type must be one of "epsilon", "v_prediction", got "sample"'],
    ['too few trained betas', () => create('ddim', { trained_betas: [0.1] }), 'trained_betas must have num_train_timesteps (1000) numbers, got 1'],
    ['trained betas that are no numbers', () => create('ddim', { trained_betas: ['a'] }), 'trained_betas must be a list of numbers 0..1, not all of them 0, or null, got ["a"]'],
    ['betas that are all zero', () => create('euler', { beta_start: 0, beta_end: 0 }), 'beta_end must be a number between 0 and 1, got 0'],
    ['trained betas that are all zero', () => create('euler', { trained_betas: new Array<number>(1000).fill(0) }), 'trained_betas must be a list of numbers 0..1, not all of them 0, or null'],
    ['betas that are no numbers', () => create('euler', { beta_end: NaN }), 'beta_end must be a number between 0 and 1, got NaN'],
    ['Karras\' noise levels down to zero', () => create('euler', { use_karras_sigmas: true, sigma_min: 0 }), 'sigma_min and sigma_max must be noise levels above 0, the first below the second'],
    ['two kinds of sigmas', () => create('euler', { use_karras_sigmas: true, use_beta_sigmas: true }), 'must not be true together'],
    ['learned variance', () => create('ddpm', { variance_type: 'learned' }), 'variance_type must be one of "fixed_small", "fixed_small_log", "fixed_large", got "learned"'],
    ['learned variance of the solver', () => create('dpmpp-2m', { variance_type: 'learned' }), 'variance_type must be null'],
    ['noise levels of flow matching without its prediction', () => create('unipc', { use_flow_sigmas: true }), 'prediction_type must be "flow_prediction" with use_flow_sigmas, got "epsilon"'],
    ['the prediction of flow matching without its noise levels', () => create('dpmpp-2m', { prediction_type: 'flow_prediction' }), 'prediction_type needs use_flow_sigmas, got "flow_prediction"'],
    ['flow matching in terms of the noise', () => create('flow-dpmpp-2m', {}, 10) === create('dpmpp-2m', { ...FLOW, algorithm_type: 'dpmsolver', final_sigmas_type: 'sigma_min' }), 'algorithm_type must be "dpmsolver++" or "sde-dpmsolver++" with use_flow_sigmas, got "dpmsolver"'],
    ['flow matching with other noise levels', () => create('unipc', { ...FLOW, use_karras_sigmas: true }), 'use_karras_sigmas must be false with use_flow_sigmas, got true'],
    ['a shift by tokens where there are none', () => create('flow-euler', { use_dynamic_shifting: true }), 'use_dynamic_shifting needs a model that cuts pictures into tokens, got true'],
    ['a last level with a single step', () => create('flow-euler', { shift_terminal: 0.1 }, 1), 'shift_terminal needs at least 2 steps'],
    ['no steps of flow matching', () => create('flow-euler', {}, 0), 'scheduler Flow Euler: steps must be 1..1000, got 0'],
    ['a last sigma of zero for the noise form', () => create('dpmpp-2m', { algorithm_type: 'dpmsolver' }), 'final_sigmas_type must be "sigma_min" with algorithm_type "dpmsolver", got "zero"'],
    ['order 3 of the plain SDE', () => create('dpmpp-2m', { algorithm_type: 'sde-dpmsolver', final_sigmas_type: 'sigma_min', solver_order: 3 }), 'solver_order must be 1 or 2'],
    ['another predictor', () => create('unipc', { solver_p: { _class_name: 'DDIMScheduler' } }), 'solver_p must be null: another predictor is not supported'],
    ['a list that is none', () => create('unipc', { disable_corrector: 0 }), 'disable_corrector must be a list of whole numbers, got 0'],
    ['no steps', () => create('ddim', {}, 0), 'scheduler DDIM: steps must be 1..1000, got 0'],
    ['too many steps', () => create('euler', {}, 1001), 'scheduler Euler: steps must be 1..1000, got 1001'],
    ['half a step', () => create('euler', {}, 1.5), 'steps must be 1..1000, got 1.5'],
    ['an offset beyond the last time', () => create('ddim', { steps_offset: 1 }, 1000), 'steps must leave room for steps_offset 1 below num_train_timesteps 1000, got 1000'],
    ['too few steps for Runge-Kutta', () => create('pndm', { skip_prk_steps: false }, 3), 'steps must be at least 4 with skip_prk_steps false, got 3'],
    ['as many steps as times, with leading spacing', () => create('unipc', { timestep_spacing: 'leading' }, 1000), 'steps must be below 1000 with timestep_spacing "leading", got 1000'],
  ];
  const flow = (id: string, options: Record<string, unknown>, steps = 10): unknown => schedulerById(id).create({ shift: 3, ...options }, steps, { imageTokens: 1000 });
  const flowFaults: [string, () => unknown, string][] = [
    ...['flow-euler', 'flow-heun', 'flow-dpmpp-2m', 'flow-dpmpp-2m-sde'].flatMap((id) => [0, -1, NaN, Infinity].map((shift): [string, () => unknown, string] => (
      [`a shift of ${shift}, ${id}`, () => flow(id, { shift }), `scheduler_config.json: shift must be a finite number above 0, or null, got ${shift}`]))),
    ['a flow_shift of zero', () => flow('unipc', { ...FLOW, flow_shift: 0 }), 'scheduler_config.json: flow_shift must be a finite number above 0, or null, got 0'],
    ['a shift so small that levels are infinite', () => flow('flow-euler', { shift: 1e-8 }), 'scheduler_config.json: shift must leave noise levels that float32 can tell from each other, from 0 and from 1, got 1e-8'],
    ['a shift so large that levels are no numbers', () => flow('flow-heun', { shift: 1e39 }), 'shift must leave noise levels'],
    ['a shift so large that a level is noise alone, DPM++', () => flow('flow-dpmpp-2m', { shift: 1e7 }), 'scheduler_config.json: shift must leave noise levels'],
    ['a shift so large that a level is noise alone, UniPC', () => flow('unipc', { ...FLOW, flow_shift: 1e7 }), 'scheduler_config.json: flow_shift must leave noise levels'],
    ['a shift by tokens so large that a level is noise alone', () => flow('flow-dpmpp-2m', { use_dynamic_shifting: true, max_shift: 80 }), 'base_shift and max_shift must leave noise levels'],
    ['a line of shifts without length', () => flow('flow-euler', { use_dynamic_shifting: true, max_image_seq_len: 256 }), 'max_image_seq_len must be above base_image_seq_len (256), got 256'],
    ['a line of shifts that goes back', () => flow('flow-dpmpp-2m', { use_dynamic_shifting: true, base_image_seq_len: 5000 }), 'max_image_seq_len must be above base_image_seq_len (5000), got 4096'],
    ['a shift by tokens that is no number', () => flow('unipc', { ...FLOW, base_shift: Infinity }), 'base_shift must be a finite number, got Infinity'],
    ['a shift by tokens that overflows', () => flow('flow-euler', { use_dynamic_shifting: true, max_shift: 1e5 }), 'base_shift and max_shift must give a finite shift above 0 for 1000 tokens, got Infinity'],
    ['a shift by tokens below zero', () => flow('flow-euler', { use_dynamic_shifting: true, time_shift_type: 'linear', base_shift: -1, max_shift: -1 }), 'base_shift and max_shift must give a finite shift above 0 for 1000 tokens, got -1'],
    ['a last level that is noise alone', () => flow('flow-euler', { shift_terminal: 1 }), 'shift_terminal must be a number from 0 to below 1, or null, got 1'],
    ['a last level below zero', () => flow('unipc', { ...FLOW, shift_terminal: -0.1 }), 'shift_terminal must be a number from 0 to below 1, or null, got -0.1'],
    ['a last level of the diffusion process', () => create('unipc', { shift_terminal: 0.1 }), 'shift_terminal needs use_flow_sigmas, got 0.1'],
    ['a shift by tokens of the diffusion process', () => create('unipc', { use_dynamic_shifting: true }), 'use_dynamic_shifting needs use_flow_sigmas, got true'],
    ['a linear shift by tokens in DPM++', () => flow('flow-dpmpp-2m', { use_dynamic_shifting: true, time_shift_type: 'linear' }), 'time_shift_type must be "exponential" with use_dynamic_shifting in DPM++, got "linear"'],
    ['a shift by tokens in Heun', () => flow('flow-heun', { use_dynamic_shifting: true }), 'use_dynamic_shifting must be false: Flow Heun has no shift by tokens, got true'],
    ['the way back in Heun', () => flow('flow-heun', { invert_sigmas: true }), 'invert_sigmas must be false: Flow Heun goes from noise to picture only, got true'],
    ['the way back in DPM++', () => flow('flow-dpmpp-2m', { invert_sigmas: true }), 'invert_sigmas must be false with use_flow_sigmas, got true'],
    ['the way back in UniPC', () => flow('unipc', { ...FLOW, invert_sigmas: true }), 'invert_sigmas must be false with use_flow_sigmas, got true'],
    ['bounds of noise levels the wrong way round', () => flow('flow-euler', { use_beta_sigmas: true, sigma_min: 0.9, sigma_max: 0.1 }), 'sigma_min and sigma_max must be noise levels above 0, the first below the second, got [0.9,0.1]'],
    ['more noise than noise alone', () => flow('flow-euler', { use_karras_sigmas: true, sigma_max: 80 }), 'sigma_max must be at most 1, the level of noise alone, got 80'],
  ];
  it.each(flowFaults)('refuse %s', (_title, action, message) => {
    expect(action).toThrow(AppError);
    expect(action).toThrow(message);
  });

  it.each(['flow-euler', 'flow-dpmpp-2m'])('take null for the default of dynamic shifting, %s', (id) => {
    const times = (options: Record<string, unknown>): readonly number[] => schedulerById(id).create({ use_dynamic_shifting: true, ...options }, 10, { imageTokens: 1000 }).timesteps;
    expect(times({ base_shift: null, max_shift: null, base_image_seq_len: null, max_image_seq_len: null })).toEqual(times({}));
    expect(times({ base_shift: 0.6 })).not.toEqual(times({}));
    expect(() => schedulerById('flow-heun').create({ use_dynamic_shifting: null }, 10)).not.toThrow();
  });

  it('leave bounds of noise levels alone where levels are not spaced between them', () => {
    const times = (options: Record<string, unknown>): readonly number[] => schedulerById('flow-euler').create({ shift: 3, ...options }, 10).timesteps;
    expect(times({ sigma_min: 0.002, sigma_max: 80 })).toEqual(times({}));
    expect(times({ use_karras_sigmas: true, sigma_max: 0.5 }).at(0)).toBe(500);
    expect(() => schedulerById('flow-euler').create({ use_karras_sigmas: true, sigma_max: 0.5 }, 1)).not.toThrow();
  });

  it.each(faults)('refuse %s', (_title, action, message) => {
    expect(action).toThrow(AppError);
    expect(action).toThrow(message);
  });

  it('ignore what is private, what only other classes have, and what was written as a default', () => {
    const times = (config: Record<string, unknown>): readonly number[] => schedulerById('euler').create(config, 10).timesteps;
    expect(times({ ...SD15, _anything: 1, skip_prk_steps: false, rho: 7, sigma_data: 0.5, noise_sampler_seed: null })).toEqual(times(SD15));
    expect(times({ ...SD15, timestep_spacing: 'trailing', _use_default_values: ['timestep_spacing'] })).toEqual(times(SD15));
    expect(times({ ...SD15, timestep_spacing: 'trailing' })).not.toEqual(times(SD15));
  });

  it('take the infinity that Python writes for lambda_min_clipped', () => {
    expect(() => create('dpmpp-2m', { lambda_min_clipped: -Infinity })).not.toThrow();
  });
});
