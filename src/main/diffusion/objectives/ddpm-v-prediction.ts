import { velocity } from '../noise-schedule.ts';
import { defineDdpmObjective } from './ddpm.ts';

/** The model predicts v (Salimans and Ho 2022). */
export const ddpmVPrediction = defineDdpmObjective('ddpm-v-prediction', 'DDPM, velocity', 'v_prediction', velocity);
