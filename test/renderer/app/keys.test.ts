import { describe, expect, it } from 'vitest';
import type { StudioCommand } from '../../../src/renderer/app/commands/command.ts';
import { combinationOf, commandFor, conflicts, keysOf } from '../../../src/renderer/app/keys.ts';

const PLAIN = { ctrlKey: false, metaKey: false, shiftKey: false, altKey: false };
const press = (key: string, code: string, change: Partial<typeof PLAIN> = {}): Parameters<typeof combinationOf>[0] => ({ key, code, ...PLAIN, ...change });

const COMMANDS: readonly StudioCommand[] = [
  { id: 'a', title: 'A', keys: ['Mod+S'], inFields: true, run: () => undefined },
  { id: 'b', title: 'B', keys: ['M'], onCanvas: true, run: () => undefined },
  { id: 'c', title: 'C', keys: ['F2'], run: () => undefined },
];

describe('key combinations', () => {
  it('names them by main key, modifiers and key', () => {
    expect(combinationOf(press('s', 'KeyS', { ctrlKey: true }), false)).toBe('Mod+S');
    expect(combinationOf(press('s', 'KeyS', { metaKey: true }), true)).toBe('Mod+S');
    expect(combinationOf(press('Z', 'KeyZ', { ctrlKey: true, shiftKey: true }), false)).toBe('Mod+Shift+Z');
    expect(combinationOf(press('ø', 'KeyO', { altKey: true }), false)).toBe('Alt+O');
    expect(combinationOf(press(' ', 'Space'), false)).toBe('Space');
  });

  it('runs no single key in a field, and canvas keys on the canvas alone', () => {
    expect(commandFor('M', COMMANDS, {}, 'canvas')?.id).toBe('b');
    expect(commandFor('M', COMMANDS, {}, 'field')).toBeUndefined();
    expect(commandFor('M', COMMANDS, {}, 'other')).toBeUndefined();
    expect(commandFor('Mod+S', COMMANDS, {}, 'field')?.id).toBe('a');
    expect(commandFor('F2', COMMANDS, {}, 'field')).toBeUndefined();
  });

  it('takes the person\'s own keys instead, and tells of clashes', () => {
    expect(keysOf(COMMANDS[0] as StudioCommand, { a: [] })).toEqual([]);
    expect(commandFor('F2', COMMANDS, { a: ['F2'], c: [] }, 'other')?.id).toBe('a');
    expect([...conflicts(COMMANDS, { a: ['F2'] }).keys()]).toEqual(['F2']);
  });
});
