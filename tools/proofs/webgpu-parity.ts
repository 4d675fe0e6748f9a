import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { DeviceId } from '../../src/contract/devices.ts';
import { floatTensor, type FloatTensor, type Tensor } from '../../src/main/core/ir/tensor.ts';
import { newGraph } from '../../src/main/core/ops/registry.ts';
import type { SessionRequest } from '../../src/main/core/session.ts';
import { createTorchGenerator } from '../../src/main/core/random/torch-generator.ts';
import { loadUnet } from '../../src/main/backbones/sd15/unet/denoiser.ts';
import { probeDevice } from '../../src/main/engine/devices.ts';
import { createSessionProvider } from '../../src/main/engine/sessions.ts';
import { gradientOutput, trainingPlan } from '../../src/main/engram/training-graph.ts';
import { defineProof, judge, type ProofContext } from './framework/proof.ts';
import { relativeL2, relativeMaximum, worst } from './support/compare.ts';
import { proofSeed } from './support/live.ts';
import { writeRandomUnet } from './support/random-unet.ts';
import { openFolder } from './support/workbench.ts';

/** Chromium's software Vulkan driver, on which the WebGPU provider runs without a GPU. */
const SOFTWARE_DRIVERS = ['/usr/lib/chromium/vk_swiftshader_icd.json', '/opt/google/chrome/vk_swiftshader_icd.json'];
const TOKENS = 77;

/** Wider than pocket, with all block types of SD1.5; small enough for a driver that computes on the processor. */
const WIDE = {
  in_channels: 4, out_channels: 4, sample_size: 16, block_out_channels: [64, 128, 128], layers_per_block: 1, attention_head_dim: 8, norm_num_groups: 32, cross_attention_dim: 768,
  down_block_types: ['CrossAttnDownBlock2D', 'CrossAttnDownBlock2D', 'DownBlock2D'], up_block_types: ['UpBlock2D', 'CrossAttnUpBlock2D', 'CrossAttnUpBlock2D'],
};

/** Names the software driver for the Vulkan loader when the machine has one, and no other is named. */
function prepareDriver(): void {
  const driver = SOFTWARE_DRIVERS.find((path) => existsSync(path));
  if (process.env['VK_ICD_FILENAMES'] !== undefined || driver === undefined) return;
  process.env['VK_ICD_FILENAMES'] = driver;
  process.env['VK_DRIVER_FILES'] = driver;
  process.env['XDG_RUNTIME_DIR'] ??= '/tmp';
}

/** A forward graph and a training graph, with one set of inputs for both. */
interface Work {
  readonly name: string;
  readonly forward: SessionRequest;
  readonly training: SessionRequest;
  readonly stream: string;
  readonly feeds: Readonly<Record<string, Tensor>>;
  readonly target: FloatTensor;
}

async function workOf(name: string, folder: string, side: number, seed: number): Promise<Work> {
  const unet = await loadUnet(await openFolder(folder));
  const denoiser = unet.denoiser(TOKENS);
  const shape = { batch: 2, height: side, width: side };
  const generator = createTorchGenerator(seed);
  const normal = (dimensions: readonly number[]): FloatTensor => floatTensor(generator.randn(dimensions.reduce((product, size) => product * size, 1)), dimensions);
  const latents = [2, unet.config.in_channels, side, side];
  const [stream] = Object.keys(denoiser.build(newGraph('streams'), shape).states) as [string];
  return {
    name, stream, forward: denoiser.plan(shape), training: trainingPlan(denoiser, shape, [stream]), target: normal(latents),
    feeds: { latents: normal(latents), timestep: floatTensor(Float32Array.of(37, 812), [2]), [`states.${stream}`]: normal([2, TOKENS, unet.config.cross_attention_dim]) },
  };
}

interface Results { readonly prediction: Float32Array; readonly gradient: Float32Array; readonly loss: number; readonly seconds: number }

async function runOn(device: DeviceId, work: Work): Promise<Results> {
  const started = performance.now();
  const sessions = await createSessionProvider({ device });
  const run = async (request: SessionRequest, feeds: Readonly<Record<string, Tensor>>): Promise<Readonly<Record<string, Tensor>>> => {
    const session = await sessions.acquire(request);
    try {
      return await session.run(feeds);
    } finally {
      await session.dispose();
    }
  };
  try {
    const { prediction } = await run(work.forward, work.feeds);
    const trained = await run(work.training, { ...work.feeds, target: work.target });
    return {
      prediction: prediction?.data as Float32Array, gradient: trained[gradientOutput(work.stream)]?.data as Float32Array,
      loss: Number(trained['loss']?.data[0]), seconds: (performance.now() - started) / 1000,
    };
  } finally {
    await sessions.dispose();
  }
}

async function compareDevices(context: ProofContext, work: Work): Promise<Record<'forward' | 'gradient' | 'loss', number>> {
  const [cpu, gpu] = [await runOn('cpu', work), await runOn('webgpu', work)];
  const errors = {
    forward: relativeMaximum(gpu.prediction, cpu.prediction), gradient: relativeL2(gpu.gradient, cpu.gradient), loss: Math.abs(gpu.loss - cpu.loss) / cpu.loss,
  };
  context.log(`${work.name}: ${JSON.stringify(errors)}, CPU ${cpu.seconds.toFixed(1)} s, WebGPU ${gpu.seconds.toFixed(1)} s`);
  return errors;
}

export const webgpuParity = defineProof({
  name: 'webgpu-parity',
  expectedSeconds: 180,
  summary: 'On WebGPU (in software where there is no GPU) the pocket U-Net and a wide random one predict and differentiate as on the CPU.',
  async run(context) {
    prepareDriver();
    const probe = await probeDevice('webgpu');
    if (!probe.float32.works) {
      throw new Error(`WebGPU does not work here (${probe.float32.reason}); without a GPU it needs a software Vulkan driver, such as Debian's packages chromium and libvulkan1 give`);
    }
    const seed = proofSeed();
    const folder = join(context.workFolder, 'wide', 'unet');
    await writeRandomUnet(folder, WIDE, seed);
    const works = [
      await workOf('pocket', join(context.root, 'models', 'pocket-sd15', 'unet'), 8, seed),
      await workOf('wide', folder, 16, seed + 1),
    ];
    const found: Record<'forward' | 'gradient' | 'loss', number>[] = [];
    for (const work of works) found.push(await compareDevices(context, work));
    const largest = (name: 'forward' | 'gradient' | 'loss'): number => worst(found.map((errors) => errors[name]));
    const figures = { forwardRelative: largest('forward'), gradientRelativeL2: largest('gradient'), lossRelative: largest('loss'), models: works.map(({ name }) => name), wideChannels: WIDE.block_out_channels, seed };
    return judge(figures, { forwardRelative: { atMost: 1e-4 }, gradientRelativeL2: { atMost: 1e-4 }, lossRelative: { atMost: 1e-4 } });
  },
});
