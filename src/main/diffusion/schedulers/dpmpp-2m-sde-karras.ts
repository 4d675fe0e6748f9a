import { defineScheduler } from './define.ts';
import { DPM_OPTIONS, makeDpmMultistep } from './dpm-multistep.ts';

/** DPM-Solver++ of order 2 as an SDE, on Karras' noise levels. */
export const dpmpp2mSdeKarras = defineScheduler({
  className: 'DPMSolverMultistepScheduler',
  id: 'dpmpp-2m-sde-karras',
  title: 'DPM++ 2M SDE Karras',
  stochastic: true,
  presets: { algorithm_type: 'sde-dpmsolver++', solver_order: 2, use_karras_sigmas: true, use_exponential_sigmas: false, use_lu_lambdas: false },
  options: DPM_OPTIONS,
  make: makeDpmMultistep,
});
