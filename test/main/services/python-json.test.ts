import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parsePythonJson } from '../../../src/main/services/python-json.ts';

describe('JSON as Python writes it', () => {
  it('may hold infinities, as a saved DPMSolverMultistepScheduler does', () => {
    expect(parsePythonJson('{"lambda_min_clipped": -Infinity, "list": [Infinity, 1]}')).toEqual({ lambda_min_clipped: -Infinity, list: [Infinity, 1] });
  });

  it('leaves strings alone', () => {
    expect(parsePythonJson('{"a": "-Infinity", "Infinity": "\\"Infinity", "b": Infinity}')).toEqual({ a: '-Infinity', Infinity: '"Infinity', b: Infinity });
  });

  it('is JSON otherwise', () => {
    fc.assert(fc.property(fc.json(), (json) => { expect(parsePythonJson(json)).toEqual(JSON.parse(json)); }));
    for (const text of ['{"a": NaN}', '{"a": Infinityx}', '{"a": --Infinity}', 'Infinity"', '"Infinity']) expect(() => parsePythonJson(text), text).toThrow(SyntaxError);
  });

  it('takes a string of millions of characters', () => {
    const text = JSON.stringify({ long: 'x\\'.repeat(2_000_000), infinite: 1 }).replace(/1}$/, 'Infinity}');
    expect((parsePythonJson(text) as { infinite: number }).infinite).toBe(Infinity);
  });
});
