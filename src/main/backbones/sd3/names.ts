/** Id of the family, in messages, session keys and table files. */
export const FAMILY = 'sd3';

/** Ids of its text streams: CLIP ViT-L/14, OpenCLIP ViT-bigG/14 and T5 version 1.1 XXL in the published models. */
export const CLIP_L = 'clip_l';
export const CLIP_G = 'clip_g';
export const T5 = 't5';

/** Denoiser input of the projected ends of both CLIP texts, side by side [B, d_l + d_g]: no table edits it (paper 2.7). */
export const POOLED = 'pooled_projections';
