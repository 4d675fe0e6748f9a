/** A number with at most one decimal place: a hundredth of a pixel is nothing to see. */
export function n(value) {
  return Math.round(value * 10) / 10;
}

/** An SVG ellipse. */
export function ellipse(x, y, rx, ry, fill, extra = '') {
  return `<ellipse cx="${n(x)}" cy="${n(y)}" rx="${n(rx)}" ry="${n(ry)}" fill="${fill}"${extra}/>`;
}

/** An SVG circle. */
export function circle(x, y, r, fill, extra = '') {
  return `<circle cx="${n(x)}" cy="${n(y)}" r="${n(r)}" fill="${fill}"${extra}/>`;
}

/** An SVG rectangle. */
export function rect(x, y, width, height, fill, extra = '') {
  return `<rect x="${n(x)}" y="${n(y)}" width="${n(width)}" height="${n(height)}" fill="${fill}"${extra}/>`;
}

/** A filled SVG path. */
export function path(d, fill, extra = '') {
  return `<path d="${d}" fill="${fill}"${extra}/>`;
}

/** A stroked SVG path with round ends. */
export function stroke(d, color, width, extra = '') {
  return `<path d="${d}" fill="none" stroke="${color}" stroke-width="${n(width)}" stroke-linecap="round" stroke-linejoin="round"${extra}/>`;
}

/** Two-point gradient definition from top to bottom. */
export function verticalGradient(id, stops, end = 1) {
  return `<linearGradient id="${id}" x1="0" y1="0" x2="0" y2="${end}">${stops.map(([offset, color]) => `<stop offset="${offset}" stop-color="${color}"/>`).join('')}</linearGradient>`;
}
