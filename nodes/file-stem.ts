/** A short, safe part of a file name from any text: letters, digits and dashes, at most 40 characters, never empty or a reserved name. */
export function fileStem(text: string): string {
  const stem = text.normalize('NFKD').replace(/[^A-Za-z0-9]+/g, '-').replace(/^-+|-+$/g, '').toLowerCase().slice(0, 40).replace(/-+$/, '');
  return stem === '' ? 'untitled' : stem;
}
