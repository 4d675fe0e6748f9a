import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { z } from 'zod';
import { studioAnswerSchema, type StudioAnswer } from '../../src/contract/studio-api.ts';
import { defineProof, judge, type Figure, type ProofContext } from './framework/proof.ts';
import { HOSTILE_GRAPHS, type HostileGraph } from './hostile/graphs.ts';
import { launchChromium } from './support/chromium.ts';
import { serveStudio, type ServedStudio } from './support/served-studio.ts';

/** Time in which the program and the window must answer, whatever they have just been given. */
const ANSWER_MS = 2000;

/** In the page: a socket of its own to the studio, as the window has one. Calls are made by `globalThis.studioCall(name, input)`. */
const CONNECT = `(async () => {
  const token = new URLSearchParams(location.search).get('token');
  const socket = new WebSocket('ws://' + location.host + '/studio?token=' + encodeURIComponent(token));
  const waiting = new Map();
  socket.onmessage = ({ data }) => { const message = JSON.parse(data); if ('id' in message) { waiting.get(message.id)(message.answer); waiting.delete(message.id); } };
  await new Promise((resolve, reject) => { socket.onopen = resolve; socket.onerror = reject; });
  let next = 0;
  globalThis.studioCall = (name, input) => new Promise((resolve) => { const id = next++; waiting.set(id, resolve); socket.send(JSON.stringify({ id, call: name, input })); });
  // Graphs stay in the page: what is measured is the program, not the way to this proof.
  globalThis.studioOpen = async (path) => {
    const answer = await globalThis.studioCall('files.open', { path });
    globalThis.openedGraph = answer.ok ? answer.value.graph : undefined;
    return answer.ok ? { ok: true, value: null } : answer;
  };
  globalThis.studioCheck = async (path) => {
    const graph = globalThis.openedGraph;
    const validated = await globalThis.studioCall('run.validate', { graph });
    const planned = await globalThis.studioCall('run.dryRun', { graph, path });
    const faults = [validated, planned].flatMap((answer) => (!answer.ok ? answer.errors : Array.isArray(answer.value) ? answer.value : answer.value.faults));
    return [...new Set(faults.map(({ code }) => code))];
  };
})()`;

async function call(page: Page, name: string, input: unknown): Promise<StudioAnswer> {
  return studioAnswerSchema.parse(await page.evaluate(`globalThis.studioCall(${JSON.stringify(name)}, ${JSON.stringify(input)})`));
}

function codesOf(answer: StudioAnswer): string[] {
  return answer.ok ? [] : answer.errors.map(({ code }) => code);
}

interface Outcome { readonly wrong: string | undefined; readonly figures: { readonly [name: string]: Figure } }

/** What the program makes of the file, and whether another window is answered meanwhile. */
async function judgeProgram(page: Page, other: Page, path: string, { refused, fault }: HostileGraph): Promise<Outcome> {
  const started = performance.now();
  const opening = page.evaluate(`globalThis.studioOpen(${JSON.stringify(path)})`);
  const pings: number[] = [];
  const ping = async (): Promise<void> => {
    const sent = performance.now();
    await call(other, 'files.recent', {});
    pings.push(performance.now() - sent);
  };
  await ping();
  const opened = studioAnswerSchema.parse(await opening);
  const openMs = Math.round(performance.now() - started);
  const checking = opened.ok ? page.evaluate(`globalThis.studioCheck(${JSON.stringify(path)})`) : Promise.resolve([]);
  await ping();
  const faults = z.array(z.string()).parse(await checking);
  const pingMs = Math.round(Math.max(...pings));
  const codes = codesOf(opened);
  const wrong = refused !== undefined && !codes.some((code) => refused.test(code)) ? `opening told ${codes.join(', ') || 'nothing'}`
    : refused === undefined && !opened.ok ? `could not be opened: ${codes.join(', ')}`
    : fault !== undefined && !faults.some((code) => fault.test(code)) ? `checking told ${faults.slice(0, 5).join(', ') || 'nothing'}` : undefined;
  return { wrong, figures: { openMs, pingMs, told: [...codes, ...faults].slice(0, 4) } };
}

/** In the page: notes the longest time in which nothing that is asked of the window would be answered. */
const WATCH_STANDSTILLS = `(() => {
  let last = performance.now();
  globalThis.longestStandstill = 0;
  const beat = () => {
    const now = performance.now();
    globalThis.longestStandstill = Math.max(globalThis.longestStandstill, now - last - 10);
    last = now;
    setTimeout(beat, 10);
  };
  beat();
})()`;

/** What the window says once it has dealt with a file: how many nodes it shows, or why it shows none. */
function fateOf(page: Page, text: string, { refused }: HostileGraph): Promise<void> {
  if (refused !== undefined) return page.locator('.notice.error').first().waitFor();
  const { nodes } = z.object({ nodes: z.record(z.string(), z.unknown()) }).parse(JSON.parse(text));
  return page.locator('.status', { hasText: `${Object.keys(nodes).length} nodes` }).waitFor();
}

