import { defineScheduler } from './define.ts';
import { DPM_OPTIONS, dpmShift, makeDpmMultistep } from './dpm-multistep.ts';

/** DPM-Solver++ of order 2 on the straight paths of flow matching. */
export const flowDpmpp2m = defineScheduler({
  className: 'DPMSolverMultistepScheduler',
  id: 'flow-dpmpp-2m',
  title: 'Flow DPM++ 2M',
  stochastic: false,
  process: 'flow',
  presets: {
    algorithm_type: 'dpmsolver++', solver_order: 2, use_flow_sigmas: true, prediction_type: 'flow_prediction',
    use_karras_sigmas: false, use_exponential_sigmas: false, use_beta_sigmas: false, use_lu_lambdas: false,
  },
  options: DPM_OPTIONS,
  shift: dpmShift,
  make: makeDpmMultistep,
});
