import { createHash } from 'node:crypto';
import { readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { galleryPage } from '../../../../src/main/services/batch/gallery-page.ts';
import { writeGallery } from '../../../../src/main/services/batch/gallery.ts';
import { decodeImageFile } from '../../../../src/main/services/images/codec.ts';
import { CHROMIUM, Page } from '../../../support/chromium.ts';
import { doneRecord, planOf, renderRows, type BatchShape } from '../../../support/batch-records.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

const HOSTILE = '</script><script>document.title="owned"</script><img src=x onerror="document.title=\'owned\'"><!--';
const shape: BatchShape = { name: `Foxes ${HOSTILE}`, groups: [{ prompt: ['a fox', HOSTILE] }, { seed: ['1', '2', '3'] }] };

async function pageOf(folder: string, plan = planOf(shape)): Promise<string> {
  const { files } = await writeGallery({ outputFolder: folder, plan, records: await renderRows(folder, plan) });
  expect(files).toEqual([join(folder, 'gallery.html')]);
  return readFile(files[0]!, 'utf8');
}

describe('the page', () => {
  test('holds one program, allowed by its hash, no handlers in markup and nothing from a network', async () => {
    const html = await pageOf(await temporaryFolder(), planOf({ ...shape, name: 'Foxes' }));
    const scripts = [...html.matchAll(/<script(?<attributes>[^>]*)>(?<body>.*?)<\/script>/gs)];
    expect(scripts.map(({ groups }) => groups?.['attributes'])).toEqual([' id="data" type="application/json"', '']);
    const hash = createHash('sha256').update(scripts[1]!.groups!['body']!).digest('base64');
    expect(html).toContain(`script-src 'sha256-${hash}'`);
    const style = /<style>(.*?)<\/style>/s.exec(html)?.[1] ?? '';
    expect(html).toContain(`style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'`);
    expect(html).toContain('default-src \'none\'');
    const markup = html.replace(/<script.*?<\/script>/gs, '').replace(/<style.*?<\/style>/gs, '');
    expect(markup).not.toMatch(/\son[a-z]+\s*=/i);
    expect(markup).not.toMatch(/https?:|\/\//);
    expect(scripts[1]!.groups!['body']).not.toMatch(/innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|https?:/);
  });

  test('data can\'t leave its place: it is read back as it was', () => {
    const data = { name: HOSTILE, axes: [{ name: 'prompt', values: [HOSTILE, '\u2028', '<!--', ']]>'] }], entries: [] };
    const html = galleryPage(data);
    const json = /<script id="data" type="application\/json">(.*?)<\/script>/s.exec(html)?.[1] ?? '';
    expect(json).not.toContain('<');
    expect(JSON.parse(json)).toEqual(data);
  });

  test('large pictures get thumbnails once; addresses work for any file name', async () => {
    const folder = await temporaryFolder();
    const plan = planOf({ groups: [{ a: ['1', '2'] }] });
    const named = { ...plan, rows: plan.rows.map((row) => ({ ...row, output: `a b#?%/ü ${row.index}` })) };
    const records = await renderRows(folder, named, { width: 900, height: 600 });
    await writeGallery({ outputFolder: folder, plan: named, records });
    const thumbs = await readdir(join(folder, 'gallery'));
    expect(thumbs).toHaveLength(2);
    const { width, height } = await decodeImageFile(join(folder, 'gallery', thumbs[0]!));
    expect([width, height]).toEqual([360, 240]);
    const before = (await stat(join(folder, 'gallery', thumbs[0]!))).mtimeMs;
    await writeGallery({ outputFolder: folder, plan: named, records });
    expect((await stat(join(folder, 'gallery', thumbs[0]!))).mtimeMs).toBe(before);
    expect(await readFile(join(folder, 'gallery.html'), 'utf8')).toContain('"url":"a%20b%23%3F%25/%C3%BC%200.png"');
  });

  test('without metadata it names no prompt', async () => {
    const html = await pageOf(await temporaryFolder(), planOf({ groups: [{ prompt: ['secret words', 'b'] }], batch: { output: { metadata: 'none' } } }));
    expect(html).not.toContain('secret');
    expect(html).not.toContain('prompts.prompts');
  });

  test('a picture that is gone is told, and the rest is shown', async () => {
    const folder = await temporaryFolder();
    const plan = planOf(shape);
    const records = await renderRows(folder, plan);
    await rm(join(folder, 'row-1.png'));
    const { warnings } = await writeGallery({ outputFolder: folder, plan, records });
    expect(warnings.map(({ code }) => code)).toEqual(['files.read']);
  });
});

describe.skipIf(CHROMIUM === undefined)('in a browser (needs Chromium)', () => {
  let page: Page;

  beforeAll(async () => { page = await Page.open(); });
  afterAll(async () => { await page.close(); });

  test('opens from disk: pictures show, hostile prompts are text, filters, search, keyboard and the large view work', async () => {
    const folder = await temporaryFolder();
    const plan = planOf(shape);
    const records = [...await renderRows(folder, plan), { row: { ...plan.rows[0]!, index: 6, output: 'failed' }, state: 'failed' as const, attempts: 3, error: { code: 'toy.broken', kind: 'run' as const, where: 'Sample', rule: HOSTILE } }];
    await writeGallery({ outputFolder: folder, plan, records });
    await page.load(pathToFileURL(join(folder, 'gallery.html')).href);
    expect(await page.evaluate('document.title')).toBe(shape.name);
    expect(await page.evaluate('document.querySelectorAll(".card").length')).toBe(7);
    expect(await page.evaluate('document.querySelectorAll("script, iframe").length')).toBe(2);
    await page.evaluate('Promise.all([...document.querySelectorAll(".card img")].map((image) => image.decode()))');
    expect(await page.evaluate('[...document.querySelectorAll(".card img")].every((image) => image.naturalWidth === 32)')).toBe(true);
    expect(await page.evaluate('document.querySelectorAll(".card .long")[3].textContent')).toBe(HOSTILE);
    expect(await page.evaluate('document.querySelector(".failed").textContent')).toContain('onerror');

    // Filters and search.
    await page.evaluate('{ const select = document.querySelectorAll("#filters select")[1]; select.value = "1"; select.dispatchEvent(new Event("change")); }');
    expect(await page.evaluate('document.getElementById("count").textContent')).toBe('2 of 7');
    await page.press('/');
    expect(await page.evaluate('document.activeElement.id')).toBe('search');
    for (const key of 'fox') await page.press(key);
    expect(await page.evaluate('document.getElementById("count").textContent')).toBe('1 of 7');
    await page.evaluate('{ document.getElementById("search").value = ""; const select = document.querySelectorAll("#filters select")[1]; select.value = ""; select.dispatchEvent(new Event("change")); }');

    // The large view, by keyboard alone.
    await page.evaluate('document.querySelector(".card").focus()');
    await page.press('ArrowRight');
    await page.press('Enter');
    expect(await page.evaluate('[document.getElementById("viewer").open, document.getElementById("place").textContent, document.getElementById("picture").src.split("/").at(-1)]')).toEqual([true, '2 of 7', 'row-1.png']);
    await page.press('ArrowRight');
    await page.press('ArrowRight');
    expect(await page.evaluate('document.getElementById("facts").textContent')).toContain(HOSTILE);
    await page.press('Escape');
    await page.until('!document.getElementById("viewer").open && document.activeElement.dataset.index === "3"'); // the picture that was shown last
    expect(await page.evaluate('document.title')).toBe(shape.name);
    expect(page.complaints).toEqual([]);
  });

  test('5,000 pictures open fast, and load as one comes near', async () => {
    const folder = await temporaryFolder();
    const plan = planOf({ groups: [{ prompt: Array.from({ length: 50 }, (_, index) => `a portrait of a fox in coat number ${index}`) }, { seed: Array.from({ length: 100 }, (_, index) => String(index)) }] });
    const [first] = await renderRows(folder, { ...plan, rows: plan.rows.slice(0, 1) });
    const records = plan.rows.map((row) => doneRecord(row, [first!.result!.outputs[0]!.file]));
    await writeGallery({ outputFolder: folder, plan, records });
    const started = performance.now();
    await page.load(pathToFileURL(join(folder, 'gallery.html')).href);
    expect(await page.evaluate('document.querySelector(".card") !== null')).toBe(true);
    // Measured 0.3 s on two busy cores; drawing everything at once took many times that.
    expect(performance.now() - started).toBeLessThan(5000);
    const drawn = (): Promise<unknown> => page.evaluate('document.querySelectorAll(".card").length');
    expect(await drawn()).toBeLessThan(1000);
    expect(await page.evaluate('document.getElementById("count").textContent')).toBe('5000');
    const before = await drawn() as number;
    await page.evaluate('scrollTo(0, document.body.scrollHeight)');
    await page.until(`document.querySelectorAll(".card").length > ${before}`);
  });
});
