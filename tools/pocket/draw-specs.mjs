/**
 * Draws many specs: `node tools/pocket/draw-specs.mjs < request.json`, where the request is `{ "size": 64, "specs": [{ "figure", "scene" }] }`.
 * Writes raw RGB bytes to standard output, size * size * 3 per spec, one after the other.
 */
import { readFileSync } from 'node:fs';
import { renderRaw } from './world/render.mjs';

const { size, specs } = JSON.parse(readFileSync(0, 'utf8'));
for (const spec of specs) process.stdout.write(await renderRaw(spec, size));
