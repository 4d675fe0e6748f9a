/** What a person does with the studio's window, for screenshots. */

/** @typedef {import('playwright-core').Page} Page */

/** Longest wait for what a run comes to, on a machine that does other things as well. */
export const RUN_MS = 1_500_000;

/** Opens a panel on the left. @param {Page} page @param {string} name */
export async function showPanel(page, name) {
  await page.keyboard.press('Escape');
  const button = page.getByRole('navigation', { name: 'Panels' }).getByRole('button', { name: new RegExp(`^${name}`) });
  if ((await button.getAttribute('aria-pressed')) !== 'true') await button.click();
  await page.waitForTimeout(1200);
  await fit(page);
}

/** Closes the panel on the left. @param {Page} page */
export async function closePanel(page) {
  const open = page.getByRole('navigation', { name: 'Panels' }).locator('button[aria-pressed="true"]');
  if ((await open.count()) > 0) await open.click();
  await page.waitForTimeout(300);
  await fit(page);
}

/** Brings the whole graph into view. @param {Page} page */
export async function fit(page) {
  await page.locator('#graph-canvas').focus();
  await page.keyboard.press('.');
  // The ring around what has the focus belongs to the keyboard, not to the picture.
  await page.evaluate(() => { if (document.activeElement instanceof HTMLElement) document.activeElement.blur(); });
  await page.waitForTimeout(300);
}

/** Selects a node by its id, in the outline. @param {Page} page @param {string} id */
export async function selectNode(page, id) {
  await showPanel(page, 'Outline');
  await page.locator('.dock .list-item', { hasText: new RegExp(`\\b${id}\\b`) }).first().click();
  await page.waitForTimeout(300);
}

/** Sets a param of the selected node. @param {Page} page @param {string} name @param {string} value */
export async function setParam(page, name, value) {
  const field = page.locator('.inspector').getByLabel(name, { exact: true });
  await field.fill(value);
  await field.blur();
  await page.waitForTimeout(400);
}

/** Presses Run. @param {Page} page */
export async function run(page) {
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Run', exact: true }).click();
}

/** Waits until the run is done. @param {Page} page */
export async function untilDone(page) {
  await page.waitForFunction(() => /^(?:done|failed|cancelled)/.test(document.querySelector('.run-state')?.textContent ?? ''), undefined, { timeout: RUN_MS });
}

/** Opens one of the graphs that ship. @param {Page} page @param {string} name */
export async function openShipped(page, name) {
  await page.keyboard.press('Escape');
  await page.keyboard.press('Control+o');
  await page.getByRole('dialog').getByRole('button', { name: new RegExp(`^${name}`) }).first().click();
  await page.waitForTimeout(500);
  const discard = page.getByRole('button', { name: 'Don\'t save' });
  if ((await discard.count()) > 0) await discard.click();
  await page.waitForTimeout(800);
  await fit(page);
}

/** Chooses a theme as a person does. @param {Page} page @param {'dark' | 'light' | 'contrast'} theme */
export async function setTheme(page, theme) {
  await page.keyboard.press('Escape');
  await page.keyboard.press('Control+,');
  await page.getByRole('dialog').getByLabel('Theme').selectOption(theme);
  await page.getByRole('dialog').getByRole('button', { name: 'Close' }).click();
  await page.waitForTimeout(400);
}

/** Sets the size of everything. @param {Page} page @param {number} factor */
export async function setScale(page, factor) {
  await page.keyboard.press('Escape');
  await page.keyboard.press('Control+,');
  await page.getByRole('dialog').getByLabel('Size of everything').fill(String(factor));
  await page.getByRole('dialog').getByRole('button', { name: 'Close' }).click();
  await page.waitForTimeout(400);
}

/** How far the training of the open graph is. @param {Page} page @param {number} step */
export async function untilStep(page, step) {
  await page.waitForFunction((least) => Number(/step (\d+) of/.exec(document.querySelector('.dock')?.textContent ?? '')?.[1] ?? 0) >= least, step, { timeout: RUN_MS });
}
