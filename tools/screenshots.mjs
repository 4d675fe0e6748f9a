/**
 * Makes docs/screenshots/: the studio as a newcomer finds it, and every panel after the shipped graphs have run. Needs Chromium, redis-server for the
 * fleet, and the minutes that a training takes.
 * Usage: node tools/screenshots.mjs [--cache DIR] [NAME…]: all pictures are gone through in their order, those named are kept; a cache that is kept spares
 * the next time what has been trained.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { chromium } from 'playwright-core';
import sharp from 'sharp';
import { ensureBuilt, PROGRAM_BUNDLES } from './lib/build.mjs';
import { runTool } from './lib/main.mjs';
import { ROOT } from './lib/paths.mjs';
import { SHOTS } from './screenshots/shots.mjs';

const OUTPUT = join(ROOT, 'docs', 'screenshots');
const CHROMIUM = [process.env['ENGRAM_CHROMIUM'] ?? '', '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];
const SMALL = { width: 1280, height: 720 };
const LARGE = { width: 3840, height: 2160 };
/** Text stays sharp, and all pictures together stay below two megabytes. */
const WEBP = { quality: 82, smartSubsample: true, effort: 6 };

/** @typedef {import('playwright-core').Page} Page */

/** @param {string[]} args */
async function main(args) {
  const { values, positionals: wanted } = parseArgs({ args, options: { cache: { type: 'string' } }, allowPositionals: true });
  await ensureBuilt(ROOT, (line) => process.stderr.write(`${line}\n`), PROGRAM_BUNDLES);
  mkdirSync(OUTPUT, { recursive: true });
  const folder = mkdtempSync(join(tmpdir(), 'engram-screenshots-'));
  const work = join(folder, 'Engram Studio');
  mkdirSync(work);
  const env = { ...process.env, ENGRAM_DATA: join(folder, 'data'), ENGRAM_CACHE: values.cache === undefined ? join(folder, 'cache') : resolve(values.cache), ENGRAM_SETTINGS: join(folder, 'settings.json') };
  const studio = spawn(process.execPath, [join(ROOT, 'dist', 'cli.mjs'), 'serve', '--out', join(work, 'outputs')], { cwd: work, env, stdio: ['ignore', 'pipe', 'inherit'] });
  const address = await new Promise((done) => { studio.stdout.once('data', (chunk) => done(String(chunk).trim())); });
  const browser = await chromium.launch({ executablePath: CHROMIUM.find((place) => place !== '' && existsSync(place)) ?? '', args: FLAGS });
  /** @type {(() => Promise<void>)[]} */
  const ends = [];
  const missed = [];
  try {
    const page = await browser.newPage({ viewport: SMALL, colorScheme: 'dark' });
    await page.goto(address);
    await page.waitForSelector('#graph-canvas');
    for (const { name, act, large } of SHOTS) {
      try {
        if (large === true) await page.setViewportSize(LARGE);
        await act(page, { folder, atEnd: (end) => { ends.push(end); } });
        await page.waitForTimeout(500);
        if (wanted.length === 0 || wanted.includes(name)) await save(page, name);
      } catch (error) {
        // One that can't be taken must not cost the others, which take minutes.
        missed.push(name);
        process.stderr.write(`${name}: ${error instanceof Error ? error.message : String(error)}\n`);
      }
      if (large === true) await page.setViewportSize(SMALL);
    }
  } finally {
    for (const end of ends.reverse()) await end();
    await browser.close();
    studio.kill('SIGTERM');
    await new Promise((done) => { studio.once('exit', done); });
    rmSync(folder, { recursive: true, force: true });
  }
  if (missed.length > 0) throw new Error(`These pictures could not be taken: ${missed.join(', ')}`);
}

/** @param {Page} page @param {string} name */
async function save(page, name) {
  await sharp(await page.screenshot()).webp(WEBP).toFile(join(OUTPUT, `${name}.webp`));
  process.stderr.write(`${name}\n`);
}

await runTool(() => main(process.argv.slice(2)));
