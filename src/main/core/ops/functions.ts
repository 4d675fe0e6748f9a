/** The public functions that graphs are written with: backbones, losses and gradient rules use nothing else. */
export * from './functions/activation.ts';
export * from './functions/arithmetic.ts';
export * from './functions/attention.ts';
export * from './functions/convolution.ts';
export * from './functions/linear.ts';
export * from './functions/normalization.ts';
export * from './functions/reduction.ts';
export * from './functions/shape.ts';
