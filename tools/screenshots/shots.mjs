import { closePanel, fit, openShipped, run, RUN_MS, selectNode, setParam, setScale, setTheme, showPanel, untilDone, untilStep } from './hands.mjs';
import { startFleet } from './fleet.mjs';

/** @typedef {import('playwright-core').Page} Page */

/**
 * A picture, and what is done before it is taken.
 *
 * @typedef {object} Shot
 * @property {string} name
 * @property {(page: Page, scene: Scene) => Promise<unknown>} act
 * @property {boolean} [large] Taken at 3840 x 2160.
 */

/**
 * @typedef {object} Scene
 * @property {string} folder A folder for what the pictures need: a shared store, Redis.
 * @property {(end: () => Promise<void>) => void} atEnd Keeps what ends something.
 */

/** @param {Page} page @param {string} keys */
async function press(page, keys) {
  await page.keyboard.press('Escape');
  await page.keyboard.press(keys);
}

/** @param {Page} page */
async function openPalette(page) {
  await page.locator('#graph-canvas').focus();
  await page.keyboard.press('Tab');
  await page.keyboard.type('enc');
}

/** A training of its own, so that it is one also where the graph's was cached. @param {Page} page */
async function startTraining(page) {
  await selectNode(page, 'train');
  await setParam(page, 'seed', '7');
  await closePanel(page);
  await run(page);
  await page.waitForFunction(() => /[3-9] of/.test(document.querySelector('.run-state')?.textContent ?? ''), undefined, { timeout: RUN_MS });
  await page.waitForTimeout(12_000);
  // Close enough to read what a node says of itself.
  await selectNode(page, 'train');
  await closePanel(page);
  await page.keyboard.press('f');
  for (let step = 0; step < 3; step += 1) await page.getByRole('toolbar', { name: 'View' }).getByRole('button', { name: 'Zoom out' }).click();
}

/** @param {Page} page */
async function showTraining(page) {
  await showPanel(page, 'Training');
  await untilStep(page, 55);
}

/** @param {Page} page */
async function finishRun(page) {
  await page.getByRole('button', { name: 'Cancel', exact: true }).click();
  await untilDone(page);
  await openShipped(page, 'bind-a-concept');
  await closePanel(page);
  await run(page);
  await page.waitForTimeout(1500);
  await untilDone(page);
  await page.waitForTimeout(1500);
  await fit(page);
}

/** What a person with a 4K screen sets. @param {Page} page */
async function enlarge(page) {
  await setScale(page, 1.75);
  await fit(page);
  await page.waitForTimeout(1000);
}

/** @param {Page} page */
async function compare(page) {
  await showPanel(page, 'Results');
  const tiles = page.locator('.tile:has(img)');
  // The same prompt without and with the table: results of equal numbers.
  const place = await tiles.evaluateAll((all) => {
    const names = all.map((tile) => /(base|engram)-(\d+)/.exec(tile.textContent ?? ''));
    const engram = names.findIndex((name) => name?.[1] === 'engram' && names.some((other) => other?.[1] === 'base' && other[2] === name[2]));
    return [names.findIndex((name) => name?.[1] === 'base' && name[2] === names[engram]?.[2]), engram];
  });
  for (const index of place) await tiles.nth(Math.max(0, index)).click({ modifiers: ['Control'] });
  await page.getByRole('button', { name: 'Compare', exact: true }).click();
  await page.waitForTimeout(2500);
}

/** @param {Page} page */
async function showGrid(page) {
  await showPanel(page, 'Results');
  await page.getByRole('button', { name: 'By prompt and seed' }).click();
  await page.waitForTimeout(2500);
}

/** @param {Page} page */
async function showTable(page) {
  await setScale(page, 1);
  await page.getByRole('button', { name: 'By prompt and seed' }).click();
  await showPanel(page, 'Concept tables');
  await page.locator('.dock .list-item').first().click();
  await page.waitForTimeout(1500);
}

/** @param {Page} page */
async function showModels(page) {
  await showPanel(page, 'Models');
  await page.getByRole('button', { name: 'Compute' }).first().click();
  await page.waitForTimeout(4000);
}

