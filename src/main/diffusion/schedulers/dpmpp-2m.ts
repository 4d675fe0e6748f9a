import { defineScheduler } from './define.ts';
import { DPM_OPTIONS, dpmProcess, dpmShift, makeDpmMultistep } from './dpm-multistep.ts';

/** DPMSolverMultistepScheduler as the config describes it; by default DPM-Solver++ of order 2. */
export const dpmpp2m = defineScheduler({
  className: 'DPMSolverMultistepScheduler', id: 'dpmpp-2m', title: 'DPM++ 2M', stochastic: false, process: dpmProcess, options: DPM_OPTIONS, shift: dpmShift,
  make: makeDpmMultistep,
});
