import { createHash } from 'node:crypto';

/** The gallery's look. Grey tones and one accent; light or dark as the system is. */
const STYLE = String.raw`
:root { color-scheme: light dark; --paper: #fafaf8; --ink: #202024; --quiet: #6b6b70; --line: #dcdcd6; --card: #fff; --accent: #2f6fdf; --bad: #b3261e; --size: 168px; }
@media (prefers-color-scheme: dark) { :root { --paper: #17181a; --ink: #e9e9ea; --quiet: #9a9aa2; --line: #33353a; --card: #202226; --accent: #7aa7ff; --bad: #ff9a90; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 14px/1.45 system-ui, sans-serif; }
header { position: sticky; top: 0; z-index: 1; background: var(--paper); border-bottom: 1px solid var(--line); padding: 10px 16px; display: flex; flex-wrap: wrap; gap: 8px 14px; align-items: center; }
h1 { font-size: 16px; margin: 0 6px 0 0; font-weight: 650; max-width: 28em; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
#filters { display: contents; }
label { display: inline-flex; gap: 6px; align-items: center; color: var(--quiet); }
select, input, button { font: inherit; color: inherit; background: var(--card); border: 1px solid var(--line); border-radius: 6px; padding: 3px 8px; }
select { max-width: 15em; }
input[type=search] { width: 13em; }
input[type=range] { padding: 0; width: 90px; accent-color: var(--accent); }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 1px; }
#count { color: var(--quiet); margin-left: auto; font-variant-numeric: tabular-nums; }
main { display: grid; grid-template-columns: repeat(auto-fill, minmax(var(--size), 1fr)); gap: 12px; padding: 16px; }
.card { content-visibility: auto; contain-intrinsic-size: auto var(--size) auto calc(var(--size) + 75px); display: block; width: 100%; padding: 0; border: 1px solid var(--line); border-radius: 8px; background: var(--card); overflow: hidden; text-align: left; cursor: pointer; }
.card:hover { border-color: var(--accent); }
.card img { display: block; width: 100%; aspect-ratio: 1; object-fit: contain; background: color-mix(in srgb, var(--ink) 6%, transparent); }
.small { image-rendering: pixelated; }
.card span { display: block; margin: 7px 9px; font-size: 12.5px; line-height: 1.35; overflow: hidden; }
.card .long { display: -webkit-box; -webkit-line-clamp: 2; -webkit-box-orient: vertical; height: 2.7em; overflow-wrap: anywhere; }
.card .short { color: var(--quiet); white-space: nowrap; text-overflow: ellipsis; height: 1.35em; }
.card .failed { aspect-ratio: 1; display: grid; place-items: center; margin: 0; padding: 12px; color: var(--bad); text-align: center; overflow-wrap: anywhere; }
#empty { padding: 40px 16px; color: var(--quiet); text-align: center; }
dialog { border: 0; padding: 0; width: 100vw; height: 100vh; max-width: none; max-height: none; background: var(--paper); color: inherit; }
dialog[open] { display: grid; grid-template-columns: minmax(0, 1fr) minmax(240px, 360px); }
dialog figure { margin: 0; padding: 16px; display: grid; place-items: center; min-height: 0; overflow: auto; background: color-mix(in srgb, var(--ink) 5%, transparent); }
dialog figure img { max-width: 100%; max-height: calc(100vh - 32px); }
dialog figure img.small { width: min(100%, calc(100vh - 32px)); }
aside { overflow: auto; padding: 16px; border-left: 1px solid var(--line); }
nav { display: flex; gap: 8px; margin-bottom: 12px; }
nav output { align-self: center; color: var(--quiet); margin-left: auto; font-variant-numeric: tabular-nums; }
dl { margin: 0; }
dt { color: var(--quiet); font-size: 12px; margin-top: 9px; }
dd { margin: 0; overflow-wrap: anywhere; white-space: pre-wrap; }
dd.code { font: 12px/1.4 ui-monospace, monospace; }
@media (max-width: 760px) { dialog[open] { grid-template-columns: 1fr; grid-template-rows: minmax(40vh, 1fr) auto; } aside { border-left: 0; border-top: 1px solid var(--line); } }
`;

/**
 * The gallery's program. All text goes through textContent and all attributes through properties: no markup is made from data.
 * Cards are appended as one scrolls, pictures load when they come near.
 */
