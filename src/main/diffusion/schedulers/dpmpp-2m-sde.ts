import { defineScheduler } from './define.ts';
import { DPM_OPTIONS, makeDpmMultistep } from './dpm-multistep.ts';

/** DPM-Solver++ of order 2 as an SDE: every step draws noise. */
export const dpmpp2mSde = defineScheduler({
  className: 'DPMSolverMultistepScheduler',
  id: 'dpmpp-2m-sde',
  title: 'DPM++ 2M SDE',
  stochastic: true,
  presets: { algorithm_type: 'sde-dpmsolver++', solver_order: 2 },
  options: DPM_OPTIONS,
  make: makeDpmMultistep,
});
