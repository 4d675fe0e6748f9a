import { AppError } from '../../../contract/errors.ts';
import type { NodeRunner } from '../../runtime/node-runner.ts';

/** Deaths of the engine in a row that a question outlives: each time it is started anew, with a growing pause before. */
const TRIES = 5;

/** Asks again when the engine has died of something else meanwhile. What is asked must run nothing. @throws what it fails of, and `engine.died` after five times. */
export async function outliveEngine<T>(ask: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await ask();
    } catch (thrown) {
      if (!(thrown instanceof AppError) || thrown.data.code !== 'engine.died' || tries === TRIES) throw thrown;
    }
  }
}

/** A runner whose answers about itself survive deaths of the engine; what it runs is left to whoever asks for it. */
export function patientRunner(runner: NodeRunner): NodeRunner {
  const patient: Pick<NodeRunner, 'catalogue' | 'deviceKey'> = {
    catalogue: () => outliveEngine(() => runner.catalogue()),
    deviceKey: () => outliveEngine(() => runner.deviceKey()),
  };
  return new Proxy(runner, {
    get(target, name) {
      const value: unknown = Reflect.get(name in patient ? patient : target, name);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}
