import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readIdentities } from '../../../../src/main/cli/benchmark/data.ts';
import { openProbes, type View } from '../../../../src/main/cli/benchmark/probes.ts';
import { addTallies, mean, overall, tallyOf } from '../../../../src/main/cli/benchmark/score.ts';
import { createSessionProvider, type EngineSessions } from '../../../../src/main/engine/sessions.ts';
import { decodeImageFile } from '../../../../src/main/services/images/codec.ts';
import type { RgbImage } from '../../../../src/main/services/images/rgb-image.ts';
import { openTestFolder } from './support.ts';

const FOLDER = 'test/fixtures/probes';
const expected = JSON.parse(readFileSync(join(FOLDER, 'expected.json'), 'utf8')) as Record<View, { features: number[]; values: Record<string, string> }>;

/** As tools/pocket/probe_fixture.py makes it. */
function picture(side: number): RgbImage {
  const pixels = Uint8Array.from({ length: side * side * 3 }, (_, i) => {
    const [x, y, c] = [Math.floor(i / 3) % side, Math.floor(i / 3 / side), i % 3];
    return (x * 7 + y * 13 + c * 50 + x * y) % 256;
  });
  return { width: side, height: side, pixels };
}

describe('probes', () => {
  let sessions: EngineSessions;
  beforeAll(async () => { sessions = await createSessionProvider({ device: 'cpu' }); });
  afterAll(async () => { await sessions.dispose(); });

  it.each(['whole', 'left', 'right'] as const)('reads the %s view as torch does', async (view) => {
    const probes = await openProbes(await openTestFolder(FOLDER));
    const [reading] = await probes.read(sessions, [picture(32)], view);
    expect(reading?.values).toEqual(expected[view].values);
    // float32 sums of some 50 terms in another order: 1e-5 of values around 1.
    expected[view].features.forEach((value, index) => { expect(reading?.features[index]).toBeCloseTo(value, 4); });
  });

  it('reads each picture of many for itself', async () => {
    const probes = await openProbes(await openTestFolder(FOLDER));
    const black = { width: 32, height: 32, pixels: new Uint8Array(32 * 32 * 3) };
    const many = await probes.read(sessions, [...Array.from({ length: 20 }, () => black), picture(32)]);
    expect(many).toHaveLength(21);
    expect(many[20]?.values).toEqual(expected.whole.values);
    expect(many[0]?.features).toEqual(many[19]?.features);
    expect(many[0]?.features).not.toEqual(many[20]?.features);
  });

  it('brings pictures of another size to its own', async () => {
    const probes = await openProbes(await openTestFolder(FOLDER));
    const [reading] = await probes.read(sessions, [picture(64)]);
    expect(reading?.features.every(Number.isFinite)).toBe(true);
  });

  it('reads the references of the benchmark about as well as it says of itself', async () => {
    const probes = await openProbes(await openTestFolder('benchmarks/identity'));
    const { identities } = await readIdentities('benchmarks/identity');
    const tallies = [];
    for (const { name, attributes } of identities) {
      const folder = join('benchmarks/identity/references', name);
      const pictures = await Promise.all(readdirSync(folder).filter((file) => file.endsWith('.png')).map((file) => decodeImageFile(join(folder, file))));
      tallies.push(tallyOf(await probes.read(sessions, pictures), pictures.map(() => attributes)));
    }
    const told = Object.keys(identities[0]?.attributes ?? {}).map((attribute) => probes.config.accuracy[attribute] ?? 0);
    // 40 references are few: 8 points is two and a half standard deviations of a share of 95% among 40 pictures.
    expect(overall(addTallies(tallies))).toBeGreaterThan(mean(told) - 0.08);
  });

  it('says what is missing in a folder without probes', async () => {
    await expect(openProbes(await openTestFolder('test/fixtures/graphs'))).rejects.toMatchObject({ data: { code: 'benchmark.no-probes' } });
  });
});
