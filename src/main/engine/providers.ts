import type { DeviceId } from '../../contract/devices.ts';
import { internalError } from '../../contract/errors.ts';
import type { SessionOptions } from './ort.ts';

/** One execution provider of ONNX Runtime: how sessions ask for it, and what to say when it isn't there. */
export interface DeviceProvider {
  readonly id: DeviceId;
  readonly title: string;
  /** Systems that ONNX Runtime's npm package supports it on. */
  readonly systems: readonly NodeJS.Platform[];
  readonly options: SessionOptions;
  /** Environment variables that must stand before the provider's libraries are loaded; what the user has set wins. */
  readonly environment: Readonly<Record<string, string>>;
  /** What to do when the probe fails, as a sentence. */
  readonly hint: string;
  /** Works on every machine: what `auto` measures the others against and falls back to. */
  readonly fallback?: true;
}

/** CoreML: build an ML program (typed, keeps float32) and use CPU and GPU only: the neural engine computes in half precision. */
const COREML_MLPROGRAM = 0x010;
const COREML_CPU_AND_GPU = 0x020;

/** Every provider, one entry each, in the order in which `auto` prefers them. */
export const DEVICE_PROVIDERS: readonly DeviceProvider[] = [
  {
    id: 'cuda',
    title: 'NVIDIA GPU (CUDA)',
    systems: ['linux'],
    options: { executionProviders: [{ name: 'cuda', deviceId: 0 }] },
    // Otherwise cuBLAS and cuDNN round float32 inputs to TF32 (10 bits of fraction).
    environment: { NVIDIA_TF32_OVERRIDE: '0' },
    hint: 'It needs an NVIDIA driver, CUDA 12, cuDNN 9 and ONNX Runtime\'s CUDA libraries beside its own',
  },
  {
    id: 'coreml',
    title: 'Apple GPU (Core ML)',
    systems: ['darwin'],
    options: { executionProviders: [{ name: 'coreml', coreMlFlags: COREML_MLPROGRAM | COREML_CPU_AND_GPU }] },
    environment: {},
    hint: 'It needs macOS on Apple silicon',
  },
  {
    id: 'dml',
    title: 'DirectX 12 GPU (DirectML)',
    systems: ['win32'],
    // DirectML refuses memory patterns and parallel execution.
    options: { executionProviders: [{ name: 'dml', deviceId: 0 }], enableMemPattern: false, executionMode: 'sequential' },
    environment: {},
    hint: 'It needs a DirectX 12 graphics card with a current driver',
  },
  {
    id: 'webgpu',
    title: 'GPU (WebGPU)',
    systems: ['linux', 'win32', 'darwin'],
    options: { executionProviders: [{ name: 'webgpu', preferredLayout: 'NCHW' }] },
    environment: {},
    hint: 'It needs a graphics driver: Vulkan on Linux, DirectX 12 on Windows, Metal on macOS',
  },
  {
    id: 'cpu',
    title: 'CPU',
    systems: ['linux', 'win32', 'darwin'],
    options: { executionProviders: ['cpu'] },
    environment: {},
    hint: 'Reinstall the program',
    fallback: true,
  },
];

/** The record of a provider. */
export function deviceProvider(id: DeviceId): DeviceProvider {
  const provider = DEVICE_PROVIDERS.find((candidate) => candidate.id === id);
  if (provider === undefined) throw internalError('device.unknown', 'Device', 'must be a listed provider', { got: id });
  return provider;
}

/** Sets what a provider wants in this process's environment. Call before its first session. */
export function prepareEnvironment(provider: DeviceProvider): void {
  for (const [name, value] of Object.entries(provider.environment)) process.env[name] ??= value;
}
