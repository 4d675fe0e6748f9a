import { signal, type Signal } from '@preact/signals';
import { toErrorData, type ErrorData } from '../../../contract/errors.ts';
import type { Result, ResultPage } from '../../../contract/studio-api.ts';

const PAGE = 100;
const SEARCH_AFTER_MS = 200;

/** What of the results has come so far. */
export interface ResultPagesState {
  readonly text: string;
  /** Undefined until the first page is there. */
  readonly total: number | undefined;
  readonly error: ErrorData | undefined;
  /** Counts changes of what {@link ResultPages.get} answers. */
  readonly version: number;
}

/** Results by place, fetched a page at a time as they are looked at. */
export class ResultPages {
  readonly state: Signal<ResultPagesState> = signal({ text: '', total: undefined, error: undefined, version: 0 });
  #pages = new Map<number, readonly Result[]>();
  #asked = new Set<number>();
  #turn = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly list: (offset: number, limit: number, text: string) => Promise<ResultPage>) {}

  /** The result at a place; undefined until it has come. */
  get(index: number): Result | undefined {
    const page = Math.floor(index / PAGE);
    const results = this.#pages.get(page);
    if (!results) this.#ask(page);
    return results?.[index % PAGE];
  }

  /** Ids of the pictures of the page that a place is on, and of the pages beside it, as far as they are there. */
  picturesAround(index: number): readonly string[] {
    const page = Math.floor(index / PAGE);
    return [page - 1, page, page + 1].flatMap((at) => this.#pages.get(at) ?? []).filter(({ kind }) => kind === 'image' || kind === 'contact-sheet').map(({ id }) => id);
  }

  /** Narrows to what holds a text. */
  search(text: string): void {
    this.state.value = { ...this.state.value, text };
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.reload(), SEARCH_AFTER_MS);
  }

  /** Asks anew; what is shown stays until the first page has come. */
  async reload(): Promise<void> {
    this.#turn += 1;
    const mine = this.#turn;
    try {
      const first = await this.list(0, PAGE, this.state.value.text);
      if (mine !== this.#turn) return;
      this.#pages = new Map([[0, first.results]]);
      this.#asked = new Set([0]);
      this.#tell({ total: first.total, error: undefined });
    } catch (thrown) {
      if (mine === this.#turn) this.#tell({ error: toErrorData(thrown) });
    }
  }

  #ask(page: number): void {
    if (this.#asked.has(page)) return;
    this.#asked.add(page);
    const mine = this.#turn;
    this.list(page * PAGE, PAGE, this.state.value.text).then(({ results, total }) => {
      if (mine !== this.#turn) return;
      this.#pages.set(page, results);
      this.#tell({ total });
    }, (thrown: unknown) => {
      if (mine !== this.#turn) return;
      this.#asked.delete(page);
      this.#tell({ error: toErrorData(thrown) });
    });
  }

  #tell(change: Partial<ResultPagesState>): void {
    this.state.value = { ...this.state.value, ...change, version: this.state.value.version + 1 };
  }
}