const SCRIPT = String.raw`
'use strict';
const { axes, entries } = JSON.parse(document.getElementById('data').textContent);
const find = (id) => document.getElementById(id);
const [grid, dialog, picture, facts, search, size, count, end, place] = ['grid', 'viewer', 'picture', 'facts', 'search', 'size', 'count', 'end', 'place'].map(find);
const STEP = 240;
const chosen = new Map();
let shown = [];
let drawn = 0;
let open = -1;

const element = (name, properties = {}, ...children) => {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
};
const valuesOf = (entry) => axes.map((axis, index) => axis.values[entry.labels[index]]);
// Prompts get the lines that they need; short values, with the names of their axes, are never hidden by them.
const isLong = axes.map((axis) => axis.values.some((value) => value.length > 16));
const partsOf = (entry, long) => valuesOf(entry).map((value, index) => isLong[index] === long && axes[index].values.length > 1 ? (long ? value : axes[index].name + ' ' + value) : '').filter(Boolean).join(' · ');
const captionOf = (entry) => [partsOf(entry, true), partsOf(entry, false)].filter(Boolean).join(' · ') || entry.file || entry.output;
const [hasLong, hasShort] = [true, false].map((long) => axes.some((axis, index) => isLong[index] === long && axis.values.length > 1));
const textOf = (entry) => (entry.text ??= [...valuesOf(entry), entry.file ?? '', entry.output, entry.error ?? ''].join('\n').toLowerCase());

function card(entry, index) {
  const made = element('button', { className: 'card', type: 'button' });
  made.dataset.index = index;
  if (entry.file) {
    const image = element('img', { loading: 'lazy', decoding: 'async', alt: captionOf(entry), src: entry.thumb ?? entry.url });
    if (entry.small) image.className = 'small';
    made.append(image);
  } else {
    made.append(element('span', { className: 'failed', textContent: entry.error ?? entry.state }));
  }
  made.title = captionOf(entry);
  if (hasLong || !hasShort) made.append(element('span', { className: 'long', textContent: partsOf(entry, true) || entry.output }));
  if (hasShort) made.append(element('span', { className: 'short', textContent: partsOf(entry, false) }));
  return made;
}

function drawMore() {
  const next = shown.slice(drawn, drawn + STEP);
  grid.append(...next.map((entry, offset) => card(entry, drawn + offset)));
  drawn += next.length;
  end.hidden = drawn >= shown.length;
}

function filter() {
  const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
  shown = entries.filter((entry) => [...chosen].every(([axis, value]) => value === '' || entry.labels[axis] === value) && words.every((word) => textOf(entry).includes(word)));
  grid.replaceChildren();
  drawn = 0;
  drawMore();
  count.textContent = shown.length === entries.length ? String(entries.length) : shown.length + ' of ' + entries.length;
  find('empty').hidden = shown.length > 0;
}

function fact(name, value, code) {
  if (value === undefined || value === null || value === '') return;
  facts.append(element('dt', { textContent: name }), element('dd', { textContent: value, className: code ? 'code' : '' }));
}

function show(index) {
  if (index < 0 || index >= shown.length) return;
  open = index;
  const entry = shown[index];
  picture.hidden = !entry.file;
  if (entry.file) Object.assign(picture, { src: entry.url, alt: captionOf(entry), className: entry.small ? 'small' : '' });
  place.textContent = (index + 1) + ' of ' + shown.length;
  facts.replaceChildren();
  valuesOf(entry).forEach((value, axis) => fact(axes[axis].name, value));
  fact('error', entry.error);
  fact('file', entry.file);
  fact('size', entry.width ? entry.width + ' x ' + entry.height + ' pixels' : undefined);
  fact('time', entry.seconds === undefined ? undefined : entry.seconds + ' s');
  fact('device', entry.device);
  for (const [name, value] of Object.entries(entry.set ?? {})) fact(name, typeof value === 'string' ? value : JSON.stringify(value), true);
  fact('SHA-256 of the file', entry.sha256, true);
  fact('SHA-256 of the pixels', entry.pixels, true);
  fact('content key', entry.key, true);
  if (!dialog.open) dialog.showModal();
}

function close() {
  const last = open;
  while (drawn <= last) drawMore();
  grid.children[last]?.focus();
  open = -1;
}

function focusFrom(current, key) {
  const columns = getComputedStyle(grid).gridTemplateColumns.split(' ').length;
  const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns }[key];
  const target = Math.max(0, Math.min(shown.length - 1, current + step));
  while (drawn <= target) drawMore();
  grid.children[target]?.focus();
}

axes.forEach((axis, index) => {
  if (axis.values.length < 2) return;
  const select = element('select', {}, element('option', { value: '', textContent: 'all' }), ...axis.values.map((value, number) => element('option', { value: String(number), textContent: value.length > 60 ? value.slice(0, 57) + '...' : value })));
  select.addEventListener('change', () => { chosen.set(index, select.value === '' ? '' : Number(select.value)); filter(); });
  find('filters').append(element('label', {}, axis.name, select));
});
search.addEventListener('input', filter);
size.addEventListener('input', () => document.documentElement.style.setProperty('--size', size.value + 'px'));
grid.addEventListener('click', (event) => { const target = event.target.closest('.card'); if (target) show(Number(target.dataset.index)); });
find('previous').addEventListener('click', () => show(open - 1));
find('next').addEventListener('click', () => show(open + 1));
find('close').addEventListener('click', () => dialog.close());
dialog.addEventListener('close', close);
document.addEventListener('keydown', (event) => {
  if (dialog.open) {
    if (event.key === 'ArrowLeft') show(open - 1);
    if (event.key === 'ArrowRight') show(open + 1);
    return;
  }
  if (event.key === '/' && document.activeElement !== search) { event.preventDefault(); search.focus(); }
  const focused = document.activeElement?.closest?.('.card');
  if (focused && event.key.startsWith('Arrow')) { event.preventDefault(); focusFrom(Number(focused.dataset.index), event.key); }
});
new IntersectionObserver((seen) => { if (seen.some((one) => one.isIntersecting)) drawMore(); }, { rootMargin: '1200px' }).observe(end);
filter();
`;

