import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import { inputError } from '../../../contract/errors.ts';
import type { FloatTensor } from '../../core/ir/tensor.ts';
import type { PromptStates } from '../injector.ts';

/** What the frozen encoders make of one image and its caption. Both are computed once; images with one caption share the states. */
export interface TrainingExample {
  /** For messages: the image's file name. */
  readonly name: string;
  /** Moments of the VAE's posterior, each [C, h, w]; logvar clamped to -30..20. */
  readonly mean: Float32Array;
  readonly logvar: Float32Array;
  /** Base states of the caption, and what else the denoiser takes from it (pooled projections). A backbone's `TextStates` fits. */
  readonly text: PromptStates & { readonly extras: Readonly<Record<string, FloatTensor>> };
}

/** What a table is trained on. All latents have one shape. */
export interface TrainingData {
  /** C, h, w of the latents. */
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  /** Model latents = (z - shift) * scaling. */
  readonly scaling: number;
  readonly shift: number;
  readonly examples: readonly TrainingExample[];
}

/** Checks that there are examples and that their latents and states fit together. @throws AppError that names the example. */
export function checkTrainingData(data: TrainingData, where: string): void {
  const [first] = data.examples;
  if (first === undefined) throw inputError('train.no-images', where, 'there must be at least one image', { got: '0' });
  const elements = data.channels * data.height * data.width;
  const streams = shapesOf(first);
  for (const example of data.examples) {
    const at = `${where}, image "${example.name}"`;
    for (const [name, values] of [['mean', example.mean], ['logvar', example.logvar]] as const) {
      if (values.length !== elements) {
        const rule = `the latents' ${name} must have ${data.channels} x ${data.height} x ${data.width} = ${elements} elements`;
        throw inputError('train.latents', at, rule, { got: String(values.length), hint: 'Bring all images to one size' });
      }
      if (!values.every(Number.isFinite)) throw inputError('train.latents', at, `the latents' ${name} must be finite numbers`, { got: String(values.find((value) => !Number.isFinite(value))) });
    }
    if (shapesOf(example) !== streams) throw inputError('train.states', at, `text states must be shaped as those of the first caption: ${streams}`, { got: shapesOf(example) });
  }
}

/** Names and shapes of all that a caption feeds, as text. */
function shapesOf({ text }: TrainingExample): string {
  const streams = Object.entries(text.streams).map(([name, { states }]) => `${name} [${states.shape.join(', ')}]`);
  const extras = Object.entries(text.extras).map(([name, tensor]) => `${name} [${tensor.shape.join(', ')}]`);
  return [...streams, ...extras].sort().join('; ');
}

/** SHA-256 (hex) of everything in the data that training computes with; names don't count. */
export function fingerprintData(data: TrainingData): string {
  const hash = sha256.create();
  const addText = (text: string): void => { hash.update(new TextEncoder().encode(`${text.length}:${text}`)); };
  const addFloats = (values: Float32Array): void => { hash.update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength)); };
  addText(JSON.stringify([data.channels, data.height, data.width, data.scaling, data.shift, data.examples.length]));
  for (const example of data.examples) {
    addFloats(example.mean);
    addFloats(example.logvar);
    addText(shapesOf(example));
    for (const name of Object.keys(example.text.streams).sort()) {
      const { ids, states } = example.text.streams[name]!;
      addText(ids.join());
      addFloats(states.data);
    }
    for (const name of Object.keys(example.text.extras).sort()) addFloats(example.text.extras[name]!.data);
  }
  return bytesToHex(hash.digest());
}
