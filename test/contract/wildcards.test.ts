import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { AppError } from '../../src/contract/errors.ts';
import { createDraws, drawSeeds } from '../../src/contract/draws.ts';
import { allWildcards, compileWildcards, escapeWildcards, looksLikeWildcards, wildcardFiles } from '../../src/contract/wildcards.ts';
import { faultOf } from '../support/fault.ts';

function all(text: string, files: Record<string, readonly string[]> = {}): string[] {
  return allWildcards(compileWildcards(text, 'prompt', new Map(Object.entries(files))), 'prompt', 100_000);
}

describe('texts with choices', () => {
  test.each<[string, string[]]>([
    ['plain', ['plain']],
    ['', ['']],
    ['a {red|blue} fox', ['a red fox', 'a blue fox']],
    ['{a|b}{c|d}', ['ac', 'ad', 'bc', 'bd']],
    ['{a|{b|c}x}', ['a', 'bx', 'cx']],
    ['{|very }old', ['old', 'very old']],
    ['{one}', ['one']],
    ['{2::a|b}', ['a', 'b']],
    ['{0.5::a|{1::b|c}}', ['a', 'b', 'c']],
    ['{a:1.2|b::c}', ['a:1.2', 'b::c']],
    ['either | or', ['either | or']],
    ['\\{a\\|b\\} \\\\ {c\\|d|e}', ['{a|b} \\ c|d', '{a|b} \\ e']],
    ['back\\slash', ['back\\slash']],
    ['end\\', ['end\\']],
    ['{🦊|狐}', ['🦊', '狐']],
  ])('%j gives %j', (text, expected) => {
    expect(all(text)).toEqual(expected);
  });

  it('takes the lines of files, and choices in those lines', () => {
    expect(all('a {file: animals.txt } here', { 'animals.txt': ['{red|grey} fox', 'cat'] })).toEqual(['a red fox here', 'a grey fox here', 'a cat here']);
    expect(all('{x|{file:w}}', { w: ['{file:v}', 'c'], v: ['a', 'b'] })).toEqual(['x', 'a', 'b', 'c']);
  });
});

describe('faults', () => {
  test.each([
    ['{a|b', 'wildcards.open', 'got "{a|b" at character 1'],
    ['x {a|{b}', 'wildcards.open', 'at character 3'],
    ['a}', 'wildcards.closing', 'at character 2'],
    ['{file:a', 'wildcards.open', 'at character 1'],
    ['{file:}', 'wildcards.file', 'at character 1'],
    ['{file:a|b}', 'wildcards.file', 'at character 1'],
    ['{0::a|0::b}', 'wildcards.weight', 'at character 1'],
    ['{'.repeat(33), 'wildcards.depth', 'at character 33'],
    ['{'.repeat(1_000_000), 'wildcards.depth', 'at character 33'],
  ])('%s', async (text, code, place) => {
    const fault = await faultOf(() => compileWildcards(text, 'axis "prompt"'));
    expect(fault).toMatchObject({ code, kind: 'input', where: 'axis "prompt"' });
    expect(`got ${fault.got}`).toContain(place);
    expect(fault.hint).toContain('\\{');
  });

  it('names files that are not there, empty, or in a circle', async () => {
    const files = new Map([['a', ['{file:b}']], ['b', ['{file:a}']], ['none', []]]);
    expect(await faultOf(() => compileWildcards('{file:x}', 'p', files))).toMatchObject({ code: 'wildcards.no-file', got: '"x"' });
    expect(await faultOf(() => compileWildcards('{file:none}', 'p', files))).toMatchObject({ code: 'wildcards.empty-file' });
    expect(await faultOf(() => compileWildcards('{file:a}', 'p', files))).toMatchObject({ code: 'wildcards.cycle', got: 'a -> b -> a' });
    expect(await faultOf(() => compileWildcards('{file:c}', 'p', new Map([['c', ['good', 'bad}']]])))).toMatchObject({ code: 'wildcards.closing', where: 'p, c line 2' });
  });

  it('counts combinations before it writes any out', async () => {
    const huge = compileWildcards('{a|b|c|d}'.repeat(100), 'prompt');
    expect(huge.count).toBe(Infinity);
    expect(await faultOf(() => allWildcards(huge, 'prompt', 1000))).toMatchObject({ code: 'wildcards.too-many', rule: 'a text must have at most 1000 combinations', got: 'more than can be counted' });
    expect(await faultOf(() => allWildcards(compileWildcards('{a|b}'.repeat(10), 'p'), 'p', 1000))).toMatchObject({ got: '1024' });
  });

  it('reads a large file of words quickly', () => {
    const words = Array.from({ length: 100_000 }, (_, index) => `word ${index}`);
    const compiled = compileWildcards('{file:w}', 'p', new Map([['w', words]]));
    expect(allWildcards(compiled, 'p', 1e6)).toEqual(words);
  });
});

