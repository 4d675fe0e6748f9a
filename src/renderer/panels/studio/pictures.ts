import type { PictureData } from '../../../contract/studio-api.ts';
import type { StudioClient } from '../../api.ts';

const MOST_KEPT = 400;

/** Thumbnails by result id and size, as object URLs; the ones not asked for longest go first. */
export class Pictures {
  readonly #urls = new Map<string, Promise<string>>();

  constructor(private readonly client: StudioClient) {}

  /** A thumbnail's URL. @throws StudioError when there is none. */
  thumbnail(id: string, size: 128 | 256 | 512): Promise<string> {
    const key = `${size} ${id}`;
    const known = this.#urls.get(key);
    if (known) {
      this.#urls.delete(key);
      this.#urls.set(key, known);
      return known;
    }
    const url = this.client.call('images.thumbnail', { id, size }).then((data) => URL.createObjectURL(blobOf(data)));
    this.#urls.set(key, url);
    url.catch(() => this.#urls.delete(key));
    this.#trim();
    return url;
  }

  #trim(): void {
    for (const [key, url] of this.#urls) {
      if (this.#urls.size <= MOST_KEPT) return;
      this.#urls.delete(key);
      // Whoever still shows it has it decoded by now.
      void url.then((old) => setTimeout(() => URL.revokeObjectURL(old), 10_000), () => undefined);
    }
  }
}

/** A picture's bytes. */
export function blobOf({ type, base64 }: PictureData): Blob {
  const letters = atob(base64);
  const bytes = new Uint8Array(letters.length);
  // Counting is ten times as fast as iterating over the letters of a string, and galleries make many of these while they scroll.
  for (let index = 0; index < letters.length; index += 1) bytes[index] = letters.charCodeAt(index);
  return new Blob([bytes], { type });
}

/** A picture as an address that an `<img>` takes. */
export function dataUrl({ type, base64 }: PictureData): string {
  return `data:${type};base64,${base64}`;
}
