import { existsSync } from 'node:fs';
import { chromium, type Browser } from 'playwright-core';

/** Where distributions put Chromium. */
const PLACES = [process.env['ENGRAM_CHROMIUM'] ?? '', '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

const FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];

/** Starts the installed Chromium without a window. @throws Error when there is none. */
export function launchChromium(): Promise<Browser> {
  const executablePath = PLACES.find((place) => place !== '' && existsSync(place));
  if (executablePath === undefined) throw new Error('No Chromium is installed (Debian: apt-get install chromium); ENGRAM_CHROMIUM may name one');
  return chromium.launch({ executablePath, args: FLAGS });
}
