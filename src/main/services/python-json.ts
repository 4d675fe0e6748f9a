/** A string, or an infinity outside of strings. */
const STRING_OR_INFINITY = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\bInfinity\b/gs;

/**
 * Parses JSON as Python writes it: with `Infinity` and `-Infinity`, which JSON itself doesn't have and which every saved
 * DPMSolverMultistepScheduler contains (`lambda_min_clipped`).
 * @throws SyntaxError for anything else that isn't JSON, NaN included.
 */
export function parsePythonJson(text: string): unknown {
  if (!text.includes('Infinity')) return JSON.parse(text) as unknown;
  // 1e999 is JSON, and too large for a double.
  const standard = text.replace(STRING_OR_INFINITY, (found) => (found.startsWith('"') ? found : found.replace('Infinity', '1e999')));
  return JSON.parse(standard) as unknown;
}
