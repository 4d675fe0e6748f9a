import { Tensor as OrtTensor } from 'onnxruntime-node';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { DEVICE_IDS } from '../../../src/contract/devices.ts';
import { chooseDevice, probeDevice, probeDevices } from '../../../src/main/engine/devices.ts';
import { probeError, probeInput, SMALL_WORK } from '../../../src/main/engine/probe-graph.ts';
import { DEVICE_PROVIDERS } from '../../../src/main/engine/providers.ts';
import { expectNoLeaks } from '../../support/expect-no-leaks.ts';
import { FakeOrt } from '../../support/fake-ort.ts';
import { faultOf } from '../../support/fault.ts';

afterEach(() => {
  vi.restoreAllMocks();
  expectNoLeaks();
});

/** A runtime with every provider; the probe's answer is its input, off by `error`. */
class FakeDevices extends FakeOrt {
  override readonly backends = DEVICE_IDS.map((name) => ({ name, bundled: true }));

  constructor(error: number) {
    super((feeds) => {
      const { data, dims } = feeds['x'] as OrtTensor;
      return { y: new OrtTensor('float32', (data as Float32Array).map((value) => value + error), dims) };
    });
  }
}

describe('the list of providers', () => {
  test('has every device once, and one fallback', () => {
    expect(DEVICE_PROVIDERS.map((provider) => provider.id).sort()).toEqual([...DEVICE_IDS].sort());
    expect(DEVICE_PROVIDERS.filter((provider) => provider.fallback === true).map((provider) => provider.id)).toEqual(['cpu']);
  });
});

describe('probeDevices on this machine', () => {
  test('the CPU works in both element types; what does not work has a reason', async () => {
    const probes = await probeDevices();
    expect(probes.map((probe) => probe.id).sort()).toEqual([...DEVICE_IDS].sort());
    const cpu = probes.find((probe) => probe.id === 'cpu');
    expect(cpu).toMatchObject({ float32: { works: true }, float16: { works: true } });
    for (const { float32, float16 } of probes) {
      for (const outcome of [float32, float16]) {
        if (outcome.works) expect(outcome.milliseconds).toBeGreaterThan(0);
        else expect(outcome.reason).toMatch(/\w+ \w+/);
      }
    }
  });

  test('a provider that is for another system, or not in the library, says so', async () => {
    const foreign = DEVICE_PROVIDERS.find((provider) => !provider.systems.includes(process.platform));
    const outcome = (await probeDevice(foreign?.id ?? 'dml')).float32;
    expect(outcome).toMatchObject({ works: false, reason: expect.stringContaining(`this is ${process.platform}`) as string });
    const here = DEVICE_PROVIDERS.find((provider) => provider.systems.includes(process.platform) && provider.id !== 'cpu');
    expect((await probeDevice(here?.id ?? 'webgpu', new FakeOrt())).float32).toMatchObject({ works: false, reason: expect.stringContaining('is not part of ONNX Runtime') as string });
  });
});

describe('chooseDevice', () => {
  test('a provider asked for by name is an error with the reason when it does not work, never another provider', async () => {
    const runtime = new FakeDevices(0);
    runtime.failures.push(new Error('Failed to load shared library'));
    const fault = await faultOf(() => chooseDevice('webgpu', runtime));
    expect(fault).toMatchObject({ code: 'device.unavailable', kind: 'run', where: 'Device "webgpu"' });
    expect(fault.got).toContain('Failed to load shared library');
    expect(await chooseDevice('webgpu', new FakeDevices(0))).toBe('webgpu');
  });

  test.each([1e-3, Number.NaN])('a device that is off by %d is not taken', async (error) => {
    expect((await faultOf(() => chooseDevice('webgpu', new FakeDevices(error)))).got).toContain('wrong numbers');
  });

  test('auto takes the CPU where nothing else works', async () => {
    const runtime = new FakeOrt();
    expect(await chooseDevice('auto', runtime)).toBe('cpu');
  });

  test('auto takes a device that is clearly faster than the CPU, and leaves one that is slower', async () => {
    vi.spyOn(performance, 'now').mockImplementation(() => clock);
    const choose = async (device: { small: number; large: number }): Promise<string> => chooseDevice('auto', timedRuntime('webgpu', device, { small: 1, large: 40 }));
    expect(await choose({ small: 2, large: 5 })).toBe('webgpu');
    expect(await choose({ small: 2, large: 38 })).toBe('cpu'); // not twice as fast
    expect(await choose({ small: 120, large: 1 })).toBe('cpu'); // a software renderer shows in the small work
  });
});

/** Milliseconds of a clock that only the runs below move on. */
let clock = 0;

/** A runtime with the CPU and one other provider, whose runs take the given milliseconds for the small and the large work. */
function timedRuntime(id: string, device: { small: number; large: number }, cpu: { small: number; large: number }): FakeOrt {
  class Timed extends FakeOrt {
    override readonly backends = [{ name: id, bundled: true }, { name: 'cpu', bundled: true }];
    override create(...[model, options]: Parameters<FakeOrt['create']>): ReturnType<FakeOrt['create']> {
      const [provider] = options.executionProviders ?? [];
      const isCpu = provider === 'cpu';
      return super.create(model, options).then((session) => ({
        ...session,
        run: async (feeds: Readonly<Record<string, OrtTensor>>) => {
          const x = feeds['x'] as OrtTensor;
          const isSmall = x.dims[0] === SMALL_WORK.size;
          const times = isCpu ? cpu : device;
          clock += isSmall ? times.small : times.large;
          return { y: new OrtTensor('float32', x.data as Float32Array, x.dims) };
        },
      }));
    }
  }
  return new Timed();
}

describe('the probe\'s check', () => {
  test('sees a single wrong or missing value', () => {
    const right = probeInput(SMALL_WORK).data;
    expect(probeError(right, SMALL_WORK)).toBe(0);
    expect(probeError(right.map((value, index) => (index === 777 ? value + 0.5 : value)), SMALL_WORK)).toBeCloseTo(0.5, 5);
    expect(probeError(right.map((value, index) => (index === 777 ? Number.NaN : value)), SMALL_WORK)).toBe(Infinity);
    expect(probeError(right.subarray(1), SMALL_WORK)).toBe(Infinity);
  });

  test('sees inputs that were rounded to TF32', () => {
    const rounded = probeInput(SMALL_WORK).data.map((value) => Math.round(value * 1024) / 1024);
    expect(probeError(rounded, SMALL_WORK)).toBeGreaterThan(2e-4);
  });
});
