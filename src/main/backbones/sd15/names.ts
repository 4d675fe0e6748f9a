/** Id of the family, in messages, session keys and table files. */
export const FAMILY = 'sd15';

/** Id of its one text stream: CLIP's text model, ViT-L/14 in Stable Diffusion 1.5. */
export const STREAM = 'clip_l';
