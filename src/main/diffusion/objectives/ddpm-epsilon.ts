import { defineDdpmObjective } from './ddpm.ts';

/** The model predicts the noise (Ho et al. 2020, formula 14; paper formula 2). */
export const ddpmEpsilon = defineDdpmObjective('ddpm-epsilon', 'DDPM, noise', 'epsilon', (_schedule, _latents, noise) => noise);
