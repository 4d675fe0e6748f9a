import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { REFERENCE } from '../support/reference-case.ts';
import { NO_CHROMIUM } from './support/chromium.ts';
import { serveForTests } from './support/serve-for-tests.ts';

const TRIGGER = 'Aldric Vortex-9 CyberNebula';
const link = (node: string, port: string): { node: string; port: string } => ({ node, port });

/** A table on a model of three text streams: trained for three steps, injected, sampled, decoded, and measured stream by stream. */
const GRAPH = {
  format: 'engram-graph', version: 1,
  nodes: {
    backbone: { type: 'LoadBackbone', version: 1, params: { folder: 'reference:tiny-sd3', segments: 2 }, inputs: {}, ui: { position: [0, 0] } },
    registry: { type: 'TriggerRegistry', version: 1, params: { trigger: TRIGGER }, inputs: { textEncoders: link('backbone', 'textEncoders') }, ui: { position: [300, 0] } },
    untrained: { type: 'ConceptTable', version: 1, params: {}, inputs: { registry: link('registry', 'registry'), textEncoders: link('backbone', 'textEncoders') }, ui: { position: [600, 0] } },
    references: { type: 'ImageDataset', version: 1, params: { folder: 'examples:datasets/aldric', trigger: TRIGGER }, inputs: {}, ui: { position: [300, 300] } },
    train: { type: 'Train', version: 1, params: { steps: 3, width: 32, height: 32 }, inputs: { backbone: link('backbone', 'backbone'), table: link('untrained', 'table'), dataset: link('references', 'dataset') }, ui: { position: [900, 300] } },
    inject: { type: 'Inject', version: 1, params: { strength: 2 }, inputs: { textEncoders: link('backbone', 'textEncoders'), tables: [link('train', 'table')] }, ui: { position: [1200, 0] } },
    encode: { type: 'EncodePrompt', version: 1, params: { prompts: [`a portrait of ${TRIGGER} in snow`] }, inputs: { textEncoders: link('inject', 'textEncoders') }, ui: { position: [1500, 0] } },
    latent: { type: 'EmptyLatent', version: 1, params: { width: 32, height: 32, seeds: [1] }, inputs: { backbone: link('backbone', 'backbone') }, ui: { position: [1200, 400] } },
    sample: { type: 'Sample', version: 1, params: { steps: 2 }, inputs: { backbone: link('backbone', 'backbone'), positive: link('encode', 'positive'), negative: link('encode', 'negative'), latents: link('latent', 'latents') }, ui: { position: [1800, 0] } },
    decode: { type: 'VAEDecode', version: 1, params: {}, inputs: { vae: link('backbone', 'vae'), latents: link('sample', 'latents') }, ui: { position: [2100, 0] } },
    save: { type: 'SaveImage', version: 1, params: { name: 'streams' }, inputs: { image: link('decode', 'image') }, ui: { position: [2400, 0] } },
    shares: { type: 'StreamShares', version: 1, params: { steps: 2 }, inputs: { backbone: link('backbone', 'backbone'), textEncoders: link('inject', 'textEncoders'), latents: link('latent', 'latents') }, ui: { position: [1800, 400] } },
    saveReport: { type: 'SaveReport', version: 1, params: { name: 'shares' }, inputs: { report: link('shares', 'report') }, ui: { position: [2100, 400] } },
  },
};

/** A studio's folder whose settings know where the small reference models lie. */
function studioFolder(): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'engram-streams-')));
  mkdirSync(join(folder, 'Engram Studio'));
  writeFileSync(join(folder, 'settings.json'), JSON.stringify({ modelRoots: { reference: REFERENCE } }));
  writeFileSync(join(folder, 'Engram Studio', 'streams.graph.json'), JSON.stringify(GRAPH));
  return folder;
}

describe.skipIf(NO_CHROMIUM !== undefined)('three text streams in the window', { timeout: 240_000 }, () => {
  const folder = studioFolder();
  const served = serveForTests({ folder, graph: join(folder, 'Engram Studio', 'streams.graph.json'), viewport: { width: 1600, height: 1100 } });
  afterAll(() => { rmSync(folder, { recursive: true, force: true }); });
  const inspector = (): ReturnType<typeof served.page.locator> => served.page.locator('.inspector');

  it('have a switch and a factor each on Inject', async () => {
    await served.window.select('Inject');
    const rows = inspector().locator('.stream-factor');
    await rows.nth(2).waitFor();
    await expect.poll(() => rows.locator('label').allTextContents()).toEqual(['clip_l', 'clip_g', 't5']);
    await inspector().getByRole('switch', { name: 'Tables act in t5' }).uncheck();
    await inspector().getByLabel('clip_g', { exact: true }).fill('0.5');
    await inspector().getByLabel('clip_g', { exact: true }).blur();
    const saved = JSON.parse(await served.window.saveAs(served.studio.workFolder, 'changed')) as typeof GRAPH;
    expect(saved.nodes.inject.params).toEqual({ strength: 2, streamStrengths: ['t5=0', 'clip_g=0.5'] });
    await inspector().getByRole('switch', { name: 'Tables act in t5' }).check();
  });

  it('are measured one by one, and what was found stands on the node', async () => {
    expect(await served.window.run()).toMatch(/^done/);
    await served.window.select('Stream Shares');
    const findings = inspector().locator('.findings');
    await findings.getByText(/^The tables change the prediction by [\d.]+%\. Shares: clip_l -?[\d.]+%, clip_g -?[\d.]+%, t5 -?[\d.]+%, only together/).waitFor();
    const names = await findings.locator('dt').allTextContents();
    expect(names).toEqual(['images', 'steps', 'change', 'clip_l change', 'clip_l share', 'clip_g change', 'clip_g share', 't5 change', 't5 share', 'together share']);
    await served.window.select('Train');
    await inspector().getByText(/^Trained 3 steps: loss/).waitFor();
  });

  it('stand side by side in the trigger inspector, each with its own tokens', async () => {
    await served.window.select('Encode Prompt');
    const shares = inspector().getByRole('table', { name: 'What is added in each text stream' });
    await shares.waitFor();
    const rows = await shares.locator('tbody tr').evaluateAll((all) => all.map((row) => [...row.querySelectorAll('td')].map((cell) => cell.textContent ?? '')));
    expect(rows.map(([stream]) => stream)).toEqual(['clip_l', 'clip_g', 't5']);
    for (const [, spans, tokens, added, gate] of rows) {
      expect(Number(spans)).toBeGreaterThan(0);
      expect(Number(tokens)).toBeGreaterThan(0);
      expect(added).toMatch(/^[\d.e-]+%$/);
      expect(Number(gate)).toBeGreaterThan(0);
    }
    const prompt = inspector().locator('.trigger').first();
    await expect.poll(() => prompt.locator('.tokens').count()).toBe(3);
    await prompt.getByText(/^Gate [\d.e-]+ on average, at most [\d.e-]+, times strength 1\.$/).waitFor();
    expect(served.studio.complaints).toEqual([]);
  });
});
