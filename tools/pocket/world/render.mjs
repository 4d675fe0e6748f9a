import sharp from 'sharp';
import { drawFigure } from './draw-figure.mjs';
import { auraGradient } from './draw-garments.mjs';
import { itemGradients } from './draw-items.mjs';
import { drawScene } from './draw-scene.mjs';

/** Composes the SVG of a spec; drawn on a 128 x 128 canvas, rendered at any size. */
export function svgOf({ figures, scene }, size) {
  const { definitions, behind, before } = drawScene(scene);
  const people = figures.map((figure, side) => drawFigure(figure, scene, figures.length === 1 ? undefined : side)).join('');
  const lights = (people.includes('#aura') ? auraGradient : '') + (people.includes('#lamp') || people.includes('#orb') ? itemGradients : '');
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${size}" height="${size}" viewBox="0 0 128 128"><defs>${definitions}${lights}</defs>${behind}${people}${before}</svg>`;
}

/**
 * Renders a spec.
 * @param {object} spec `{ figures, scene }`
 * @param {number} size pixels per side
 * @returns {Promise<Buffer>} raw RGB bytes, `size * size * 3`
 */
export async function renderRaw(spec, size) {
  return sharp(Buffer.from(svgOf(spec, size))).removeAlpha().toColourspace('srgb').raw().toBuffer();
}
