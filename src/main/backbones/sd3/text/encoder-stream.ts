import type { FloatTensor } from '../../../core/ir/tensor.ts';
import type { Session, SessionRequest } from '../../../core/session.ts';
import type { TextStream } from '../../backbone.ts';

/** One loaded text encoder. */
export interface EncoderStream {
  readonly stream: TextStream;
  readonly fingerprint: string;
  /** The session that encodes one prompt. */
  readonly request: SessionRequest;
  /** Width of its pooled projection; 0 for an encoder without. */
  readonly pooledWidth: number;
  /** States [1, T, d], and the pooled projection [1, pooledWidth]. */
  encode(session: Session, ids: readonly number[]): Promise<{ readonly states: FloatTensor; readonly pooled?: FloatTensor }>;
}
