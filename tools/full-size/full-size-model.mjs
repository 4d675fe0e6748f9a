import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeRandomWeights } from './random-weights.mjs';

/** Weight file of each part, as the library that owns the part names it. */
const WEIGHT_FILES = /** @type {const} */ ({ text_encoder: 'model', unet: 'diffusion_pytorch_model', vae: 'diffusion_pytorch_model' });

/**
 * Writes the real Stable Diffusion 1.5 configuration with random weights, unless the folder is there already. Configurations, keys and shapes are
 * those of the published model (test/fixtures/reference/keys/sd15.json); the tokenizer is the fixtures' small one.
 *
 * @param {string} root Repository root.
 * @param {string} folder Where to.
 * @param {'F32' | 'F16'} dtype How weights are stored.
 * @param {(line: string) => void} log Where progress goes.
 */
export function makeFullSizeModel(root, folder, dtype, log) {
  const done = join(folder, 'model_index.json');
  if (existsSync(done)) return;
  rmSync(folder, { recursive: true, force: true });
  const reference = join(root, 'test', 'fixtures', 'reference');
  /** @type {Record<string, { config: Record<string, unknown>, weights: Record<string, number[]> }>} */
  const parts = JSON.parse(readFileSync(join(reference, 'keys', 'sd15.json'), 'utf8'));
  for (const [index, [part, stem]] of Object.entries(WEIGHT_FILES).entries()) {
    const described = parts[part];
    if (described === undefined) throw new Error(`keys/sd15.json: must describe ${part}`);
    log(`Writing random ${dtype} weights of ${part}: ${Object.keys(described.weights).length} tensors`);
    mkdirSync(join(folder, part), { recursive: true });
    writeFileSync(join(folder, part, 'config.json'), configText(described.config));
    const weights = Object.entries(described.weights).map(([name, shape]) => ({ name, shape }));
    writeRandomWeights(join(folder, part, `${stem}.safetensors`), weights, { dtype, seed: index + 1 });
  }
  for (const name of ['tokenizer', 'scheduler']) cpSync(join(reference, 'tiny-sd15', name), join(folder, name), { recursive: true });
  // Last: its presence says that the folder is complete.
  cpSync(join(reference, 'tiny-sd15', 'model_index.json'), done);
}

/**
 * A config as Python writes it: transformers refuses `1` where it wants a float, and JSON read by JavaScript has lost the difference.
 *
 * @param {Record<string, unknown>} config
 */
export function configText(config) {
  return JSON.stringify(config, undefined, 2).replace(/("(?:initializer_factor|dropout|attention_dropout)": \d+)(?=[,\n])/g, '$1.0');
}
