import { AppError } from '../../src/contract/errors.ts';
import type { NodeRunner, NodeRunRequest } from '../../src/main/runtime/node-runner.ts';

/**
 * A runner whose process dies of some requests: everything at work then fails with `engine.died`, all values are gone, and the next call meets a new one.
 * @param create Makes a runner that has nothing yet.
 * @param kills Whether a request is the death of the runner.
 */
export class MortalRunner implements NodeRunner {
  /** How many have died. */
  deaths = 0;
  private life: { readonly runner: NodeRunner; readonly death: Promise<never>; readonly die: () => void };

  constructor(private readonly create: () => NodeRunner, private readonly kills: (request: NodeRunRequest) => boolean) {
    this.life = this.begin();
  }

  catalogue: NodeRunner['catalogue'] = () => this.call((runner) => runner.catalogue());
  deviceKey: NodeRunner['deviceKey'] = () => this.call((runner) => runner.deviceKey());
  lookup: NodeRunner['lookup'] = (key, outputs) => this.call((runner) => runner.lookup(key, outputs));
  release: NodeRunner['release'] = (keys) => this.call((runner) => runner.release(keys));
  rowGroups: NodeRunner['rowGroups'] = (requests) => this.call((runner) => runner.rowGroups(requests));
  rowWidth: NodeRunner['rowWidth'] = (request, budget) => this.call((runner) => runner.rowWidth(request, budget));
  describe: NodeRunner['describe'] = (handle, type) => this.call((runner) => runner.describe(handle, type));
  dispose: NodeRunner['dispose'] = () => this.life.runner.dispose();
  run: NodeRunner['run'] = (request, onEvent, signal) => this.call((runner) => {
    if (this.kills(request)) this.die();
    return runner.run(request, onEvent, signal);
  });
  runMany: NodeRunner['runMany'] = (requests, onEvent, signal) => this.call((runner) => {
    if (requests.some(this.kills)) this.die();
    return runner.runMany(requests, onEvent, signal);
  });

  /** Ends this life, as kill -9 would. */
  die(): void {
    this.deaths += 1;
    const { die } = this.life;
    this.life = this.begin();
    die();
  }

  private call<T>(body: (runner: NodeRunner) => Promise<T>): Promise<T> {
    const { runner, death } = this.life;
    return Promise.race([death, body(runner)]);
  }

  private begin(): MortalRunner['life'] {
    let die = (): void => undefined;
    const death = new Promise<never>((_resolve, reject) => {
      die = () => { reject(new AppError({ code: 'engine.died', kind: 'run', where: 'Engine process', rule: 'the engine process must stay alive' })); };
    });
    death.catch(() => undefined);
    return { runner: this.create(), death, die };
  }
}
