/**
 * Makes docs/screenshots/: the studio as a newcomer finds it, and every panel after the shipped graphs have run. Needs Chromium and a minute.
 * Usage: node tools/screenshots.mjs [NAME…]
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { ensureBuilt, PROGRAM_BUNDLES } from './lib/build.mjs';
import { runTool } from './lib/main.mjs';
import { ROOT } from './lib/paths.mjs';

const OUTPUT = join(ROOT, 'docs', 'screenshots');
const CHROMIUM = [process.env['ENGRAM_CHROMIUM'] ?? '', '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];
const SMALL = { width: 1280, height: 720 };

/** @typedef {import('playwright-core').Page} Page */

/** Pictures in the order in which they are taken: each goes on from the one before. @type {readonly { name: string, act: (page: Page) => Promise<unknown> }[]} */
const SHOTS = [
  { name: 'first-start', act: (page) => page.waitForTimeout(500) },
  { name: 'palette', act: openPalette },
  { name: 'command-palette', act: async (page) => { await page.keyboard.press('Escape'); await page.keyboard.press('Control+k'); } },
  { name: 'settings', act: async (page) => { await page.keyboard.press('Escape'); await page.keyboard.press('Control+,'); } },
  { name: 'open-graph', act: async (page) => { await page.keyboard.press('Escape'); await page.keyboard.press('Control+o'); } },
  { name: 'running', act: startRun },
  { name: 'training', act: showTraining },
  { name: 'done', act: finishRun },
  { name: 'results', act: (page) => showPanel(page, 'Results') },
  { name: 'compare', act: compare },
  { name: 'tables', act: showTable },
  { name: 'queue', act: (page) => showPanel(page, 'Queue') },
  { name: 'plan', act: (page) => showPanel(page, 'What a run would do') },
  { name: 'models', act: (page) => showPanel(page, 'Models') },
  { name: 'trigger-inspector', act: showTrigger },
  { name: 'outline', act: (page) => showPanel(page, 'Outline') },
  { name: 'faults', act: breakParam },
  { name: 'light', act: (page) => page.evaluate(() => { document.documentElement.dataset['theme'] = 'light'; }) },
];

/** @param {string[]} wanted Names; none means all. */
async function main(wanted) {
  await ensureBuilt(ROOT, (line) => process.stderr.write(`${line}\n`), PROGRAM_BUNDLES);
  mkdirSync(OUTPUT, { recursive: true });
  const folder = mkdtempSync(join(tmpdir(), 'engram-screenshots-'));
  const env = { ...process.env, ENGRAM_DATA: join(folder, 'data'), ENGRAM_CACHE: join(folder, 'cache'), ENGRAM_SETTINGS: join(folder, 'settings.json') };
  const studio = spawn(process.execPath, [join(ROOT, 'dist', 'cli.mjs'), 'serve', '--out', join(folder, 'outputs')], { cwd: folder, env, stdio: ['ignore', 'pipe', 'inherit'] });
  const address = await new Promise((resolve) => { studio.stdout.once('data', (chunk) => resolve(String(chunk).trim())); });
  const browser = await chromium.launch({ executablePath: CHROMIUM.find((place) => place !== '' && existsSync(place)) ?? '', args: FLAGS });
  try {
    const page = await browser.newPage({ viewport: SMALL, colorScheme: 'dark' });
    await page.goto(address);
    await page.waitForSelector('#graph-canvas');
    for (const { name, act } of SHOTS) {
      await act(page);
      await page.waitForTimeout(400);
      if (wanted.length === 0 || wanted.includes(name)) await save(page, name);
    }
    await page.evaluate(() => { document.documentElement.dataset['theme'] = 'dark'; });
    await page.setViewportSize({ width: 3840, height: 2160 });
    await page.keyboard.press('.');
    await page.waitForTimeout(500);
    if (wanted.length === 0 || wanted.includes('4k')) await save(page, '4k');
  } finally {
    await browser.close();
    studio.kill('SIGTERM');
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @param {Page} page @param {string} name */
async function save(page, name) {
  await page.screenshot({ path: join(OUTPUT, `${name}.png`) });
  process.stderr.write(`${name}\n`);
}

/** @param {Page} page */
async function openPalette(page) {
  await page.locator('#graph-canvas').focus();
  await page.keyboard.press('Tab');
  await page.keyboard.type('enc');
}

/** @param {Page} page @param {string} name */
async function showPanel(page, name) {
  await page.keyboard.press('Escape');
  const button = page.getByRole('navigation', { name: 'Panels' }).getByRole('button', { name: new RegExp(`^${name}`) });
  if ((await button.getAttribute('aria-pressed')) !== 'true') await button.click();
  await page.waitForTimeout(1500);
  await fit(page);
}

/** @param {Page} page */
async function fit(page) {
  await page.locator('#graph-canvas').focus();
  await page.keyboard.press('.');
}

/** @param {Page} page */
async function startRun(page) {
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Run', exact: true }).click();
  await page.waitForFunction(() => /[3-9] of/.test(document.querySelector('.run-state')?.textContent ?? ''));
  await page.waitForTimeout(6000);
}

/** @param {Page} page */
async function showTraining(page) {
  await showPanel(page, 'Training');
  await page.waitForFunction(() => Number(/step (\d+) of/.exec(document.querySelector('.dock')?.textContent ?? '')?.[1] ?? 0) > 250, undefined, { timeout: 300_000 });
}

/** @param {Page} page */
async function finishRun(page) {
  await page.waitForFunction(() => /^done/.test(document.querySelector('.run-state')?.textContent ?? ''), undefined, { timeout: 400_000 });
  await page.getByRole('navigation', { name: 'Panels' }).getByRole('button', { name: 'Training' }).click();
  await page.waitForTimeout(1500);
  await fit(page);
}

/** @param {Page} page */
async function compare(page) {
  const tiles = page.locator('.tile:has(img)');
  await tiles.nth(1).click({ modifiers: ['Control'] });
  await tiles.nth(2).click({ modifiers: ['Control'] });
  await page.getByRole('button', { name: 'Compare' }).click();
  await page.waitForTimeout(1500);
}

/** @param {Page} page */
async function showTable(page) {
  await page.keyboard.press('Escape');
  await showPanel(page, 'Concept tables');
  await page.locator('.dock .list-item').first().click();
  await page.waitForTimeout(800);
}

/** @param {Page} page */
async function showTrigger(page) {
  await showPanel(page, 'Outline');
  await page.locator('.dock .list-item', { hasText: 'engramPrompts' }).click();
  await page.waitForTimeout(2500);
}

/** @param {Page} page */
async function breakParam(page) {
  await page.locator('.dock .list-item', { hasText: 'engramSample' }).click();
  const steps = page.locator('.inspector').getByLabel('steps', { exact: true });
  await steps.fill('0');
  await steps.blur();
  await showPanel(page, 'Faults');
  await page.keyboard.press('f');
}

await runTool(() => main(process.argv.slice(2)));
