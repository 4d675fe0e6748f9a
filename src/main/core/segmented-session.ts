import { internalError } from '../../contract/errors.ts';
import type { Tensor } from './ir/tensor.ts';
import type { PartRequest, Session, SessionProvider } from './session.ts';

/**
 * Runs a computation part by part. Each part's session is asked for when its turn comes and given back afterwards, so that one
 * of them is held at a time; what passes between parts is kept only until its last reader has run.
 */
export class SegmentedSession implements Session {
  private disposed = false;
  /** Per part the values that nothing reads after it. */
  private readonly finished: readonly (readonly string[])[];
  private readonly results: ReadonlySet<string>;
  private readonly feeds: ReadonlySet<string>;

  constructor(private readonly key: string, private readonly sessions: Pick<SessionProvider, 'acquire'>, private readonly parts: readonly PartRequest[]) {
    const lastReader = new Map<string, number>();
    parts.forEach(({ inputs }, index) => { for (const name of inputs) lastReader.set(name, index); });
    this.finished = parts.map((_, index) => [...lastReader].flatMap(([name, last]) => (last === index ? [name] : [])));
    const made = new Set(parts.flatMap(({ outputs }) => outputs));
    this.feeds = new Set(parts.flatMap(({ inputs }) => inputs).filter((name) => !made.has(name)));
    this.results = new Set(parts.flatMap(({ outputs }) => outputs).filter((name) => !lastReader.has(name)));
  }

  async run(feeds: Readonly<Record<string, Tensor>>): Promise<Readonly<Record<string, Tensor>>> {
    if (this.disposed) throw internalError('session.disposed', `Session "${this.key}"`, 'must not be run after dispose');
    this.checkNames(feeds);
    const values = new Map<string, Tensor>(Object.entries(feeds));
    for (const [index, part] of this.parts.entries()) {
      for (const [name, tensor] of Object.entries(await this.runPart(part, values))) values.set(name, tensor);
      for (const name of this.finished[index]!) values.delete(name);
    }
    return Object.fromEntries([...values].filter(([name]) => this.results.has(name)));
  }

  /** Each part checks the shapes of what it reads; that nothing is fed in vain, only the whole can tell. */
  private checkNames(feeds: Readonly<Record<string, Tensor>>): void {
    const unknown = Object.keys(feeds).find((name) => !this.feeds.has(name));
    if (unknown === undefined) return;
    throw internalError('session.feed', `Session "${this.key}"`, `feeds must be ${[...this.feeds].join(', ')}`, { got: `"${unknown}"` });
  }

  dispose(): Promise<void> {
    this.disposed = true;
    return Promise.resolve();
  }

  private async runPart(part: PartRequest, values: ReadonlyMap<string, Tensor>): Promise<Readonly<Record<string, Tensor>>> {
    const session = await this.sessions.acquire(part);
    try {
      return await session.run(Object.fromEntries(part.inputs.flatMap((name) => (values.has(name) ? [[name, values.get(name)!]] : []))));
    } finally {
      await session.dispose();
    }
  }
}
