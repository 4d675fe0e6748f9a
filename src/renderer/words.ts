/** Turns a name of ports and params into words: `guidanceScale` -> `guidance scale`, `vae` -> `VAE`. */
export function words(name: string): string {
  const known = WORDS.get(name);
  if (known !== undefined) return known;
  const text = name.replace(/([a-z0-9])([A-Z])/g, '$1 $2').toLowerCase();
  if (WORDS.size < MAX_KNOWN) WORDS.set(name, text);
  return text;
}

const MAX_KNOWN = 2000;
const WORDS = new Map<string, string>([['vae', 'VAE']]);

/** One line out of any text: line ends and tabs become spaces; control characters go. */
export function oneLine(text: string): string {
  return text.replace(/[\r\n\t]+/g, ' ').replace(/[\u0000-\u001f\u007f]/g, '');
}

/** Seconds as a person reads them: `0.42 s`, `12 s`, `3 min 5 s`, `2 h 10 min`. */
export function duration(seconds: number): string {
  if (seconds < 0.995) return `${Math.max(0, seconds).toFixed(2)} s`;
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}
