import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { spawnSync } from 'node:child_process';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { EngineStart } from '../../src/contract/engine-rpc.ts';
import type { NodeEvent, NodeRunRequest } from '../../src/main/runtime/node-runner.ts';
import { writeFileAtomic } from '../../src/main/services/atomic-write.ts';
import { EngineClient } from '../../src/main/services/engine-client.ts';
import { forkEngine } from '../../src/main/services/fork-engine.ts';
import { decodeImageFile, encodePng } from '../../src/main/services/images/codec.ts';
import { readPngText } from '../../src/main/services/images/png-text.ts';
import { pixelHash } from '../../src/main/services/images/rgb-image.ts';
import type { EngineProcess } from '../../src/main/services/message-port.ts';
import { bundleProgram } from '../support/bundle-program.ts';
import { faultOf } from '../support/fault.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

let program = '';
let engine: { client: EngineClient; process: () => EngineProcess | undefined; cacheFolder: string } | undefined;

beforeAll(async () => {
  program = await bundleProgram('src/main/engine-process.ts');
});

afterEach(async () => {
  await engine?.client.dispose();
  engine = undefined;
});

async function startEngine(start: Partial<EngineStart> = {}): Promise<NonNullable<typeof engine>> {
  const cacheFolder = await temporaryFolder();
  let child: EngineProcess | undefined;
  const client = new EngineClient({ spawn: () => (child = forkEngine(program)), start: { device: 'cpu', threads: 1, valueMemory: 1e8, cacheFolder, cacheLimit: 1e8, ...start } });
  engine = { client, process: () => child, cacheFolder };
  return engine;
}

function request(type: string, key: string, more: Partial<NodeRunRequest>): NodeRunRequest {
  const provenance = { program: '0.0.0', device: null, contentKey: key.repeat(64), nodes: {}, files: [] };
  return { nodeId: type.toLowerCase(), where: `${type} "test"`, type, version: 1, params: {}, inputs: {}, contentKey: key.repeat(64), graph: '{"format":"engram-graph"}', outputFolder: '/none', provenance, ...more };
}

const signal = new AbortController().signal;

/** Whether a process has ONNX Runtime's library in memory. */
async function hasRuntime(pid: number | 'self'): Promise<boolean> {
  return (await readFile(`/proc/${pid}/maps`, 'utf8')).includes('onnxruntime');
}

describe('the engine process', () => {
  test('runs real nodes: a picture goes in and out through it, unchanged and signed', async () => {
    const { client, cacheFolder } = await startEngine();
    const folder = await temporaryFolder();
    const image = { width: 8, height: 6, pixels: Uint8Array.from({ length: 8 * 6 * 3 }, (_, index) => (index * 5) % 256) };
    const file = join(folder, 'in.png');
    await writeFileAtomic(file, await encodePng(image));
    await client.run(request('LoadImage', 'a', { params: { file } }), () => undefined, signal);
    expect(await client.lookup('a'.repeat(64), { image: 'Image' })).toBe('memory');
    const events: NodeEvent[] = [];
    const save = request('SaveImage', 'b', { version: 2, params: { name: 'sub/out', format: 'png', quality: 90, lossless: false, chroma: '4:4:4', metadata: 'full' }, inputs: { image: [{ key: 'a'.repeat(64), port: 'image' }] }, outputFolder: join(folder, 'out') });
    await client.run(save, (event) => events.push(event), signal);
    const written = join(folder, 'out', 'sub', 'out.png');
    expect(events).toContainEqual({ type: 'artifact', artifact: { kind: 'image', path: written, sha256: expect.any(String) as string, pixels: pixelHash(image) } });
    expect(pixelHash(await decodeImageFile(written))).toBe(pixelHash(image));
    expect(readPngText(await readFile(written), written).get('engram-graph')).toBe(save.graph);
    // The loaded picture is also on disk: another engine on the same cache has it without running the node.
    expect((await readdir(join(cacheFolder, 'values'))).length).toBeGreaterThan(0);
    await client.dispose();
    const { client: next } = await startEngine({ cacheFolder });
    expect(await next.lookup('a'.repeat(64), { image: 'Image' })).toBe('disk');
  });

  test('tells all nodes, and faults of a node as data', async () => {
    const { client } = await startEngine();
    const types = (await client.catalogue()).map((schema) => schema.type);
    expect(types).toEqual(expect.arrayContaining(['LoadBackbone', 'EncodePrompt', 'SaveImage']));
    const fault = await faultOf(() => client.run(request('LoadImage', 'a', { params: { file: '/none.png' } }), () => undefined, signal));
    expect(fault).toMatchObject({ code: 'files.read', nodeId: 'loadimage' });
  });

  test.runIf(process.platform === 'linux')('is the only one that loads ONNX Runtime, and only when a device is asked for', async () => {
    const { client, process: child } = await startEngine({ threads: 2, plan: 'lean' });
    await client.catalogue();
    const pid = child()?.pid ?? 0;
    expect(await hasRuntime(pid)).toBe(false);
    expect(await client.deviceKey()).toMatch(/^cpu onnxruntime-\S+ threads-2 plan-lean$/);
    expect(await hasRuntime(pid)).toBe(true);
    expect(await hasRuntime('self')).toBe(false);
    expect((await client.probeDevices()).find((probe) => probe.id === 'cpu')?.float32.works).toBe(true);
    expect((await client.memory()).private).toBeGreaterThan(1e6);
  });

  test('a device that is not there is an error that names it, and the engine goes on', async () => {
    const absent = process.platform === 'darwin' ? 'dml' : 'coreml';
    const { client } = await startEngine({ device: absent });
    expect(await faultOf(() => client.deviceKey())).toMatchObject({ code: 'device.unavailable', kind: 'run', where: `Device "${absent}"` });
    expect((await client.catalogue()).length).toBeGreaterThan(0);
  });

  test('ends when main is gone', async () => {
    const script = `const { fork } = require('node:child_process'); const child = fork(${JSON.stringify(program)}, [], { serialization: 'advanced' }); console.log(child.pid); setTimeout(() => process.kill(process.pid, 'SIGKILL'), 500);`;
    const { stdout } = spawnSync(process.execPath, ['-e', script], { encoding: 'utf8' });
    const pid = Number(stdout.trim());
    expect(pid).toBeGreaterThan(0);
    const alive = (): boolean => { try { return process.kill(pid, 0); } catch { return false; } };
    for (let waited = 0; alive() && waited < 10_000; waited += 50) await new Promise((resolve) => setTimeout(resolve, 50));
    expect(alive()).toBe(false);
  });

  test('is not stopped by Ctrl-C, which is for main to answer', async () => {
    const { client, process: child } = await startEngine();
    await client.catalogue();
    process.kill(child()?.pid ?? 0, 'SIGINT');
    process.kill(child()?.pid ?? 0, 'SIGTERM');
    await client.catalogue();
    expect(client.deathsInARow).toBe(0);
  });

  test('refuses to be started by hand', () => {
    const { status, stderr } = spawnSync(process.execPath, [program], { encoding: 'utf8' });
    expect(status).toBe(2);
    expect(stderr).toContain('Engram Studio');
  });
});
