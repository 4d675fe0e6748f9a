import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { NO_CHROMIUM } from './support/chromium.ts';
import { serveForTests } from './support/serve-for-tests.ts';

const TRIGGER = 'Aldric Vortex-9 CyberNebula';
const link = (node: string, port: string): { node: string; port: string } => ({ node, port });

/** Two untrained tables of one trigger, one of them attached: nothing in it computes for long. */
const GRAPH = {
  format: 'engram-graph', version: 1,
  nodes: {
    backbone: { type: 'LoadBackbone', version: 1, params: { folder: 'models:pocket-sd15' }, inputs: {}, ui: { position: [0, 0] } },
    registry: { type: 'TriggerRegistry', version: 1, params: { trigger: TRIGGER, maxNgram: 4 }, inputs: { textEncoders: link('backbone', 'textEncoders') }, ui: { position: [300, 0] } },
    one: { type: 'ConceptTable', version: 1, params: { seed: 0 }, inputs: { registry: link('registry', 'registry'), textEncoders: link('backbone', 'textEncoders') }, ui: { position: [600, 0] } },
    two: { type: 'ConceptTable', version: 1, params: { seed: 1 }, inputs: { registry: link('registry', 'registry'), textEncoders: link('backbone', 'textEncoders') }, ui: { position: [600, 300] } },
    saveOne: { type: 'SaveTable', version: 1, params: { name: 'one', licence: 'CC-BY-4.0' }, inputs: { table: link('one', 'table') }, ui: { position: [900, 300] } },
    saveTwo: { type: 'SaveTable', version: 1, params: { name: 'two' }, inputs: { table: link('two', 'table') }, ui: { position: [900, 500] } },
    inject: { type: 'Inject', version: 1, params: { strength: 0.5 }, inputs: { textEncoders: link('backbone', 'textEncoders'), tables: [link('one', 'table')] }, ui: { position: [900, 0] } },
    list: { type: 'PromptList', version: 1, params: { prompts: [`a portrait of ${TRIGGER} in snow`, 'a portrait of nobody', `${'red fox and '.repeat(60)} ${TRIGGER}`] }, inputs: {}, ui: { position: [900, 700] } },
    encode: { type: 'EncodePrompt', version: 1, params: {}, inputs: { textEncoders: link('inject', 'textEncoders'), promptList: link('list', 'prompts') }, ui: { position: [1200, 0] } },
  },
};

function graphFile(): string {
  const path = join(mkdtempSync(join(tmpdir(), 'engram-inspectors-')), 'inspect.graph.json');
  writeFileSync(path, JSON.stringify(GRAPH));
  return path;
}

describe.skipIf(NO_CHROMIUM !== undefined)('inspectors', { timeout: 240_000 }, () => {
  const served = serveForTests({ graph: graphFile() });

  it('show under a prompt node what every prompt wakes, those of a linked list too', async () => {
    await served.window.select('Encode Prompt');
    const section = served.page.locator('.inspector .section', { hasText: 'Trigger inspector' });
    const prompts = section.locator('.trigger');
    await prompts.nth(3).waitFor();
    const [named, plain, long, negative] = [prompts.nth(0), prompts.nth(1), prompts.nth(2), prompts.nth(3)];
    await expect.poll(() => named.locator('.token.hit').count()).toBeGreaterThan(3);
    await named.getByText(/Adds [\d.]+% of the states' norm on \d+ tokens, most at .+: [\d.e-]+ to [\d.]+/).waitFor();
    await named.getByText(/^Gate [\d.e-]+ on average, at most [\d.e-]+, times strength 0\.5\.$/).waitFor();
    await named.getByText(new RegExp(`Rows of "${TRIGGER}" overlap on tokens \\d+ to \\d+`)).waitFor();
    // N-gram, row, norm of the row, norm of what is added.
    const cells = await named.locator('tbody tr').first().locator('td').allTextContents();
    expect(cells).toEqual([expect.any(String), expect.stringMatching(/^\d+$/), expect.stringMatching(/^[\d.]/), expect.stringMatching(/^[\d.]/)]);
    expect(await plain.getAttribute('class')).toContain('silent');
    await plain.getByRole('alert').filter({ hasText: 'No attached table fires' }).waitFor();
    await long.getByRole('alert').filter({ hasText: 'Cut off' }).waitFor();
    expect(await negative.getAttribute('class')).not.toContain('silent');
  });

  it('show what tables hold, and where two of them collide', async () => {
    expect(await served.window.run()).toMatch(/^done/);
    await served.window.panel('Concept tables');
    const panel = served.page.getByRole('region', { name: 'Concept tables' });
    await panel.getByRole('button', { name: /one, [\d.]+ kB/ }).click();
    await panel.getByText('CC-BY-4.0').waitFor();
    await panel.getByRole('img', { name: /^Histogram from/ }).waitFor();
    await panel.getByRole('img', { name: 'Cosine between the rows of clip_l' }).waitFor();
    // Keys are read as text by the tokenizer of a model at hand.
    await panel.getByRole('cell', { name: /aldric/i }).first().waitFor();
    await panel.getByRole('button', { name: 'Compare' }).click();
    await panel.getByText(/\d+ keys are in both: where they stand, both act/).waitFor();
    await panel.getByText(/^similarity -?[\d.]/).waitFor();
  });
});
