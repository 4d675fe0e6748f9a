/** A kind of value that flows along links. Two ports fit when their types are equal. */
export interface PortType {
  readonly name: string;
  readonly doc: string;
  /** Colour of ports and links, `#rrggbb`. */
  readonly color: string;
  /** Values can lie in the disk cache; others live in memory only, and are made anew by every process. */
  readonly onDisk: boolean;
  /** Values are findings: they are told as soon as they are there, not only passed on. */
  readonly told?: true;
}

/** Every port type, one entry each. */
export const PORT_TYPES = [
  { name: 'Backbone', doc: 'A frozen generator: text encoders, denoiser, VAE and scheduler settings.', color: '#b39ddb', onDisk: false },
  { name: 'TextEncoders', doc: 'Frozen text encoders, with the tables that Inject attached to them.', color: '#ffd54f', onDisk: false },
  { name: 'VAE', doc: 'A frozen autoencoder between images and latents.', color: '#ef9a9a', onDisk: false },
  { name: 'Registry', doc: 'The token n-grams of a trigger, per text stream.', color: '#a5d6a7', onDisk: false },
  { name: 'Table', doc: 'A concept table: one learned vector per registered n-gram, per text stream.', color: '#66bb6a', onDisk: true },
  { name: 'Prompts', doc: 'A list of prompts.', color: '#ffe0b2', onDisk: false },
  { name: 'Conditioning', doc: 'Text states of prompts, as the denoiser takes them.', color: '#ffab91', onDisk: true },
  { name: 'Latents', doc: 'A batch of latents, with the seeds that their noise is drawn from.', color: '#f48fb1', onDisk: true },
  { name: 'Image', doc: 'A batch of RGB images with labels.', color: '#64b5f6', onDisk: true },
  { name: 'Dataset', doc: 'Reference images with captions.', color: '#4dd0e1', onDisk: false },
  { name: 'Report', doc: 'Findings as data: what was compared or trained, and how it came out.', color: '#bdbdbd', onDisk: true, told: true },
  { name: 'Number', doc: 'A number for params: whole or not.', color: '#9ccc65', onDisk: false },
  { name: 'Text', doc: 'A text for params: prompts, names, choices, paths.', color: '#ffcc80', onDisk: false },
  { name: 'Boolean', doc: 'On or off, for params.', color: '#ce93d8', onDisk: false },
  { name: 'Texts', doc: 'A list of texts for params.', color: '#ffe082', onDisk: false },
  { name: 'Numbers', doc: 'A list of whole numbers for params.', color: '#c5e1a5', onDisk: false },
] as const satisfies readonly PortType[];

/** Whether values of a port type can lie in the disk cache. */
export function isKeptOnDisk(name: PortTypeName): boolean {
  return PORT_TYPES.some((type) => type.name === name && type.onDisk);
}

/** Whether values of a port type are findings that a run tells. */
export function isTold(name: PortTypeName): boolean {
  return PORT_TYPES.some((type) => type.name === name && 'told' in type);
}

export type PortTypeName = (typeof PORT_TYPES)[number]['name'];
