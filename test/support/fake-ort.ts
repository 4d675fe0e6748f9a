import type { Tensor as OrtTensor } from 'onnxruntime-node';
import type { OrtRuntime, OrtSession, SessionOptions } from '../../src/main/engine/ort.ts';

/** What a fake session does when it is run. */
export type FakeRun = (feeds: Readonly<Record<string, OrtTensor>>) => Readonly<Record<string, OrtTensor>>;

/** A runtime without a native side: notes what is asked of it, and fails where it is told to. */
export class FakeOrt implements OrtRuntime {
  readonly version = 'fake';
  readonly backends = [{ name: 'cpu', bundled: true }];
  readonly created: SessionOptions[] = [];
  released = 0;
  /** Thrown by the next creations, first to last. */
  readonly failures: Error[] = [];

  constructor(private readonly onRun: FakeRun = () => ({})) {}

  get alive(): number {
    return this.created.length - this.released;
  }

  create(_model: Uint8Array, options: SessionOptions): Promise<OrtSession> {
    const failure = this.failures.shift();
    if (failure !== undefined) return Promise.reject(failure);
    this.created.push(options);
    let released = false;
    return Promise.resolve({
      run: async (feeds) => this.onRun(feeds),
      release: async () => {
        if (released) throw new Error('Session already disposed.');
        released = true;
        this.released += 1;
      },
    });
  }
}
