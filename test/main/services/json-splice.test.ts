import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { spliceJson } from '../../../src/main/services/json-splice.ts';
import { faultOf } from '../../support/fault.ts';

/** Objects within objects, with names and texts that are hard to tell from JSON's own signs. */
const name = fc.oneof(fc.string({ maxLength: 4 }), fc.constantFrom('a"b', 'a\\', '}', ',', ':', '__proto__x'));
const value = fc.letrec<{ any: unknown; object: Record<string, unknown> }>((tie) => ({
  any: fc.oneof({ maxDepth: 4 }, fc.string(), fc.double({ noNaN: true, noDefaultInfinity: true }), fc.boolean(), fc.constant(null), fc.array(tie('any'), { maxLength: 3 }), tie('object')),
  object: fc.dictionary(name, tie('any'), { maxKeys: 4 }),
}));

function paths(object: unknown, path: readonly string[] = []): (readonly string[])[] {
  if (object === null || typeof object !== 'object' || Array.isArray(object)) return [path];
  return [path, ...Object.entries(object).flatMap(([field, inner]) => paths(inner, [...path, field]))];
}

function withValue(object: unknown, [field, ...rest]: readonly string[], changed: unknown): unknown {
  if (field === undefined) return changed;
  return { ...(object as object), [field]: withValue((object as Record<string, unknown>)[field], rest, changed) };
}

describe('spliceJson', () => {
  it('changes the value at a path and nothing else, whatever the text', () => {
    fc.assert(fc.property(value.object, value.any, fc.nat(), fc.constantFrom(undefined, 1, 2, '\t'), (object, changed, which, indent) => {
      const all = paths(object);
      const path = all[which % all.length] as readonly string[];
      const text = JSON.stringify(object, undefined, indent);
      const spliced = spliceJson(text, [{ path, value: changed }], 'x');
      expect(JSON.parse(spliced)).toEqual(JSON.parse(JSON.stringify(withValue(object, path, changed))));
      // Splicing the old value back gives the old text, up to how that value itself is laid out.
      const old = path.reduce<unknown>((inner, field) => (inner as Record<string, unknown>)[field], object);
      expect(spliceJson(spliced, [{ path, value: old }], 'x')).toBe(spliceJson(text, [{ path, value: old }], 'x'));
    }), { numRuns: 300 });
  });

  it('keeps how everything else is written', () => {
    const text = '{\n  "steps": 1e1, "checks" : { "a": {"hash":"", "mean": {"value": 1.50 , "tolerance":0.10}}},\r\n "z": [ 1.0 ]}\n';
    expect(spliceJson(text, [{ path: ['checks', 'a', 'mean', 'value'], value: 2 }, { path: ['checks', 'a', 'hash'], value: 'ff' }], 'x'))
      .toBe('{\n  "steps": 1e1, "checks" : { "a": {"hash":"ff", "mean": {"value": 2 , "tolerance":0.10}}},\r\n "z": [ 1.0 ]}\n');
  });

  it('takes the last of doubled fields, as readers do', () => {
    expect(spliceJson('{"a":1,"a":2}', [{ path: ['a'], value: 3 }], 'x')).toBe('{"a":1,"a":3}');
  });

  it.each([[['b']], [['a', 'b']], [['l', '0']]])('refuses %j, which is not there', async (path) => {
    expect((await faultOf(() => spliceJson('{"a":1,"l":[1]}', [{ path, value: 0 }], 'file'))).code).toBe('json.path');
  });
});
