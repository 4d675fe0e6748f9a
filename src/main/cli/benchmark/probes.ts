import { z } from 'zod';
import { inputError } from '../../../contract/errors.ts';
import { configSchema, readConfig } from '../../backbones/config-reader.ts';
import { convLayer, linearLayer, size } from '../../backbones/layers.ts';
import { ModuleScope } from '../../backbones/module-scope.ts';
import type { ModelFolder } from '../../backbones/backbone.ts';
import { readStoredWeights } from '../../backbones/weight-files.ts';
import { WeightSource } from '../../backbones/weights.ts';
import { floatTensor } from '../../core/ir/tensor.ts';
import type { Graph, Value } from '../../core/ir/types.ts';
import { reduceMean, reshape, silu } from '../../core/ops/functions.ts';
import { newGraph } from '../../core/ops/registry.ts';
import type { SessionProvider } from '../../core/session.ts';
import { resizeImage } from '../../services/images/codec.ts';
import type { RgbImage } from '../../services/images/rgb-image.ts';
import type { Values } from './data.ts';

const PROBES_CONFIG = configSchema({
  version: z.literal(1), size: z.int().positive(),
  /** Side of the grid over whose fields features are averaged. */
  grid: z.int().positive(),
  /** Stride of each convolution. */
  strides: z.array(z.int().min(1).max(2)).min(1),
  /** Classes by attribute. */
  attributes: z.record(z.string(), z.array(z.string()).min(2)),
  sceneAttributes: z.array(z.string()),
  /** Share of right answers on held-out drawings. */
  accuracy: z.record(z.string(), z.number()),
  heldOutDrawings: z.int(),
}, []);
export type ProbesConfig = z.infer<typeof PROBES_CONFIG.schema>;

/** What of a picture is looked at: all of it, or one half in the middle of a grey picture, where one of two figures stands. */
export type View = 'whole' | 'left' | 'right';

/** What the probes read out of one view of one picture. */
export interface Reading {
  readonly values: Values;
  /** Means of the last feature maps, [channels]. */
  readonly features: Float32Array;
}

/** Small convolutional nets that read attributes out of pictures, on shared features. */
export interface Probes {
  readonly config: ProbesConfig;
  /** Reads one view of each picture; pictures of another size are resized first. */
  read(sessions: SessionProvider, pictures: readonly RgbImage[], view?: View): Promise<Reading[]>;
}

/** Pictures per run: more is not faster on nets this small. */
const BATCH = 16;

function probesGraph(weights: WeightSource, config: ProbesConfig, widths: readonly number[], batch: number): Graph {
  const builder = newGraph('probes');
  const scope = new ModuleScope(builder, weights);
  let x: Value = builder.input('image', 'float32', [batch, 3, config.size, config.size]);
  config.strides.forEach((stride, index) => {
    x = silu(builder, convLayer(scope, `convolutions.${index}`, x, widths[index] as number, 3, { stride, padding: 1 }));
  });
  const [channels, side, { grid }] = [size(x, 1), size(x, 2), config];
  const fields = reduceMean(builder, reshape(builder, x, [batch, channels, grid, side / grid, grid, side / grid]), [3, 5], false);
  builder.output('features', reduceMean(builder, x, [2, 3], false));
  const flat = reshape(builder, fields, [batch, channels * grid * grid]);
  for (const [attribute, classes] of Object.entries(config.attributes)) builder.output(`values.${attribute}`, linearLayer(scope, `heads.${attribute}`, flat, classes.length));
  return builder.build();
}

/** -1..1, channels first; of a half view only that half, in the middle. */
function writePixels(target: Float32Array, at: number, { pixels, width }: RgbImage, view: View): void {
  const plane = width * width;
  const [start, half] = [view === 'right' ? width / 2 : 0, width / 2];
  for (let y = 0; y < width; y += 1) {
    for (let x = 0; x < (view === 'whole' ? width : half); x += 1) {
      const source = (y * width + x + start) * 3;
      const to = at * plane * 3 + y * width + (view === 'whole' ? x : x + width / 4);
      for (let channel = 0; channel < 3; channel += 1) target[to + channel * plane] = (pixels[source + channel] as number) / 127.5 - 1;
    }
  }
}

function bestOf(logits: Float32Array, at: number, classes: readonly string[]): string {
  let best = 0;
  for (let index = 1; index < classes.length; index += 1) if ((logits[at * classes.length + index] as number) > (logits[at * classes.length + best] as number)) best = index;
  return classes[best] as string;
}

/**
 * Opens the probes of a benchmark's folder: `probes.json` and `probes.safetensors`.
 * @throws AppError `benchmark.no-probes` when there are none, or what is wrong with the files.
 */
export async function openProbes(folder: ModelFolder): Promise<Probes> {
  if (!(await folder.has('probes.json'))) {
    throw inputError('benchmark.no-probes', folder.label, 'must hold probes.json and probes.safetensors', { hint: 'tools/pocket tells how probes are trained' });
  }
  const config = await readConfig(folder, 'probes.json', PROBES_CONFIG);
  const stored = await readStoredWeights(folder, '', { stem: 'probes', unreadable: [] });
  const widths = config.strides.map((_, index) => stored.get(`convolutions.${index}.bias`)?.shape[0] ?? 0);
  const fingerprint = await folder.fingerprint('probes.safetensors');
  const weightsOf = (): WeightSource => new WeightSource({ label: 'probes', stored });
  return {
    config,
    async read(sessions, pictures, view = 'whole') {
      const readings: Reading[] = [];
      for (let first = 0; first < pictures.length; first += BATCH) {
        const some = await Promise.all(pictures.slice(first, first + BATCH).map((picture) => resizeImage(picture, config.size, config.size, 'stretch')));
        const image = new Float32Array(BATCH * 3 * config.size ** 2);
        some.forEach((picture, index) => { writePixels(image, index, picture, view); });
        const session = await sessions.acquire({ key: `probes/${fingerprint}/${BATCH}`, build: () => probesGraph(weightsOf(), config, widths, BATCH) });
        const results = await session.run({ image: floatTensor(image, [BATCH, 3, config.size, config.size]) }).finally(() => session.dispose());
        const features = results['features']?.data as Float32Array;
        const channels = features.length / BATCH;
        readings.push(...some.map((_, index) => ({
          values: Object.fromEntries(Object.entries(config.attributes).map(([attribute, classes]) => [attribute, bestOf(results[`values.${attribute}`]?.data as Float32Array, index, classes)])),
          features: features.slice(index * channels, (index + 1) * channels),
        })));
      }
      return readings;
    },
  };
}
