import { describe, expect, it } from 'vitest';
import { captionOf, triggerCaptionOf } from '../../../tools/pocket/world/captions.mjs';
import { sampleSpec } from '../../../tools/pocket/world/grammar.mjs';
import { createRandom, seedOf } from '../../../tools/pocket/world/random.mjs';
import { renderRaw } from '../../../tools/pocket/world/render.mjs';
import { labelsOf, vocabulary } from '../../../tools/pocket/world/vocabulary.mjs';

const layout = { seed: 5, shift: 0, lift: 0, scale: 1 };
const figure = { species: 'human', tone: 'pale', hairStyle: 'short', hairColor: 'brown', garment: 'coat', garmentColor: 'teal', headwear: 'none', item: 'none', mark: 'none', pose: 'stand', number: 1 };
const specs = Array.from({ length: 300 }, (_, index) => sampleSpec(createRandom(seedOf(3, index))));

/** Share of pixels that differ clearly. */
function difference(a: Uint8Array, b: Uint8Array): number {
  let changed = 0;
  for (let i = 0; i < a.length; i += 3) if (Math.abs((a[i] as number) - (b[i] as number)) + Math.abs((a[i + 1] as number) - (b[i + 1] as number)) + Math.abs((a[i + 2] as number) - (b[i + 2] as number)) > 60) changed += 1;
  return changed / (a.length / 3);
}

describe('the world', () => {
  it('draws the same spec to the same bytes', async () => {
    const [first] = specs as [(typeof specs)[number]];
    expect(Buffer.compare(await renderRaw(first, 128), await renderRaw(structuredClone(first), 128))).toBe(0);
  });

  // 0.4% of 128 x 128 pixels is a patch of 8 x 8: less can't survive a latent of 16 x 16.
  it.each(['hairStyle', 'hairColor', 'garment', 'garmentColor', 'headwear', 'item', 'mark'] as const)('tells every %s from every other one, in each framing', async (attribute) => {
    for (const framing of vocabulary.framing) {
      const drawings = await Promise.all(vocabulary[attribute].map((value: string) => renderRaw({ figures: [{ ...figure, [attribute]: value }], scene: { place: 'meadow', time: 'day', weather: 'clear', framing, layout } }, 128)));
      drawings.forEach((a, i) => { for (const b of drawings.slice(i + 1)) expect(difference(a, b)).toBeGreaterThan(0.004); });
    }
  });

  it('labels every picture within the vocabulary', () => {
    for (const { figures, scene } of specs) {
      for (const [attribute, at] of Object.entries(labelsOf(figures[0] as (typeof figures)[number], scene, figures.length))) {
        if (at !== null) expect((vocabulary as Record<string, string[]>)[attribute]?.[at]).toBeDefined();
      }
    }
  });

  it('writes captions that tell what they say they tell, and never a mark', () => {
    specs.forEach((spec, index) => {
      const caption = captionOf(createRandom(seedOf(4, index)), spec);
      expect(caption.figures).toHaveLength(spec.figures.length);
      expect(caption.figures.flat()).not.toContain('mark');
      expect(caption.text).not.toMatch(/\b(stripe|sash|glow\w*|halo|emblem|badge)\b/);
      const [first] = spec.figures;
      if (spec.figures.length === 1 && caption.figures[0]?.includes('item') && first?.item === 'balloon') expect(caption.text).toContain('balloon');
    });
  });

  it('puts two triggers side by side, left one first', () => {
    const scene = { place: 'beach', time: 'day', weather: 'clear', framing: 'full', layout };
    expect(triggerCaptionOf(createRandom(1), scene, ['Left One', 'Right Two']).text).toMatch(/^Left One beside Right Two .*(beach|sea)/);
  });
});
