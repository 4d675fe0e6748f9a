import type { Page } from 'playwright-core';
import { afterAll, beforeAll } from 'vitest';
import { launchServe, type LaunchOptions, type LaunchedStudio } from './launch.ts';
import { StudioPage } from './studio-page.ts';

/** The studio of a suite; to be looked at within its hooks and tests only. */
export interface ServedForTests {
  readonly studio: LaunchedStudio;
  readonly window: StudioPage;
  /** The window's page in Chromium. */
  readonly page: Page;
}

/** Serves a studio to the tests of the suite it is called in, with its window open and ready, and ends it after the last of them. */
export function serveForTests(options: LaunchOptions = {}): ServedForTests {
  let studio: LaunchedStudio | undefined;
  let window: StudioPage | undefined;
  const started = <T>(value: T | undefined): T => {
    if (value === undefined) throw new Error('the studio is served once the hooks of the suite run');
    return value;
  };
  beforeAll(async () => {
    studio = await launchServe(options);
    window = new StudioPage(studio.page);
    await window.ready();
  }, 180_000);
  afterAll(() => studio?.close());
  return {
    get studio() { return started(studio); },
    get window() { return started(window); },
    get page() { return started(studio).page; },
  };
}