/** One picture of a gallery, or a row that has none. */
export interface GalleryEntry {
  /** Per axis, the number of its value. */
  readonly labels: readonly number[];
  /** Name of the row's outputs. */
  readonly output: string;
  readonly state: string;
  /** Path below the output folder. */
  readonly file?: string;
  /** The same as a relative address. */
  readonly url?: string;
  /** Address of the thumbnail; left out where the picture itself is small enough. */
  readonly thumb?: string;
  /** So small that pixels should stay visible. */
  readonly small?: true;
  readonly width?: number;
  readonly height?: number;
  readonly seconds?: number;
  readonly device?: string;
  /** Params of this row, by `node.param`. */
  readonly set?: Readonly<Record<string, unknown>>;
  readonly sha256?: string;
  readonly pixels?: string;
  readonly key?: string;
  readonly error?: string;
}

/** All that a gallery shows. */
export interface GalleryData {
  readonly name: string;
  readonly axes: readonly { readonly name: string; readonly values: readonly string[] }[];
  readonly entries: readonly GalleryEntry[];
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** JSON that can stand in a script element: no `<` can end it or begin a comment. */
function embeddedJson(value: unknown): string {
  return JSON.stringify(value).replaceAll('<', '\\u003c');
}

function contentHash(text: string): string {
  return `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
}

/**
 * The gallery as one HTML page: opens from disk, needs no network, runs no script but its own (a policy with its hash says so to the browser), and makes
 * no markup from data.
 */
export function galleryPage(data: GalleryData): string {
  const policy = `default-src 'none'; img-src 'self' file:; style-src ${contentHash(STYLE)}; script-src ${contentHash(SCRIPT)}; base-uri 'none'; form-action 'none'`;
  const name = escapeHtml(data.name);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>${name}</title>
<style>${STYLE}</style>
</head>
<body>
<header>
<h1 title="${name}">${name}</h1>
<span id="filters"></span>
<label>Search <input id="search" type="search" placeholder="press /"></label>
<label>Size <input id="size" type="range" min="72" max="512" value="168"></label>
<span id="count" role="status"></span>
</header>
<main id="grid"></main>
<div id="end" hidden>&nbsp;</div>
<p id="empty" hidden>No picture fits these filters.</p>
<dialog id="viewer" aria-label="Picture">
<figure><img id="picture" alt=""></figure>
<aside>
<nav><button id="previous" type="button" aria-label="Previous picture">&larr;</button><button id="next" type="button" aria-label="Next picture">&rarr;</button><button id="close" type="button">Close</button><output id="place"></output></nav>
<dl id="facts"></dl>
</aside>
</dialog>
<script id="data" type="application/json">${embeddedJson(data)}</script>
<script>${SCRIPT}</script>
</body>
</html>
`;
}
