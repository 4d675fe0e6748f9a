import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ROOT } from '../../tools/lib/paths.mjs';
import { noticeText } from '../../tools/notices.mjs';

const read = (name: string): string => readFileSync(join(ROOT, name), 'utf8');

describe('NOTICE', () => {
  it('is what the lockfile says; run `node tools/notices.mjs` when it is not', () => {
    expect(read('NOTICE')).toBe(noticeText(read('package-lock.json')));
  });

  it('names every dependency of package.json', () => {
    const { dependencies } = JSON.parse(read('package.json')) as { dependencies: Record<string, string> };
    for (const [name, version] of Object.entries(dependencies)) expect(read('NOTICE')).toContain(`\n  ${name} ${version}: `);
  });
});

describe('noticeText', () => {
  const lock = (packages: object): string => JSON.stringify({ packages: { '': { version: '0' }, ...packages } });

  it('lists what runs, without what only builds', () => {
    const text = noticeText(lock({ 'node_modules/a/node_modules/@x/b': { version: '1.0.0', license: 'MIT' }, 'node_modules/c': { version: '2.0.0', license: 'MIT', dev: true } }));
    expect(text).toMatch(/\n {2}@x\/b 1\.0\.0: MIT\n$/);
    expect(text).not.toContain('2.0.0');
  });

  it('refuses a package without a licence', () => {
    expect(() => noticeText(lock({ 'node_modules/a': { version: '1.0.0' } }))).toThrow('Package "a" 1.0.0 states no licence');
  });
});
