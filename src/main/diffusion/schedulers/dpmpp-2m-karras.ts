import { defineScheduler } from './define.ts';
import { DPM_OPTIONS, makeDpmMultistep } from './dpm-multistep.ts';

/** DPM-Solver++ of order 2 on Karras' noise levels. */
export const dpmpp2mKarras = defineScheduler({
  className: 'DPMSolverMultistepScheduler',
  id: 'dpmpp-2m-karras',
  title: 'DPM++ 2M Karras',
  stochastic: false,
  presets: { algorithm_type: 'dpmsolver++', solver_order: 2, use_karras_sigmas: true, use_exponential_sigmas: false, use_lu_lambdas: false },
  options: DPM_OPTIONS,
  make: makeDpmMultistep,
});
