import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { encodePng } from '../../../src/main/services/images/codec.ts';
import { engram } from '../../support/cli.ts';
import { picture } from '../../support/pictures.ts';
import { REFERENCE } from '../../support/reference-case.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const STEPS = 250;
const link = (node: string, port: string) => ({ node, port });
const GRAPH = {
  format: 'engram-graph', version: 1,
  nodes: {
    backbone: { type: 'LoadBackbone', version: 1, params: { folder: 'models:tiny-sd15' } },
    registry: { type: 'TriggerRegistry', version: 1, params: { trigger: 'Aldric Vortex' }, inputs: { textEncoders: link('backbone', 'textEncoders') } },
    table: { type: 'ConceptTable', version: 1, inputs: { registry: link('registry', 'registry'), textEncoders: link('backbone', 'textEncoders') } },
    dataset: { type: 'ImageDataset', version: 1, params: { folder: 'images' } },
    train: { type: 'Train', version: 1, params: { steps: STEPS, batchSize: 1 }, inputs: { backbone: link('backbone', 'backbone'), table: link('table', 'table'), dataset: link('dataset', 'dataset') } },
    save: { type: 'SaveTable', version: 1, params: { name: 'aldric' }, inputs: { table: link('train', 'table') } },
  },
};

async function workspace(): Promise<string> {
  const folder = await temporaryFolder();
  await writeFile(join(folder, 'bind.graph.json'), JSON.stringify(GRAPH));
  await mkdir(join(folder, 'images'));
  await writeFile(join(folder, 'images', '1.png'), await encodePng(picture(64, 64, 1)));
  await writeFile(join(folder, 'images', '1.txt'), 'a portrait of Aldric Vortex');
  return folder;
}

/** Checkpoints of unfinished training below a run's cache. */
async function checkpoints(cwd: string): Promise<string[]> {
  const names = await readdir(join(cwd, 'cache', 'work'), { recursive: true }).catch(() => []);
  return names.filter((name) => name.endsWith('checkpoint.safetensors'));
}

/** Runs, and kills the process (and with it the engine, whose line breaks) as soon as a first checkpoint lies there. */
async function runAndKill(cwd: string): Promise<void> {
  let watched = false;
  const { code } = await engram(['run', 'bind.graph.json', '--models', REFERENCE, '--out', 'out'], {
    cwd,
    onStderr: (_text, child) => {
      if (watched) return;
      watched = true;
      const timer = setInterval(() => void checkpoints(cwd).then((found) => {
        if (found.length === 0) return;
        clearInterval(timer);
        child.kill('SIGKILL');
      }), 50);
      child.on('exit', () => { clearInterval(timer); });
    },
  });
  expect(code).toBeNull();
}

// Two whole runs of several seconds each, beside whatever else the machine is doing.
describe('kill -9 in training', { timeout: 400_000 }, () => {
  it('goes on from the last checkpoint, and ends with the bytes of an unbroken run', async () => {
    const [broken, whole] = [await workspace(), await workspace()];
    await runAndKill(broken);
    expect(await checkpoints(broken)).toHaveLength(1);
    const resumed = await engram(['run', 'bind.graph.json', '--models', REFERENCE, '--out', 'out'], { cwd: broken });
    expect(resumed).toMatchObject({ code: 0, err: expect.not.stringContaining('training begins anew') as string });
    const unbroken = await engram(['run', 'bind.graph.json', '--models', REFERENCE, '--out', 'out'], { cwd: whole });
    expect(unbroken).toMatchObject({ code: 0 });
    const [bytes, expected] = await Promise.all([broken, whole].map((cwd) => readFile(join(cwd, 'out', 'aldric.engram.safetensors'))));
    expect(bytes?.equals(expected as Buffer)).toBe(true);
    expect(await checkpoints(broken)).toEqual([]);
  });
});
