import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ROOT } from '../../tools/lib/paths.mjs';

const PAGES = ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', ...readdirSync(join(ROOT, 'docs', 'decisions')).map((name) => `docs/decisions/${name}`)];

const read = (page: string): string => readFileSync(join(ROOT, page), 'utf8');

/** Files and folders that a page names in code marks, from the root on; patterns like `<op>` stand for many and are left out. */
function namedPaths(text: string): string[] {
  const quoted = [...text.matchAll(/`([^`\n]+)`/g)].map(([, code]) => code ?? '');
  return quoted.filter((code) => /^(?:src|nodes|tools|test|graphs|models|docs)\/[\w./-]*$/.test(code));
}

describe.each(PAGES)('%s', (page) => {
  it('names only files and folders that exist', () => {
    expect(namedPaths(read(page)).filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
  });

  it('links only to pages that exist', () => {
    const links = [...read(page).matchAll(/\]\(([^)#]+)\)/g)].map(([, target]) => target ?? '');
    expect(links.filter((target) => !existsSync(join(ROOT, page, '..', target)))).toEqual([]);
  });
});

describe('the README', () => {
  it('tells of every command, and of no other', () => {
    const { stdout } = spawnSync(process.execPath, [join(ROOT, 'dist', 'cli.mjs'), '--help'], { encoding: 'utf8' });
    const commands = [...stdout.slice(stdout.indexOf('Commands:')).matchAll(/^ {2}(\w[\w-]*)/gm)].map(([, name]) => name);
    const told = [...read('README.md').matchAll(/^\| `(\w[\w-]*)/gm)].map(([, name]) => name);
    expect(told.filter((name) => name !== 'graphs').sort()).toEqual(commands.filter((name) => name !== 'help').sort());
  });

  it('tells of every graph that ships, and of no other', () => {
    const told = [...read('README.md').matchAll(/^\| `(graphs\/[\w.-]+)`/gm)].map(([, name]) => name);
    const shipped = readdirSync(join(ROOT, 'graphs')).filter((name) => name.endsWith('.graph.json'));
    expect(told.sort()).toEqual(shipped.map((name) => `graphs/${name}`).sort());
  });
});