/** Drops the file onto the window and sees whether it answers to a key while it is busy with it, and how long it ever stands still. */
async function judgeWindow(page: Page, name: string, text: string, hostile: HostileGraph): Promise<Outcome> {
  const dropped = await page.evaluateHandle(`(() => { const data = new DataTransfer(); data.items.add(new File([${JSON.stringify(text)}], ${JSON.stringify(name)})); return data; })()`);
  await page.evaluate(WATCH_STANDSTILLS);
  await page.dispatchEvent('main.canvas-area', 'drop', { dataTransfer: dropped });
  // The file is on its way; from now on the person waits.
  await page.waitForTimeout(1000);
  const started = performance.now();
  await page.keyboard.press('Control+K');
  await page.locator('[role="dialog"]').first().waitFor({ timeout: 60_000 });
  const answerMs = Math.round(performance.now() - started);
  await page.keyboard.press('Escape');
  await fateOf(page, text, hostile);
  // What follows the opening: the rest of a large graph, the check, the autosave.
  await page.waitForTimeout(2500);
  const standstillMs = Math.round(z.number().parse(await page.evaluate('globalThis.longestStandstill')));
  const hacked = await page.evaluate("globalThis.hacked !== undefined || Object.prototype.hacked !== undefined || document.querySelector('img[src=\"x\"], svg[onload]') !== null");
  return { wrong: hacked === true ? 'something of the file has run, or became part of the page' : undefined, figures: { windowAnswerMs: answerMs, standstillMs } };
}

async function openPage(browser: Browser, studio: ServedStudio, dialogs: string[]): Promise<Page> {
  const page = await browser.newPage({ viewport: { width: 1280, height: 720 } });
  // On a busy machine the program may still be at what the window before has asked.
  page.setDefaultTimeout(120_000);
  page.on('dialog', (dialog) => {
    dialogs.push(dialog.message());
    void dialog.dismiss();
  });
  page.on('console', (message) => { if (/Content Security Policy/.test(message.text())) dialogs.push(message.text()); });
  await page.goto(studio.url);
  await page.waitForSelector('canvas');
  await page.evaluate(CONNECT);
  return page;
}

async function judgeFile(context: ProofContext, browser: Browser, studio: ServedStudio, other: Page, hostile: HostileGraph): Promise<Outcome> {
  const text = hostile.text();
  const file = `${hostile.name.replace(/[^a-z0-9]+/gi, '-')}.graph.json`;
  const path = join(context.workFolder, 'studio', file);
  await writeFile(path, text);
  const dialogs: string[] = [];
  const page = await openPage(browser, studio, dialogs);
  try {
    const program = await judgeProgram(page, other, path, hostile);
    const window = await judgeWindow(page, file, text, hostile);
    const wrong = program.wrong ?? window.wrong ?? (dialogs.length > 0 ? `the page tried: ${dialogs[0] ?? ''}` : undefined);
    return { wrong, figures: { ...program.figures, ...window.figures } };
  } catch (error) {
    return { wrong: error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error), figures: {} };
  } finally {
    await page.close();
  }
}

export const hostileGraphs = defineProof({
  name: 'hostile-graphs',
  expectedSeconds: 120,
  summary: 'Files made to do harm are opened in a real window: nothing of them runs, the fault is said, program and window answer within 2 seconds.',
  async run(context) {
    await mkdir(join(context.workFolder, 'studio'), { recursive: true });
    const studio = await serveStudio(context);
    const browser = await launchChromium();
    try {
      const other = await openPage(browser, studio, []);
      const outcomes: Record<string, Outcome> = {};
      for (const hostile of HOSTILE_GRAPHS) {
        outcomes[hostile.name] = await judgeFile(context, browser, studio, other, hostile);
        context.log(`${hostile.name}: ${JSON.stringify(outcomes[hostile.name])}`);
      }
      const all = Object.values(outcomes);
      const wrong = Object.entries(outcomes).flatMap(([name, outcome]) => (outcome.wrong === undefined ? [] : [`${name}: ${outcome.wrong}`]));
      const worst = (name: string): number => Math.max(...all.map(({ figures }) => (typeof figures[name] === 'number' ? figures[name] : 0)));
      const figures = { files: all.length, wrong, slowestProgramMilliseconds: worst('pingMs'), slowestWindowMilliseconds: worst('windowAnswerMs'), longestStandstillMilliseconds: worst('standstillMs'), each: Object.fromEntries(Object.entries(outcomes).map(([name, outcome]) => [name, outcome.figures])) };
      return judge({ ...figures, failures: wrong.length }, { failures: { equals: 0 }, slowestProgramMilliseconds: { atMost: ANSWER_MS }, slowestWindowMilliseconds: { atMost: ANSWER_MS }, longestStandstillMilliseconds: { atMost: ANSWER_MS } });
    } finally {
      await browser.close();
      await studio.close();
    }
  },
});
