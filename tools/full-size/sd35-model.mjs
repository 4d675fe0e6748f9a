import { closeSync, cpSync, existsSync, mkdirSync, openSync, readdirSync, readFileSync, readSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { configText } from './full-size-model.mjs';
import { writeRandomWeights } from './random-weights.mjs';

/** Weight files of each part, as the library that owns the part names them. */
const STEMS = /** @type {const} */ ({ transformer: 'diffusion_pytorch_model', vae: 'diffusion_pytorch_model', text_encoder: 'model', text_encoder_2: 'model', text_encoder_3: 'model' });
const PARTS = /** @type {readonly (keyof typeof STEMS)[]} */ (Object.keys(STEMS));
/** Largest weight file, in bytes: what is larger is cut into shards, as the published folders do. */
const SHARD_BYTES = 5e9;
/** What T5's tokenizer takes in the published folder; the fixtures' small one takes fewer. */
const T5_MOST_TOKENS = 512;

/** @typedef {{ config: Record<string, unknown>, weights: Record<string, number[]> }} Part */

/**
 * Writes a Stable Diffusion 3.5 folder with random float16 weights in shards, unless it is there already. `real` has the configurations, keys and shapes of the published
 * medium model (16 GB); `tiny` those of the fixtures' small one, to try the same road in seconds. Tokenizers and scheduler are the fixtures'.
 *
 * @param {string} root Repository root.
 * @param {string} folder Where to.
 * @param {'real' | 'tiny'} size
 * @param {(line: string) => void} log Where progress goes.
 */
export function makeSd35Model(root, folder, size, log) {
  const done = join(folder, 'model_index.json');
  if (existsSync(done)) return;
  rmSync(folder, { recursive: true, force: true });
  const reference = join(root, 'test', 'fixtures', 'reference');
  const tiny = join(reference, 'tiny-sd3');
  const parts = size === 'real' ? realParts(reference) : tinyParts(tiny);
  for (const [index, name] of PARTS.entries()) {
    const part = parts[name];
    if (part === undefined) throw new Error(`Stable Diffusion 3.5: ${name} must be described`);
    writePart(join(folder, name), STEMS[name], part, index + 1, size === 'real' ? SHARD_BYTES : 100_000, log);
  }
  for (const name of ['tokenizer', 'tokenizer_2', 'tokenizer_3', 'scheduler']) cpSync(join(tiny, name), join(folder, name), { recursive: true });
  if (size === 'real') {
    const path = join(folder, 'tokenizer_3', 'tokenizer_config.json');
    writeFileSync(path, JSON.stringify({ ...JSON.parse(readFileSync(path, 'utf8')), model_max_length: T5_MOST_TOKENS }));
  }
  // Last: its presence says that the folder is complete.
  cpSync(join(tiny, 'model_index.json'), done);
}

/** @param {string} reference @returns {Record<string, Part>} */
function realParts(reference) {
  return Object.assign({}, ...['sd3-shared', 'sd35-medium'].map((name) => JSON.parse(readFileSync(join(reference, 'keys', `${name}.json`), 'utf8'))));
}

/** @param {string} folder @returns {Record<string, Part>} */
function tinyParts(folder) {
  return Object.fromEntries(PARTS.map((name) => {
    const files = readdirSync(join(folder, name)).filter((file) => file.endsWith('.safetensors'));
    const weights = Object.assign({}, ...files.map((file) => shapesIn(join(folder, name, file))));
    return [name, { config: JSON.parse(readFileSync(join(folder, name, 'config.json'), 'utf8')), weights }];
  }));
}

/** Shapes of a safetensors file of our own. @param {string} path @returns {Record<string, number[]>} */
function shapesIn(path) {
  const file = openSync(path, 'r');
  try {
    const length = Buffer.alloc(8);
    readSync(file, length, 0, 8, 0);
    const header = Buffer.alloc(Number(length.readBigUInt64LE()));
    readSync(file, header, 0, header.length, 8);
    const tensors = Object.entries(JSON.parse(header.toString('utf8'))).filter(([key]) => key !== '__metadata__');
    return Object.fromEntries(tensors.map(([key, { shape }]) => [key, shape]));
  } finally {
    closeSync(file);
  }
}

/**
 * @param {string} folder
 * @param {string} stem
 * @param {Part} part
 * @param {number} seed
 * @param {number} shardBytes
 * @param {(line: string) => void} log
 */
function writePart(folder, stem, { config, weights }, seed, shardBytes, log) {
  const shards = shardsOf(Object.entries(weights).map(([name, shape]) => ({ name, shape })), shardBytes);
  log(`Writing random float16 weights of ${folder}: ${Object.keys(weights).length} tensors in ${shards.length} files`);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'config.json'), configText(config));
  /** @param {number} index */
  const nameOf = (index) => (shards.length === 1 ? `${stem}.safetensors` : `${stem}-${padded(index + 1)}-of-${padded(shards.length)}.safetensors`);
  for (const [index, tensors] of shards.entries()) writeRandomWeights(join(folder, nameOf(index)), tensors, { dtype: 'F16', seed: seed * 100 + index });
  if (shards.length === 1) return;
  const map = Object.fromEntries(shards.flatMap((tensors, index) => tensors.map(({ name }) => [name, nameOf(index)])));
  writeFileSync(join(folder, `${stem}.safetensors.index.json`), JSON.stringify({ metadata: {}, weight_map: map }));
}

/** @param {number} number */
function padded(number) {
  return String(number).padStart(5, '0');
}

/**
 * @param {readonly { name: string, shape: number[] }[]} tensors
 * @param {number} most Bytes of one file; a single tensor may have more.
 */
function shardsOf(tensors, most) {
  /** @type {{ name: string, shape: number[] }[][]} */
  const shards = [];
  let bytes = Infinity;
  for (const tensor of tensors) {
    const own = 2 * tensor.shape.reduce((product, size) => product * size, 1);
    if (bytes + own > most) {
      shards.push([]);
      bytes = 0;
    }
    bytes += own;
    shards.at(-1)?.push(tensor);
  }
  return shards;
}
