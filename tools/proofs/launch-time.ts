import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Browser } from 'playwright-core';
import { median } from '../../src/main/services/median.ts';
import { defineProof, judge, type ProofContext } from './framework/proof.ts';
import { launchChromium } from './support/chromium.ts';
import { secondsToFirstSample } from './support/first-sample.ts';
import { galleryOfMany, type GalleryFigures } from './support/many-results.ts';
import { serveStudio } from './support/served-studio.ts';

const STARTS = 5;

interface Start { readonly served: number; readonly interactive: number }

/** Milliseconds from the program's start until it serves, and until a graph is drawn and the page answers to a key. */
async function startOnce(context: ProofContext, browser: Browser): Promise<Start> {
  const started = performance.now();
  const studio = await serveStudio(context, join(context.root, 'graphs', 'bind-a-concept.graph.json'));
  try {
    const served = performance.now() - started;
    const page = await browser.newPage({ viewport: { width: 1280, height: 720 } });
    await page.goto(studio.url);
    await page.waitForSelector('canvas');
    // The shipped graph is there, and a key opens the command palette: the window works.
    await page.locator('h1', { hasText: 'bind-a-concept' }).waitFor();
    await page.keyboard.press('Control+K');
    await page.locator('[role="dialog"] input').waitFor();
    const interactive = performance.now() - started;
    await page.close();
    return { served, interactive };
  } finally {
    await studio.close();
  }
}

async function bundleBytes(context: ProofContext, name: string): Promise<{ readonly bytes: number; readonly gzip: number }> {
  const path = join(context.root, 'dist', name);
  return { bytes: (await stat(path)).size, gzip: gzipSync(await readFile(path)).byteLength };
}

/** 5,000 results may cost a little of a frame more than 50, and nothing that is seen. */
const SLACK_MS = { open: 150, frame: 50 };

/** How much longer a gallery of many takes than one of few, in milliseconds; 0 and below is no longer. */
function galleryFigures({ few, many }: { readonly few: GalleryFigures; readonly many: GalleryFigures }): Record<string, number> {
  return {
    gallery50OpenMilliseconds: few.openMilliseconds, gallery5000OpenMilliseconds: many.openMilliseconds, gallery5000OpensLaterByMilliseconds: many.openMilliseconds - few.openMilliseconds,
    gallery50LongestFrameMilliseconds: few.longestFrameMilliseconds, gallery5000LongestFrameMilliseconds: many.longestFrameMilliseconds,
    gallery5000FrameLongerByMilliseconds: many.longestFrameMilliseconds - few.longestFrameMilliseconds, gallery5000JumpMilliseconds: many.jumpMilliseconds, gallery5000Tiles: many.tiles,
  };
}

export const launchTime = defineProof({
  name: 'launch-time',
  expectedSeconds: 180,
  summary: 'From starting the program to a window that shows the shipped graph and answers to a key: median of 5 starts, with the size of the bundles; from Run to the first sample of a concept; a gallery of 5,000 results beside one of 50.',
  async run(context) {
    const browser = await launchChromium();
    try {
      const starts: Start[] = [];
      for (let index = 0; index < STARTS; index += 1) starts.push(await startOnce(context, browser));
      const [script, style, main] = await Promise.all(['renderer/studio.js', 'renderer/studio.css', 'main.mjs'].map((name) => bundleBytes(context, name)));
      const figures = {
        servedMilliseconds: Math.round(median(starts.map(({ served }) => served))),
        interactiveMilliseconds: Math.round(median(starts.map(({ interactive }) => interactive))),
        slowestMilliseconds: Math.round(Math.max(...starts.map(({ interactive }) => interactive))),
        secondsToFirstSample: await secondsToFirstSample(context, browser),
        ...galleryFigures(await galleryOfMany(context, browser)),
        windowScriptBytes: script?.bytes ?? NaN, windowScriptGzipBytes: script?.gzip ?? NaN, windowStyleBytes: style?.bytes ?? NaN, mainBytes: main?.bytes ?? NaN,
      };
      return judge(figures, {
        interactiveMilliseconds: { atMost: 5000 }, windowScriptGzipBytes: { atMost: 400_000 }, secondsToFirstSample: { atMost: 60 },
        gallery5000OpensLaterByMilliseconds: { atMost: SLACK_MS.open }, gallery5000FrameLongerByMilliseconds: { atMost: SLACK_MS.frame },
      });
    } finally {
      await browser.close();
    }
  },
});
