import { existsSync } from 'node:fs';
import { chromium, type Browser } from 'playwright-core';

/** Where distributions put Chromium. */
const PLACES = [process.env['ENGRAM_CHROMIUM'] ?? '', '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** The installed Chromium; undefined when there is none. */
export const CHROMIUM = PLACES.find((place) => place !== '' && existsSync(place));

/** Why tests that need a browser are left out; undefined when they run. */
export const NO_CHROMIUM = CHROMIUM === undefined ? 'no Chromium is installed (Debian: apt-get install chromium)' : undefined;

/** Chromium without a window. Its own sandbox wants rights that containers lack; what is tested is the page's. */
export function launchChromium(args: readonly string[] = []): Promise<Browser> {
  return chromium.launch({ executablePath: CHROMIUM ?? '', args: ['--no-sandbox', ...args] });
}
