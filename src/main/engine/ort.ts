import type * as Ort from 'onnxruntime-node';
import { runError } from '../../contract/errors.ts';

/** The little of ONNX Runtime that the engine uses; tests put failing ones in its place. */
export interface OrtRuntime {
  readonly version: string;
  /** Providers that this build of the library knows, and whether their libraries come with it. */
  readonly backends: readonly { readonly name: string; readonly bundled: boolean }[];
  create(model: Uint8Array, options: Ort.InferenceSession.SessionOptions): Promise<OrtSession>;
}

/** A native session. `release` may be called once only: the native side fails on the second call. */
export interface OrtSession {
  run(feeds: Readonly<Record<string, Ort.Tensor>>): Promise<Readonly<Record<string, Ort.Tensor>>>;
  release(): Promise<void>;
}

export type SessionOptions = Ort.InferenceSession.SessionOptions;
export type OrtTensor = Ort.Tensor;
export type OrtTensorConstructor = typeof Ort.Tensor;

/** ONNX Runtime's severity "fatal": what goes wrong reaches us as exceptions; it would print it a second time. */
const LOG_FATAL_ONLY = 4;

let loaded: Promise<typeof Ort> | undefined;

/**
 * Loads the native library, once and only when something needs it.
 * @throws AppError `device.no-runtime` where the library can't be loaded (no build for this system, a missing DLL).
 */
export function loadOrt(): Promise<typeof Ort> {
  loaded ??= import('onnxruntime-node').then(
    (library) => {
      library.env.logLevel = 'fatal';
      return library;
    },
    (error: unknown) => {
      throw runError('device.no-runtime', 'ONNX Runtime', `could not be loaded on ${process.platform} ${process.arch}`, {
        got: error instanceof Error ? error.message : String(error),
        hint: 'Reinstall the program; on Windows, install the Visual C++ runtime',
      });
    },
  );
  return loaded;
}

/** The real runtime, over onnxruntime-node. */
export async function nativeRuntime(): Promise<OrtRuntime> {
  const library = await loadOrt();
  return {
    version: library.env.versions.node ?? library.env.versions.common,
    backends: library.listSupportedBackends().map(({ name, bundled }) => ({ name, bundled })),
    async create(model, options) {
      const session = await library.InferenceSession.create(model, { logSeverityLevel: LOG_FATAL_ONLY, ...options });
      return { run: (feeds) => session.run(feeds), release: () => session.release() };
    },
  };
}
