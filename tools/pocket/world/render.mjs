import sharp from 'sharp';
import { drawFigure } from './draw-figure.mjs';
import { drawScene } from './draw-scene.mjs';

/** Composes the SVG of a spec; drawn on a 128 x 128 canvas, rendered at any size. */
export function svgOf(spec, size) {
  const { definitions, behind, before } = drawScene(spec.scene);
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${size}" height="${size}" viewBox="0 0 128 128"><defs>${definitions}</defs>${behind}${drawFigure(spec.figure, spec.scene)}${before}</svg>`;
}

/**
 * Renders a spec.
 * @param {object} spec `{ figure, scene }`
 * @param {number} size pixels per side
 * @returns {Promise<Buffer>} raw RGB bytes, `size * size * 3`
 */
export async function renderRaw(spec, size) {
  return sharp(Buffer.from(svgOf(spec, size))).removeAlpha().toColourspace('srgb').raw().toBuffer();
}
