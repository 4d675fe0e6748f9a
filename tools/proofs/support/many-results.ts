import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import sharp from 'sharp';
import type { Result } from '../../../src/contract/studio-api.ts';
import { median } from '../../../src/main/services/median.ts';
import { journalLine } from '../../../src/main/services/queue/journal-format.ts';
import { resultId } from '../../../src/main/services/studio/results.ts';
import type { ProofContext } from '../framework/proof.ts';
import { serveStudio } from './served-studio.ts';

const FEW = 50;
const MANY = 5000;
const SIDE = 64;
/** Rounds of each measurement; other programs on a busy machine can only make one look slower, so the fastest counts. */
const ROUNDS = 3;
const SCROLL_FRAMES = 90;
/** Pixels per frame of a finger on a touch pad. */
const SCROLL_STEP = 40;

/** How a gallery with so many results opens and scrolls. */
export interface GalleryFigures {
  /** From the press on the panel's button until its first row of pictures is decoded. */
  readonly openMilliseconds: number;
  /** Longest time from frame to frame while scrolling for a second and a half. */
  readonly longestFrameMilliseconds: number;
  readonly medianFrameMilliseconds: number;
  /** From a jump to the middle until the pictures there are decoded. */
  readonly jumpMilliseconds: number;
  /** Most tiles that the page held. */
  readonly tiles: number;
}

/** Writes that many pictures, each another one, and the list of results that names them. */
async function makeResults(folder: string, count: number): Promise<void> {
  const outputs = join(folder, 'studio', 'outputs');
  await mkdir(outputs, { recursive: true });
  await mkdir(join(folder, 'studio', 'data'), { recursive: true });
  const lines: string[] = [];
  for (let index = 0; index < count; index += 1) {
    const path = join(outputs, `picture-${index}.png`);
    const background = { r: (index * 37) % 256, g: (index * 11) % 256, b: Math.floor(index / 20) % 256 };
    await sharp({ create: { width: SIDE, height: SIDE, channels: 3, background } }).png().toFile(path);
    const result: Result = {
      id: resultId('many', path), kind: 'image', path, name: `picture-${index}.png`, runId: `run-${Math.floor(index / 20)}`, node: 'save', graphName: 'render',
      createdAt: 1_700_000_000_000 + index, sha256: '0'.repeat(64), prompt: `a fox, number ${index % 40}`, seed: index % 50, width: SIDE, height: SIDE,
    };
    lines.push(journalLine(index + 1, { type: 'add', result }));
  }
  await writeFile(join(folder, 'studio', 'data', 'results.jsonl'), lines.join(''));
}

/** Waits until every tile that is seen has its picture decoded. */
function picturesShown(page: Page): Promise<unknown> {
  return page.waitForFunction(() => {
    const scroller = document.querySelector('.grid-scroll');
    if (!scroller) return false;
    const { top, bottom } = scroller.getBoundingClientRect();
    const seen = [...scroller.querySelectorAll('.tile')].filter((tile) => tile.getBoundingClientRect().bottom > top && tile.getBoundingClientRect().top < bottom);
    return seen.length > 0 && seen.every((tile) => { const image = tile.querySelector('img'); return image !== null && image.complete && image.naturalWidth > 0; });
  }, undefined, { polling: 'raf' });
}

/** Scrolls frame by frame in the page itself. @returns milliseconds from frame to frame. */
function scroll(page: Page, frames: number, step: number): Promise<number[]> {
  return page.evaluate(([count, pixels]) => new Promise<number[]>((done) => {
    const scroller = document.querySelector('.grid-scroll') as HTMLElement;
    const gaps: number[] = [];
    let last = performance.now();
    const next = (now: number): void => {
      gaps.push(now - last);
      last = now;
      scroller.scrollTop += pixels;
      if (gaps.length < count) requestAnimationFrame(next);
      else done(gaps.slice(1));
    };
    requestAnimationFrame(next);
  }), [frames, step] as const);
}

async function measureOnce(page: Page, url: string): Promise<GalleryFigures> {
  await page.goto(url);
  await page.waitForSelector('#graph-canvas');
  const button = page.getByRole('navigation', { name: 'Panels' }).getByRole('button', { name: /^Results/ });
  if (await page.locator('.grid-scroll').count() > 0) await button.click();
  const opened = performance.now();
  await button.click();
  await picturesShown(page);
  const openMilliseconds = performance.now() - opened;
  const gaps = await scroll(page, SCROLL_FRAMES, SCROLL_STEP);
  const jumped = performance.now();
  await page.evaluate(() => { const scroller = document.querySelector('.grid-scroll') as HTMLElement; scroller.scrollTop = scroller.scrollHeight / 2; });
  await picturesShown(page);
  const jumpMilliseconds = performance.now() - jumped;
  return { openMilliseconds, jumpMilliseconds, longestFrameMilliseconds: Math.max(...gaps), medianFrameMilliseconds: median(gaps), tiles: await page.locator('.tile').count() };
}

async function measureGallery(context: ProofContext, browser: Browser, count: number): Promise<GalleryFigures> {
  const workFolder = join(context.workFolder, `gallery-${count}`);
  await makeResults(workFolder, count);
  const studio = await serveStudio({ ...context, workFolder });
  try {
    const rounds: GalleryFigures[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      const page = await browser.newPage({ viewport: { width: 1280, height: 720 } });
      rounds.push(await measureOnce(page, studio.url));
      await page.close();
    }
    const least = (of: (round: GalleryFigures) => number): number => Math.round(Math.min(...rounds.map(of)));
    return {
      openMilliseconds: least((round) => round.openMilliseconds), jumpMilliseconds: least((round) => round.jumpMilliseconds),
      longestFrameMilliseconds: least((round) => round.longestFrameMilliseconds), medianFrameMilliseconds: least((round) => round.medianFrameMilliseconds),
      tiles: Math.max(...rounds.map((round) => round.tiles)),
    };
  } finally {
    await studio.close();
  }
}

/** A gallery of 50 and one of 5,000 results, of real pictures, as a window shows them: the second must open and scroll as the first. */
export async function galleryOfMany(context: ProofContext, browser: Browser): Promise<{ readonly few: GalleryFigures; readonly many: GalleryFigures }> {
  return { few: await measureGallery(context, browser, FEW), many: await measureGallery(context, browser, MANY) };
}