/** @param {Page} page */
async function showTrigger(page) {
  await selectNode(page, 'engramPrompts');
  await page.waitForTimeout(3000);
  await page.locator('.inspector .trigger').first().scrollIntoViewIfNeeded();
}

/** @param {Page} page */
async function breakParam(page) {
  await selectNode(page, 'engramSample');
  await setParam(page, 'steps', '0');
  await showPanel(page, 'Faults');
}

/** @param {Page} page */
async function showHistory(page) {
  await page.keyboard.press('Control+z');
  await page.keyboard.press('Control+Shift+S');
  await page.getByRole('dialog').getByLabel('Name').fill('aldric');
  await page.getByRole('dialog').getByRole('button', { name: 'Save', exact: true }).click();
  await page.waitForTimeout(800);
  await selectNode(page, 'engramSample');
  await setParam(page, 'steps', '40');
  await selectNode(page, 'inject');
  await setParam(page, 'strength', '0.8');
  await page.keyboard.press('Control+s');
  await showPanel(page, 'Version history');
  await page.locator('.dock .list-item').last().click();
  await page.waitForTimeout(1200);
}

/** @param {Page} page */
async function fillBatch(page) {
  await openShipped(page, 'render');
  await showPanel(page, 'Batch');
  await page.locator('.dock .list-item', { hasText: 'render' }).first().click();
  await page.waitForTimeout(2500);
}

/** @param {Page} page */
async function planBatch(page) {
  await page.locator('.dock .panel-body').evaluate((body) => { body.scrollTop = body.scrollHeight; });
}

/** @param {Page} page */
async function runBatch(page) {
  await page.getByRole('button', { name: /^Start/ }).click();
  await page.waitForFunction(() => Number(/^(\d+) of/.exec(document.querySelector('.batch-counts')?.textContent ?? '')?.[1] ?? 0) > 0, undefined, { timeout: RUN_MS });
  await page.waitForTimeout(1000);
}

/** @param {Page} page @param {Scene} scene */
async function showFleet(page, scene) {
  const fleet = await startFleet(scene);
  await showPanel(page, 'Fleet');
  await page.getByLabel('Address of Redis').fill(fleet.url);
  await page.getByRole('button', { name: 'Connect', exact: true }).click();
  await page.waitForFunction(() => /rows an hour/.test(document.querySelector('article[aria-label^="Worker"]')?.textContent ?? ''), undefined, { timeout: RUN_MS });
}

/** Pictures in the order in which they are taken: each goes on from the ones before. @type {readonly Shot[]} */
export const SHOTS = [
  { name: 'first-start', act: (page) => page.waitForTimeout(500) },
  { name: 'palette', act: openPalette },
  { name: 'command-palette', act: (page) => press(page, 'Control+k') },
  { name: 'settings', act: (page) => press(page, 'Control+,') },
  { name: 'open-graph', act: (page) => press(page, 'Control+o') },
  { name: 'running', act: startTraining },
  { name: 'training', act: showTraining },
  { name: 'done', act: finishRun },
  { name: 'done-4k', act: enlarge, large: true },
  { name: 'results', act: async (page) => { await setScale(page, 1); await showPanel(page, 'Results'); } },
  { name: 'compare', act: compare },
  { name: 'grid', act: showGrid },
  { name: 'grid-4k', act: enlarge, large: true },
  { name: 'tables', act: showTable },
  { name: 'queue', act: (page) => showPanel(page, 'Queue') },
  { name: 'plan', act: (page) => showPanel(page, 'What a run would do') },
  { name: 'models', act: showModels },
  { name: 'trigger-inspector', act: showTrigger },
  { name: 'outline', act: (page) => showPanel(page, 'Outline') },
  { name: 'faults', act: breakParam },
  { name: 'history', act: showHistory },
  { name: 'batch', act: fillBatch },
  { name: 'batch-plan', act: planBatch },
  { name: 'batch-running', act: runBatch },
  { name: 'light', act: async (page) => { await setTheme(page, 'light'); await fit(page); } },
  { name: 'contrast', act: async (page) => { await setTheme(page, 'contrast'); await fit(page); } },
  { name: 'fleet', act: async (page, scene) => { await setTheme(page, 'dark'); await showFleet(page, scene); } },
];
