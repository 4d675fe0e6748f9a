import { availableParallelism } from 'node:os';
import type { DeviceChoice, DeviceId, DeviceProbe, ProbeOutcome } from '../../contract/devices.ts';
import { internalError, runError, toErrorData } from '../../contract/errors.ts';
import { compileGraph } from './compile.ts';
import { NativeSession } from './native-session.ts';
import { nativeRuntime, type OrtRuntime } from './ort.ts';
import { LARGE_WORK, PROBE_TOLERANCES, probeError, probeGraph, probeInput, SMALL_WORK, type ProbeType, type ProbeWork } from './probe-graph.ts';
import { DEVICE_PROVIDERS, deviceProvider, prepareEnvironment, type DeviceProvider } from './providers.ts';

/** Warm runs of a probe; the fastest counts, so that a busy moment doesn't. */
const TIMED_RUNS = 3;

/** A software renderer that poses as a GPU takes longer than this for the small work, a real one a few milliseconds: `auto` doesn't time it further. */
const SMALL_WORK_LIMIT_MS = 50;

/** `auto` leaves the fallback only for a device that does the large work at least this much faster. */
const AUTO_SPEEDUP = 2;

/** Why a provider can't even be tried on this machine, or undefined. */
function knownAbsence(runtime: OrtRuntime, provider: DeviceProvider): string | undefined {
  if (!provider.systems.includes(process.platform)) return `is for ${provider.systems.join(', ')} only, this is ${process.platform}`;
  if (!runtime.backends.some((backend) => backend.name === provider.id)) return `is not part of ONNX Runtime ${runtime.version} for ${process.platform} ${process.arch}`;
  return undefined;
}

/** Runs a computation with a known answer, times it and checks it. */
async function timeProbe(runtime: OrtRuntime, provider: DeviceProvider, dtype: ProbeType, work: ProbeWork): Promise<ProbeOutcome> {
  const where = `Probe of ${provider.title} with ${dtype}`;
  const compiled = await compileGraph(probeGraph(dtype, work), where, { provider, threads: availableParallelism(), plan: 'default' });
  const session = await NativeSession.create(runtime, where, compiled);
  try {
    const feeds = { x: probeInput(work) };
    let { y } = await session.run(feeds); // shaders are compiled and memory is reserved in the first run
    let milliseconds = Infinity;
    for (let run = 0; run < TIMED_RUNS; run += 1) {
      const started = performance.now();
      ({ y } = await session.run(feeds));
      milliseconds = Math.min(milliseconds, performance.now() - started);
    }
    const distance = probeError(y?.data as Float32Array, work);
    const allowed = PROBE_TOLERANCES[dtype];
    if (distance <= allowed) return { works: true, milliseconds };
    return { works: false, reason: `gave wrong numbers: off by ${distance.toPrecision(2)}, allowed ${allowed}` };
  } finally {
    await session.release();
  }
}

/** Runs one probe; a failure of any kind becomes its reason. */
async function runProbe(runtime: OrtRuntime, provider: DeviceProvider, dtype: ProbeType, work: ProbeWork = SMALL_WORK): Promise<ProbeOutcome> {
  const absence = knownAbsence(runtime, provider);
  if (absence !== undefined) return { works: false, reason: absence };
  prepareEnvironment(provider);
  try {
    return await timeProbe(runtime, provider, dtype, work);
  } catch (thrown) {
    const data = toErrorData(thrown);
    const reason = data.got ?? data.rule;
    // Where float32 works the device is set up; it just can't do float16.
    return { works: false, reason: dtype === 'float32' ? `${reason}. ${provider.hint}` : reason };
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

/** Milliseconds for the large work; infinite when it fails. */
async function largeWorkTime(runtime: OrtRuntime, provider: DeviceProvider): Promise<number> {
  const outcome = await runProbe(runtime, provider, 'float32', LARGE_WORK);
  return outcome.works ? outcome.milliseconds : Infinity;
}

/** The first device in the order of preference that works and is clearly faster than the fallback; else the fallback. */
async function chooseBest(runtime: OrtRuntime): Promise<DeviceId> {
  const fallback = DEVICE_PROVIDERS.find((provider) => provider.fallback === true);
  if (fallback === undefined) throw internalError('device.no-fallback', 'Device list', 'must have a fallback');
  let limit: number | undefined;
  for (const provider of DEVICE_PROVIDERS.filter((candidate) => candidate !== fallback)) {
    const small = await runProbe(runtime, provider, 'float32');
    if (!small.works || small.milliseconds > SMALL_WORK_LIMIT_MS) continue;
    limit ??= await largeWorkTime(runtime, fallback) / AUTO_SPEEDUP;
    if (await largeWorkTime(runtime, provider) <= limit) return provider.id;
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
