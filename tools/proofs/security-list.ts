import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { defineProof, judge } from './framework/proof.ts';
import { runTests } from './support/vitest.ts';

const ITEMS = 20;

interface Item { readonly number: number; readonly rule: string; readonly file: string; readonly testFile: string; readonly test: string }

/** The rows of the table in docs/security.md. @throws Error for a row of another form. */
function readItems(text: string): Item[] {
  return text.split('\n').filter((line) => /^\| \d+ \|/.test(line)).map((line) => {
    const [, number, rule, , file, tested] = line.split('|').map((cell) => cell.trim());
    const match = /^(\S+\.test\.ts): (.+)$/.exec(tested ?? '');
    if (match === null) throw new Error(`docs/security.md, row ${number ?? '?'}: the last cell must be "FILE: TEST", got "${tested ?? ''}"`);
    return { number: Number(number), rule: rule ?? '', file: file ?? '', testFile: match[1] as string, test: match[2] as string };
  });
}

export const securityList = defineProof({
  name: 'security-list',
  expectedSeconds: 240,
  summary: 'Each of the twenty points of Electron\'s security list is answered in docs/security.md with a file that is there and a test that passes.',
  async run(context) {
    const items = readItems(await readFile(join(context.root, 'docs', 'security.md'), 'utf8'));
    const outcomes = await runTests(context, [...new Set(items.map(({ testFile }) => testFile))]);
    const kept = items.filter(({ file, testFile, test }) => {
      const tests = outcomes.filter((outcome) => outcome.file === testFile && outcome.name.includes(test));
      return existsSync(join(context.root, file)) && tests.length > 0 && tests.every(({ passed }) => passed);
    });
    const open = items.filter((item) => !kept.includes(item)).map(({ number, rule }) => `${number} ${rule}`);
    const inOrder = items.every(({ number }, index) => number === index + 1);
    return judge({ items: items.length, kept: kept.length, inOrder, open, tests: outcomes.length }, { items: { equals: ITEMS }, kept: { equals: ITEMS }, inOrder: { equals: true } });
  },
});
