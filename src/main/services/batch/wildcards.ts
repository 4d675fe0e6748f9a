import { BATCH_ROW_LIMIT, type BatchWildcards } from '../../../contract/batch-file.ts';
import { createDraws } from '../../../contract/draws.ts';
import { inputError } from '../../../contract/errors.ts';
import { allWildcards, compileWildcards, wildcardFiles } from '../../../contract/wildcards.ts';
import type { AxisValue, BatchFiles } from './sources.ts';

/** Lines of every file that texts name, and that lines of those files name. */
async function collectFiles(texts: readonly string[], where: string, files: BatchFiles): Promise<Map<string, readonly string[]>> {
  const found = new Map<string, readonly string[]>();
  const pending = texts.flatMap((text) => wildcardFiles(text, where));
  for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
    if (found.has(name)) continue;
    const lines = await files.lines(name, where);
    found.set(name, lines);
    for (const line of lines) if (line.includes('{')) pending.push(...wildcardFiles(line, `${where}, ${name}`));
  }
  return found;
}

/**
 * Writes out the choices in the texts among some values; other values stay. Draws depend on the seed, the text and the number of the draw alone.
 * @throws AppError `wildcards.*`; above {@link BATCH_ROW_LIMIT} values before anything is written out.
 */
export async function expandWildcards(values: readonly AxisValue[], wildcards: BatchWildcards, where: string, files: BatchFiles): Promise<AxisValue[]> {
  const texts = values.flatMap(({ value }) => (typeof value === 'string' ? [value] : []));
  const words = await collectFiles(texts, where, files);
  const expanded: AxisValue[] = [];
  for (const item of values) {
    const { value } = item;
    if (typeof value !== 'string') {
      expanded.push(item);
      continue;
    }
    const compiled = compileWildcards(value, where, words);
    const random = wildcards === 'all' ? undefined : createDraws(`wildcards ${wildcards.seed} ${value}`);
    const count = wildcards === 'all' ? compiled.count : wildcards.draw;
    if (expanded.length + count > BATCH_ROW_LIMIT) {
      throw inputError('batch.too-many-values', where, `an axis must have at most ${BATCH_ROW_LIMIT} values`, {
        got: count === Infinity ? 'more than can be counted' : `${expanded.length + count} or more`, hint: 'Draw some of the combinations: "wildcards": { "draw": 100 }',
      });
    }
    const made = random === undefined ? allWildcards(compiled, where, BATCH_ROW_LIMIT) : Array.from({ length: count }, () => compiled.draw(random));
    for (const text of made) expanded.push({ label: text, value: text });
  }
  return expanded;
}
