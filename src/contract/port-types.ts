/** A kind of value that flows along links. Two ports fit when their types are equal. */
export interface PortType {
  readonly name: string;
  readonly doc: string;
  /** Colour of ports and links, `#rrggbb`. */
  readonly color: string;
}

/** Every port type, one entry each. */
export const PORT_TYPES = [
  { name: 'Backbone', doc: 'A frozen generator: text encoders, denoiser, VAE and scheduler settings.', color: '#b39ddb' },
  { name: 'TextEncoders', doc: 'Frozen text encoders, with the tables that Inject attached to them.', color: '#ffd54f' },
  { name: 'VAE', doc: 'A frozen autoencoder between images and latents.', color: '#ef9a9a' },
  { name: 'Registry', doc: 'The token n-grams of a trigger, per text stream.', color: '#a5d6a7' },
  { name: 'Table', doc: 'A concept table: one learned vector per registered n-gram, per text stream.', color: '#66bb6a' },
  { name: 'Prompts', doc: 'A list of prompts.', color: '#ffe0b2' },
  { name: 'Conditioning', doc: 'Text states of prompts, as the denoiser takes them.', color: '#ffab91' },
  { name: 'Latents', doc: 'A batch of latents, with the seeds that their noise is drawn from.', color: '#f48fb1' },
  { name: 'Image', doc: 'A batch of RGB images with labels.', color: '#64b5f6' },
  { name: 'Dataset', doc: 'Reference images with captions.', color: '#4dd0e1' },
  { name: 'Report', doc: 'Findings as data: what was compared or trained, and how it came out.', color: '#bdbdbd' },
] as const satisfies readonly PortType[];

export type PortTypeName = (typeof PORT_TYPES)[number]['name'];
