import { availableParallelism } from 'node:os';
import type { DeviceChoice, DeviceId, DeviceProbe, ProbeOutcome } from '../../contract/devices.ts';
import { internalError, runError, toErrorData } from '../../contract/errors.ts';
import { compileGraph } from './compile.ts';
import { NativeSession } from './native-session.ts';
import { nativeRuntime, type OrtRuntime } from './ort.ts';
import { PROBE_TOLERANCES, probeError, probeGraph, probeInput, type ProbeType } from './probe-graph.ts';
import { DEVICE_PROVIDERS, deviceProvider, prepareEnvironment, type DeviceProvider } from './providers.ts';

/**
 * `auto` leaves the CPU only for a device that does the probe's work at least this much faster: a software renderer that poses as a GPU
 * is many times slower, a real GPU many times faster, so that a busy moment can't tip the choice.
 */
const AUTO_SPEEDUP = 2;

/** Why a provider can't even be tried on this machine, or undefined. */
function knownAbsence(runtime: OrtRuntime, provider: DeviceProvider): string | undefined {
  if (!provider.systems.includes(process.platform)) return `is for ${provider.systems.join(', ')} only, this is ${process.platform}`;
  if (!runtime.backends.some((backend) => backend.name === provider.id)) return `is not part of ONNX Runtime ${runtime.version} for ${process.platform} ${process.arch}`;
  return undefined;
}

async function timeProbe(runtime: OrtRuntime, provider: DeviceProvider, dtype: ProbeType): Promise<ProbeOutcome> {
  const where = `Probe of ${provider.title} with ${dtype}`;
  const compiled = await compileGraph(probeGraph(dtype), where, { provider, threads: availableParallelism(), plan: 'default' });
  const session = await NativeSession.create(runtime, where, compiled);
  try {
    const feeds = { x: probeInput() };
    await session.run(feeds); // shaders are compiled and memory is reserved in the first run
    const started = performance.now();
    const { y } = await session.run(feeds);
    const milliseconds = performance.now() - started;
    const distance = probeError(y?.data as Float32Array);
    const allowed = PROBE_TOLERANCES[dtype];
    if (distance <= allowed) return { works: true, milliseconds };
    return { works: false, reason: `gave wrong numbers: off by ${distance.toPrecision(2)}, allowed ${allowed}` };
  } finally {
    await session.release();
  }
}

/** Runs one probe; a failure of any kind becomes its reason. */
async function runProbe(runtime: OrtRuntime, provider: DeviceProvider, dtype: ProbeType): Promise<ProbeOutcome> {
  const absence = knownAbsence(runtime, provider);
  if (absence !== undefined) return { works: false, reason: absence };
  prepareEnvironment(provider);
  try {
    return await timeProbe(runtime, provider, dtype);
  } catch (thrown) {
    const data = toErrorData(thrown);
    return { works: false, reason: `${data.got ?? data.rule}. ${provider.hint}.` };
  }
}

/** Tries one provider on a small computation with a known answer, in float32 and, if that works, in float16. */
export async function probeDevice(id: DeviceId, runtime?: OrtRuntime): Promise<DeviceProbe> {
  const library = runtime ?? (await nativeRuntime());
  const provider = deviceProvider(id);
  const float32 = await runProbe(library, provider, 'float32');
  const float16: ProbeOutcome = float32.works ? await runProbe(library, provider, 'float16') : { works: false, reason: 'not tried, since float32 does not work' };
  return { id, title: provider.title, float32, float16 };
}

/** Tries every provider, one after the other. */
export async function probeDevices(runtime?: OrtRuntime): Promise<DeviceProbe[]> {
  const probes: DeviceProbe[] = [];
  for (const provider of DEVICE_PROVIDERS) probes.push(await probeDevice(provider.id, runtime));
  return probes;
}

/** The first device in the order of preference that works and is clearly faster than the fallback; else the fallback. */
async function chooseBest(runtime: OrtRuntime): Promise<DeviceId> {
  const fallback = DEVICE_PROVIDERS.find((provider) => provider.fallback === true);
  if (fallback === undefined) throw internalError('device.no-fallback', 'Device list', 'must have a fallback');
  const base = await runProbe(runtime, fallback, 'float32');
  const limit = base.works ? base.milliseconds / AUTO_SPEEDUP : Infinity;
  for (const provider of DEVICE_PROVIDERS.filter((candidate) => candidate !== fallback)) {
    const outcome = await runProbe(runtime, provider, 'float32');
    if (outcome.works && outcome.milliseconds <= limit) return provider.id;
  }
  return fallback.id;
}

/**
 * The device to use for what the user asked for. A provider asked for by name is never replaced by another.
 * @throws AppError `device.unavailable` with the reason, when it doesn't work here.
 */
export async function chooseDevice(choice: DeviceChoice, runtime?: OrtRuntime): Promise<DeviceId> {
  const library = runtime ?? (await nativeRuntime());
  if (choice === 'auto') return chooseBest(library);
  const outcome = await runProbe(library, deviceProvider(choice), 'float32');
  if (outcome.works) return choice;
  throw runError('device.unavailable', `Device "${choice}"`, 'must work on this machine', { got: outcome.reason, hint: 'See `engram doctor` for the devices that do, or use --device auto' });
}
