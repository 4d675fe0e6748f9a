import { join } from 'node:path';
import { z } from 'zod';
import { loadTokenizer } from '../../src/main/backbones/modules/clip-text/tokenizer-files.ts';
import type { Tokenizer } from '../../src/main/core/tokenizers/tokenizer.ts';
import { defineProof, judge, type ProofContext } from './framework/proof.ts';
import { makeLiveCases, proofSeed, readCaseInfo, type LiveCase } from './support/live.ts';
import { openFolder } from './support/workbench.ts';

const FIXTURES = join('test', 'fixtures', 'reference');

/** The shipped tokenizer, one of vocab.json and merges.txt alone, and one as transformers 5 saves it, of tokenizer.json alone. */
const FOLDERS: Readonly<Record<string, string>> = {
  pocket: join('models', 'pocket-sd15', 'tokenizer'),
  vocabularyAndMerges: join(FIXTURES, 'tiny-sd15', 'tokenizer'),
  tokenizerJson: join(FIXTURES, 'tokens', 'with-tokenizer-json'),
};

const ids = z.array(z.array(z.number()));
const caseSchema = z.object({ strings: z.array(z.string()), ids, padded: ids });

interface Differences { readonly strings: number; readonly truncated: number; readonly ids: readonly string[]; readonly prompts: readonly string[] }

function compare(tokenizer: Tokenizer, expected: z.infer<typeof caseSchema>): Differences {
  const different = (rows: readonly (readonly number[])[], encode: (text: string) => readonly number[]): string[] =>
    expected.strings.filter((text, index) => encode(text).join() !== rows[index]?.join());
  return {
    strings: expected.strings.length,
    truncated: expected.ids.filter((row) => row.length > tokenizer.maxLength - 2).length,
    ids: different(expected.ids, (text) => tokenizer.encode(text)),
    prompts: different(expected.padded, (text) => tokenizer.encodePrompt(text).ids),
  };
}

async function compareFolder(context: ProofContext, name: string, seed: number): Promise<Differences> {
  const folder = join(context.root, FOLDERS[name] as string);
  const request = { tokenizer: folder, seed, count: 2000, folder: join(context.workFolder, name) };
  const [live] = (await makeLiveCases(context, 'tokens', request)) as [LiveCase];
  const found = compare(await loadTokenizer(await openFolder(folder), ''), caseSchema.parse(await readCaseInfo(live.folder)));
  for (const text of new Set([...found.ids, ...found.prompts])) context.log(`${name}: other ids for ${JSON.stringify(text.slice(0, 200))}`);
  return found;
}

export const tokenizer = defineProof({
  name: 'tokenizer',
  expectedSeconds: 60,
  summary: 'Thousands of new strings, Unicode, emoji, punctuation, white space and truncation included, give exactly transformers\' token ids.',
  async run(context) {
    const seed = proofSeed();
    const figures: Record<string, number> = { seed, strings: 0, truncated: 0, differentIds: 0, differentPrompts: 0 };
    for (const [index, name] of Object.keys(FOLDERS).entries()) {
      const found = await compareFolder(context, name, seed + index);
      figures['strings'] = (figures['strings'] as number) + found.strings;
      figures['truncated'] = (figures['truncated'] as number) + found.truncated;
      figures['differentIds'] = (figures['differentIds'] as number) + found.ids.length;
      figures['differentPrompts'] = (figures['differentPrompts'] as number) + found.prompts.length;
    }
    return judge({ ...figures, tokenizers: Object.keys(FOLDERS).length }, {
      differentIds: { equals: 0 }, differentPrompts: { equals: 0 }, strings: { atLeast: 3000 }, truncated: { atLeast: 100 },
    });
  },
});
