import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import type { ProofContext } from '../framework/proof.ts';
import { serveStudio } from './served-studio.ts';

const LONGEST_MS = 300_000;

interface CanvasElement extends HTMLCanvasElement { readonly data: { readonly graph: { readonly _nodes: readonly { readonly key: string; readonly status: { readonly picture?: unknown } }[] } } }

/** What a newcomer does: opens the studio, with nothing cached, and presses Run on the graph that is there. @returns seconds from the press until the training node shows its first sample. */
export async function secondsToFirstSample(context: ProofContext, browser: Browser): Promise<number> {
  const studio = await serveStudio({ ...context, workFolder: join(context.workFolder, 'newcomer') });
  try {
    const page = await browser.newPage({ viewport: { width: 1280, height: 720 } });
    await page.goto(studio.url);
    await page.waitForSelector('#graph-canvas');
    const pressed = performance.now();
    await page.getByRole('button', { name: 'Run', exact: true }).click();
    await page.waitForFunction(() => (document.querySelector('#graph-canvas') as CanvasElement).data.graph._nodes.some(({ key, status }) => key === 'train' && status.picture !== undefined), undefined, { timeout: LONGEST_MS });
    const seconds = (performance.now() - pressed) / 1000;
    await page.close();
    return Math.round(seconds * 10) / 10;
  } finally {
    await studio.close();
  }
}
