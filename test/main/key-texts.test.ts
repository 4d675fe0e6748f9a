import { describe, expect, it } from 'vitest';
import { openWorkspace } from '../../src/main/cli/workspace.ts';
import { loadTextEncoders } from '../../src/main/backbones/index.ts';
import { KeyTexts } from '../../src/main/key-texts.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

describe('texts of keys', () => {
  it('come from the model whose tokenizer a table is bound to, and from no other', async () => {
    const workspace = await openWorkspace();
    const { streams } = await loadTextEncoders(await workspace.openModel('models:pocket-sd15'));
    const tokenizer = streams[0]!.tokenizer;
    const read = await new KeyTexts(workspace).readerFor([tokenizer.hash]);
    expect(read({ tokenizerHash: tokenizer.hash }, tokenizer.encode('red coat'))).toBe('red coat');
    expect(read({ tokenizerHash: '0'.repeat(64) }, [1, 2])).toBeUndefined();
  });

  it('are left out where folders hold no model', async () => {
    const workspace = await openWorkspace();
    const read = await new KeyTexts({ ...workspace, roots: { models: await temporaryFolder(), gone: '/nowhere' } }).readerFor(['a'.repeat(64)]);
    expect(read({ tokenizerHash: 'a'.repeat(64) }, [1])).toBeUndefined();
  });
});
