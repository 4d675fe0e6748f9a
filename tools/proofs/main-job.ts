import { readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { decodeImageFile } from '../../src/main/services/images/codec.ts';
import { defineProof, judge } from './framework/proof.ts';
import { runNode } from './support/program.ts';

/** Wall-clock goal of the main job on two cores, nothing cached. */
const GOAL_SECONDS = 300;

export const mainJob = defineProof({
  name: 'main-job',
  expectedSeconds: 240,
  summary: '`npm start` without a terminal binds the concept and renders base and engram, from nothing cached, within five minutes on two cores.',
  async run(context) {
    const out = join(context.root, 'out', 'bind-a-concept');
    await rm(out, { recursive: true, force: true });
    const started = performance.now();
    // Installation and build are done: the proof runner did them. What is timed is the run.
    const printed = await runNode(context, [join('tools', 'start.mjs')]);
    const seconds = (performance.now() - started) / 1000;
    const paths = printed.split('\n').map((line) => /^(\S+)\s+(\S.*)$/.exec(line)).filter((match) => match !== null).map((match) => ({ kind: match[1] as string, path: match[2] as string }));
    const ofKind = (kind: string) => paths.filter((output) => output.kind === kind);
    const [sheet, table] = [ofKind('contact-sheet')[0], ofKind('table')[0]];
    const images = await Promise.all(ofKind('image').map(({ path }) => decodeImageFile(path)));
    const figures = {
      seconds: Math.round(seconds), tables: ofKind('table').length, tableBytes: table === undefined ? 0 : (await stat(table.path)).size,
      images: images.length, sheetPixels: sheet === undefined ? 0 : (await decodeImageFile(sheet.path)).width, sheetBytes: sheet === undefined ? 0 : (await readFile(sheet.path)).length,
    };
    return judge(figures, { seconds: { atMost: GOAL_SECONDS }, tables: { equals: 1 }, images: { atLeast: 8 }, sheetPixels: { atLeast: 256 }, tableBytes: { atLeast: 1000 } });
  },
});
