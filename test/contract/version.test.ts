import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { PROGRAM_VERSION } from '../../src/contract/version.ts';
import { ROOT } from '../../tools/lib/paths.mjs';

it('is the version that package.json says', () => {
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string };
  expect(PROGRAM_VERSION).toBe(version);
});
