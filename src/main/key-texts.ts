import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { loadTextEncoders } from './backbones/index.ts';
import type { Workspace } from './cli/workspace.ts';
import type { Tokenizer } from './core/tokenizers/tokenizer.ts';
import { plainText } from './engram/common-words.ts';

/** The text of a table's key in a stream; undefined where no model with its tokenizer is at hand. */
export type KeyText = (stream: { readonly tokenizerHash: string }, ids: readonly number[]) => string | undefined;

const MOST_MODELS = 100;

/** Texts of keys, by the tokenizers of the models that the workspace has; each model is opened once, when a tokenizer is first missed. */
export class KeyTexts {
  private readonly tokenizers = new Map<string, Tokenizer>();
  private readonly opened = new Set<string>();

  constructor(private readonly workspace: Pick<Workspace, 'roots' | 'openModel'>) {}

  /** A reader for the keys of tables. @param hashes Tokenizers that they are bound to. */
  async readerFor(hashes: readonly string[]): Promise<KeyText> {
    for (const folder of await this.folders()) {
      if (hashes.every((hash) => this.tokenizers.has(hash))) break;
      await this.open(folder);
    }
    return ({ tokenizerHash }, ids) => {
      const tokenizer = this.tokenizers.get(tokenizerHash);
      return tokenizer === undefined ? undefined : plainText(ids.map((id) => tokenizer.tokenText(id)));
    };
  }

  private async folders(): Promise<string[]> {
    const lists = await Promise.all(Object.values(this.workspace.roots).map(async (root) => {
      const entries = await readdir(root, { withFileTypes: true }).catch(() => []);
      return entries.filter((entry) => entry.isDirectory() || entry.isSymbolicLink()).map(({ name }) => join(root, name));
    }));
    return lists.flat().slice(0, MOST_MODELS);
  }

  private async open(folder: string): Promise<void> {
    if (this.opened.has(folder)) return;
    this.opened.add(folder);
    try {
      const { streams } = await loadTextEncoders(await this.workspace.openModel(folder));
      for (const { tokenizer } of streams) this.tokenizers.set(tokenizer.hash, tokenizer);
    } catch {
      // No model, or one that can't be read: the models panel says so; keys are shown by their ids.
    }
  }
}
