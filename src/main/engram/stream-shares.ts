/** What the tables of one text stream do to a denoiser's prediction, over everything that was added up. */
export interface StreamShare {
  readonly stream: string;
  /** ||p_alone - p_base|| / ||p_base||: how far the prediction moves with that stream's tables on alone. */
  readonly change: number;
  /** <p_alone - p_base, p_all - p_base> / ||p_all - p_base||^2: the part of the whole change that the stream makes alone. May be below 0 (it works against the others) and above 1. */
  readonly share: number;
}

/** What was found: see {@link StreamShareTally}. */
export interface StreamShares {
  /** ||p_all - p_base|| / ||p_base|| with the tables of all streams on. */
  readonly change: number;
  readonly streams: readonly StreamShare[];
  /** 1 less the sum of the shares: what streams do only together; 0 when they simply add up. */
  readonly together: number;
}

interface StreamSums {
  /** Sum of squares of p_alone - p_base. */
  square: number;
  /** Sum of products with p_all - p_base. */
  product: number;
}

/** Divides, where nothing changes into nothing. */
function ratio(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}

/** Adds up what each text stream's tables do to predictions of the frozen denoiser, in double precision: noise levels, seeds and prompts count by the size of what is predicted. */
export class StreamShareTally {
  private baseSquare = 0;
  private allSquare = 0;
  private readonly sums: ReadonlyMap<string, StreamSums>;

  /** @param streams Ids, in the order in which they are told. */
  constructor(streams: readonly string[]) {
    this.sums = new Map(streams.map((id) => [id, { square: 0, product: 0 }]));
  }

  /**
   * Adds predictions for one input, all of one length.
   * @param base Without tables.
   * @param all With the tables of all streams.
   * @param alone With those of one stream, by its id; a stream that is left out changed nothing.
   */
  add(base: Float32Array, all: Float32Array, alone: Readonly<Record<string, Float32Array>>): void {
    for (const [index, value] of base.entries()) {
      this.baseSquare += value * value;
      this.allSquare += ((all[index] as number) - value) ** 2;
    }
    for (const [id, sums] of this.sums) {
      const own = alone[id];
      if (own === undefined) continue;
      for (const [index, value] of base.entries()) {
        const change = (own[index] as number) - value;
        sums.square += change * change;
        sums.product += change * ((all[index] as number) - value);
      }
    }
  }

  /** What has been added up so far; zeros where no table changes anything. */
  shares(): StreamShares {
    const streams = [...this.sums].map(([stream, { square, product }]): StreamShare => ({ stream, change: Math.sqrt(ratio(square, this.baseSquare)), share: ratio(product, this.allSquare) }));
    const together = this.allSquare === 0 ? 0 : 1 - streams.reduce((sum, { share }) => sum + share, 0);
    return { change: Math.sqrt(ratio(this.allSquare, this.baseSquare)), streams, together };
  }
}