/** Texts without files: literals, escapes and nested choices. */
const { template } = fc.letrec<{ template: string; part: string }>((tie) => ({
  template: fc.array(tie('part'), { maxLength: 3 }).map((parts) => parts.join('')),
  part: fc.oneof({ maxDepth: 3 }, fc.string({ maxLength: 5 }).map(escapeWildcards), fc.array(tie('template'), { minLength: 1, maxLength: 3 }).map((options) => `{${options.join('|')}}`)),
}));

describe('laws', () => {
  test('a text that was escaped is itself and nothing else', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 50 }), (text) => {
      expect(all(escapeWildcards(text))).toEqual([text]);
    }));
  });

  test('the count is the number of combinations, and combining multiplies: all(a + b) = all(a) x all(b)', () => {
    fc.assert(fc.property(template, template, (a, b) => {
      fc.pre(compileWildcards(a, 'p').count * compileWildcards(b, 'p').count <= 5000);
      const [left, right] = [all(a), all(b)];
      expect(all(`${a}${b}`)).toEqual(left.flatMap((x) => right.map((y) => x + y)));
      expect(all(`{${a}|${b}}`)).toEqual([...left, ...right]);
      expect(left).toHaveLength(compileWildcards(a, 'p').count);
    }));
  });

  test('a draw is one of the combinations, and equal seeds draw equally', () => {
    fc.assert(fc.property(template, fc.string(), (text, seed) => {
      const compiled = compileWildcards(text, 'p');
      fc.pre(compiled.count <= 5000);
      const random = createDraws(seed);
      const draws = Array.from({ length: 5 }, () => compiled.draw(random));
      const again = createDraws(seed);
      expect(draws.map(() => compiled.draw(again))).toEqual(draws);
      const combinations = new Set(all(text));
      for (const draw of draws) expect(combinations).toContain(draw);
    }));
  });

  test('any text is read or refused as input, never with anything else', () => {
    const outcomeOf = (text: string): string => {
      try {
        compileWildcards(text, 'p');
        return 'read';
      } catch (error) {
        return error instanceof AppError ? error.data.code : 'crashed';
      }
    };
    const outcomes = new Set<string>();
    fc.assert(fc.property(fc.string({ unit: fc.constantFrom('{', '}', '|', '\\', 'a', ':', 'file:', '2::', '\n') }), (text) => {
      const outcome = outcomeOf(text);
      outcomes.add(outcome.split('.')[0] as string);
      expect(outcome).not.toBe('crashed');
    }));
    expect([...outcomes].sort()).toEqual(['read', 'wildcards']);
  });
});

test('weights are kept by draws', () => {
  const random = createDraws('weights');
  const compiled = compileWildcards('{3::a|b|0::c}', 'p');
  const draws = Array.from({ length: 4000 }, () => compiled.draw(random));
  const share = draws.filter((draw) => draw === 'a').length / draws.length;
  expect(Math.abs(share - 0.75)).toBeLessThan(0.035); // five standard deviations of 4000 draws
  expect(draws).not.toContain('c');
});

test('draws are the same everywhere and spread over [0, 1)', () => {
  const next = createDraws('known');
  expect([next(), next(), next(), next(), next()].map((value) => value.toFixed(12))).toMatchInlineSnapshot(`
    [
      "0.703004039442",
      "0.929088945428",
      "0.477348078314",
      "0.119585718584",
      "0.980126743340",
    ]
  `);
  const values = Array.from({ length: 10_000 }, next);
  expect(values.every((value) => value >= 0 && value < 1)).toBe(true);
  const mean = values.reduce((sum, value) => sum + value) / values.length;
  expect(Math.abs(mean - 0.5)).toBeLessThan(0.015); // five standard deviations of the mean of 10,000
});

test('drawn seeds differ from each other, and longer lists begin with shorter ones', () => {
  const seeds = drawSeeds(20_000, 7);
  expect(new Set(seeds).size).toBe(20_000);
  expect(seeds.every((seed) => Number.isInteger(seed) && seed >= 0 && seed < 2 ** 32)).toBe(true);
  expect(drawSeeds(10, 7)).toEqual(seeds.slice(0, 10));
  expect(drawSeeds(10, 8)).not.toEqual(drawSeeds(10, 7));
});

test('files that a text names are told once each', () => {
  expect(wildcardFiles('{file:a} {b|{file:c}|{file:a}}', 'p')).toEqual(['a', 'c']);
});

test.each([['{a|b}', true], ['{file:x}', true], ['{a}', false], ['a|b', false], ['plain', false], ['{'.repeat(50_000), false], [`{${'|'.repeat(50_000)}`, false]])('looksLikeWildcards', (text, expected) => {
  expect(looksLikeWildcards(text)).toBe(expected);
});
