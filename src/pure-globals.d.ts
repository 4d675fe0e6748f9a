/**
 * The few globals that exist on every platform (browser, worker, Node) and that the pure layers may use. They are declared here
 * because those layers are checked with the language library alone: neither `lib.dom` nor `@types/node` is visible to them.
 * Adding a line here widens what contract, core, diffusion, backbones, engram and nodes may touch: think twice.
 */

declare class TextEncoder {
  encode(input?: string): Uint8Array<ArrayBuffer>;
}

declare class TextDecoder {
  constructor(label?: string, options?: { readonly fatal?: boolean; readonly ignoreBOM?: boolean });
  decode(input?: ArrayBuffer | ArrayBufferView): string;
}

/** Base64 to a string of bytes. @throws when the text isn't base64. */
declare function atob(data: string): string;

declare function structuredClone<T>(value: T): T;

/** The part of the web's `AbortSignal` that cooperative cancellation needs. */
interface AbortSignal {
  readonly aborted: boolean;
  readonly reason: unknown;
  throwIfAborted(): void;
  addEventListener(type: 'abort', listener: () => void, options?: { readonly once?: boolean }): void;
  removeEventListener(type: 'abort', listener: () => void): void;
}

declare class AbortController {
  readonly signal: AbortSignal;
  abort(reason?: unknown): void;
}

/** Web Crypto, for digests only; randomness in the pure layers comes from explicit seeds. */
declare const crypto: {
  readonly subtle: {
    digest(algorithm: 'SHA-256', data: ArrayBuffer | ArrayBufferView): Promise<ArrayBuffer>;
  };
};
