import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { decodeImageFile, encodeThumbnail } from '../../services/images/codec.ts';
import type { RgbImage } from '../../services/images/rgb-image.ts';
import { promptsOf, type IdentityResult, type PairResult } from './identity-benchmark.ts';
import { percent, printSummary, type BenchmarkSummary } from './summary.ts';

/** Prompts of an identity that are shown. */
const SHOWN = 10;

const STYLE = `body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:76rem;padding:0 1rem;color:#1c1b22;background:#fbfaf7}
h1,h2{line-height:1.2}table{border-collapse:collapse;margin:1rem 0}th,td{padding:.25rem .7rem;text-align:right;border-bottom:1px solid #ddd8cc}
th:first-child,td:first-child{text-align:left}.row{display:flex;flex-wrap:wrap;gap:4px;align-items:center;margin:4px 0}
.row>b{width:5.5rem}img{width:104px;height:104px;image-rendering:auto;border-radius:4px}.low{color:#a4262c}pre{background:#f0ede4;padding:.8rem;overflow:auto}
@media(prefers-color-scheme:dark){body{color:#ece9e1;background:#191820}th,td{border-color:#3a3844}pre{background:#24232d}.low{color:#ff9a9a}}`;

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}

async function picture(image: RgbImage, alt: string): Promise<string> {
  const bytes = await encodeThumbnail(image, 208);
  return `<img alt="${escape(alt)}" title="${escape(alt)}" src="data:image/webp;base64,${Buffer.from(bytes).toString('base64')}">`;
}

async function row(label: string, images: readonly { readonly image: RgbImage; readonly alt: string }[]): Promise<string> {
  const cells = await Promise.all(images.map(({ image, alt }) => picture(image, alt)));
  return `<div class="row"><b>${escape(label)}</b>${cells.join('')}</div>`;
}

async function references(folder: string, name: string): Promise<{ image: RgbImage; alt: string }[]> {
  const files = (await readdir(join(folder, 'references', name))).filter((file) => file.endsWith('.png')).sort();
  return Promise.all(files.map(async (file) => ({ image: await decodeImageFile(join(folder, 'references', name, file)), alt: `reference ${file}` })));
}

/** Shares by attribute, one column per method, chance last; attributes that count are marked. */
function attributeTable({ identity, methods }: IdentityResult, chance: Readonly<Record<string, number>>): string {
  const counted = methods[0]?.agreement.counted ?? [];
  const header = `<tr><th>attribute</th><th>value</th>${methods.map(({ method }) => `<th>${escape(method)}</th>`).join('')}<th>chance</th><th>counts</th></tr>`;
  const rows = Object.entries(identity.attributes).map(([attribute, value]) => {
    const cells = methods.map(({ agreement }) => `<td>${percent(agreement.shares[attribute] ?? 0)}</td>`).join('');
    return `<tr><td>${attribute}</td><td>${escape(value)}</td>${cells}<td>${percent(chance[attribute] ?? 0)}</td><td>${attribute === 'mark' ? 'apart' : counted.includes(attribute) ? 'yes' : 'no'}</td></tr>`;
  });
  const totals = methods.map(({ agreement, scene }) => `${percent(agreement.identity ?? null)} / ${percent(scene)}`);
  return `<table>${header}${rows.join('')}<tr><th>identity / scene</th><th></th>${totals.map((text) => `<th>${text}</th>`).join('')}<th></th><th></th></tr></table>`;
}

async function identitySection(result: IdentityResult, chance: Readonly<Record<string, number>>, folder: string, seeds: number): Promise<string> {
  const { identity, methods } = result;
  const prompts = promptsOf(identity);
  const rows = await Promise.all(methods.map(({ method, pictures }) => row(method, prompts.slice(0, SHOWN).flatMap((prompt, index) => {
    const shown = pictures[index * seeds];
    return shown === undefined ? [] : [{ image: shown.image, alt: prompt }];
  }))));
  return `<h2>${escape(identity.trigger)}</h2>${await row('references', await references(folder, identity.name))}${rows.join('')}${attributeTable(result, chance)}`;
}

async function pairSection(pair: PairResult, seeds: number): Promise<string> {
  const shown = pair.pictures.filter((_, index) => index % seeds === 0).map(({ image }) => ({ image, alt: `${pair.left} beside ${pair.right}` }));
  const named = Object.keys(pair.alone).map((name) => `${escape(name)} named: ${percent(pair.alone[name] ?? 0)} alone, ${percent(pair.together[name] ?? 0)} with both tables`).join('; ');
  return `<h2>${escape(pair.left)} beside ${escape(pair.right)}</h2>${await row('together', shown)}<p>${named}. Side by side: left ${percent(pair.leftFigure)}, right ${percent(pair.rightFigure)}, scene ${percent(pair.scene)}.</p>`;
}

/** The report as one HTML file with its pictures inside; it loads nothing. */
export async function htmlReport(summary: BenchmarkSummary, results: readonly IdentityResult[], pairs: readonly PairResult[], folder: string, docs: Readonly<Record<string, string>>): Promise<string> {
  const chances = new Map(summary.identities.map(({ name, chance }) => [name, chance]));
  const sections: string[] = [];
  for (const result of results) sections.push(await identitySection(result, chances.get(result.identity.name) ?? {}, folder, summary.seeds.length));
  for (const pair of pairs) sections.push(await pairSection(pair, summary.seeds.length));
  const methods = Object.entries(docs).map(([name, doc]) => `<li><b>${escape(name)}</b>: ${escape(doc)}</li>`).join('');
  const accuracy = Object.entries(summary.probeAccuracy).map(([name, share]) => `${name} ${percent(share)}`).join(', ');
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Identity benchmark: ${escape(summary.backbone)}</title><style>${STYLE}</style></head><body>
<h1>Identity benchmark: ${escape(summary.backbone)}</h1><pre>${escape(printSummary(summary).join('\n'))}</pre><ul>${methods}</ul>
<p>Identity counts the attributes that the base shows at most 10 points more often than chance. The mark is named by no word of any caption and told apart. Probes on held-out drawings: ${accuracy}.</p>
${sections.join('\n')}</body></html>\n`;
}
