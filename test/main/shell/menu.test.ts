import { describe, expect, it } from 'vitest';
import { menuEntries } from '../../../src/main/shell/menu.ts';
import type { MenuEntry } from '../../../src/main/shell/platform.ts';
import { listCode } from '../../../tools/layers/graph.mjs';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../../../tools/lib/paths.mjs';

function all(entries: readonly MenuEntry[]): MenuEntry[] {
  return entries.flatMap((entry) => [entry, ...all(entry.submenu ?? [])]);
}

describe('menuEntries', () => {
  const sent: string[] = [];
  const opened: string[] = [];
  const actions = { command: (name: string) => sent.push(name), open: (path: string) => opened.push(path), newWindow: () => sent.push('window'), quit: () => sent.push('quit') };
  const recent = [{ path: '/a.graph.json', name: 'a & b', openedAt: 1, exists: true }, { path: '/gone.graph.json', name: 'gone', openedAt: 1, exists: false }];

  it('sends commands that windows know', () => {
    const source = listCode(ROOT, ['src'], /node_modules/).filter((file) => file.startsWith('src/renderer/app/commands/')).map((file) => readFileSync(join(ROOT, file), 'utf8')).join('\n');
    const known = new Set([...source.matchAll(/\bid: '([a-z]+\.[A-Za-z]+)'/g)].map(([, id]) => id));
    sent.length = 0;
    for (const entry of all(menuEntries('linux', [], actions))) entry.click?.();
    const commands = sent.filter((name) => name.includes('.'));
    expect(commands.length).toBeGreaterThan(15);
    expect(commands.filter((name) => !known.has(name))).toEqual([]);
  });

  it('lists recent files that are still there, with their names as they are', () => {
    const entries = all(menuEntries('linux', recent, actions));
    const item = entries.find(({ label }) => label === 'a && b');
    item?.click?.();
    expect(opened).toEqual(['/a.graph.json']);
    expect(entries.some(({ label }) => label === 'gone')).toBe(false);
  });

  it('leaves keys to the window, where they can be changed', () => {
    const withKeys = all(menuEntries('linux', [], actions)).filter(({ accelerator, label }) => accelerator !== undefined && label !== 'Quit');
    expect(withKeys.every(({ registerAccelerator }) => registerAccelerator === false)).toBe(true);
  });

  it('has the program’s own menu on a Mac', () => {
    expect(menuEntries('darwin', [], actions)[0]).toEqual({ role: 'appMenu' });
    expect(all(menuEntries('darwin', [], actions)).some(({ label }) => label === 'Quit')).toBe(false);
  });
});
