import type { Value } from '../../../core/ir/types.ts';
import { add, attention, concat, gelu, mul, reshape, slice } from '../../../core/ops/functions.ts';
import { linearLayer, rmsNormLayer, size } from '../../layers.ts';
import type { ModuleScope } from '../../module-scope.ts';
import { EPSILON, modulate, modulation, plainNorm } from './modulation.ts';

export interface JointBlockSettings {
  readonly heads: number;
  /** Whether queries and keys are normalized per head. */
  readonly qkNorm: boolean;
  /** Whether the picture attends a second time, to itself alone. */
  readonly dual: boolean;
  /** Whether the text is only read here: so in the last block, whose text nothing reads afterwards. */
  readonly contextPreOnly: boolean;
}

/** The two streams of a joint transformer. */
export interface JointStates {
  /** Tokens of the picture [B, N, D]. */
  readonly image: Value;
  /** Tokens of the text [B, T, D]; undefined behind the last block. */
  readonly context: Value | undefined;
}

/** One stream's vectors around attention and feed-forward, each [B, 1, D]. */
interface StreamModulation {
  readonly normed: Value;
  readonly attentionGate: Value;
  readonly shift: Value;
  readonly scale: Value;
  readonly gate: Value;
}

/**
 * JointTransformerBlock (Esser et al. 2024, figure 2b): picture and text have weights of their own and attend to both.
 * @param condition silu(time and text embedding) [B, D].
 */
export function jointBlock(scope: ModuleScope, image: Value, context: Value, condition: Value, settings: JointBlockSettings): JointStates {
  const { builder } = scope;
  const vectors = modulation(scope, 'norm1', condition, settings.dual ? 9 : 6);
  const picture = streamModulation(scope, image, vectors);
  const text = settings.contextPreOnly ? undefined : streamModulation(scope, context, modulation(scope, 'norm1_context', condition, 6));
  const textNormed = text?.normed ?? lastContextNorm(scope, context, condition);
  const mixed = scope.within('attn', (inner) => jointAttention(inner, picture.normed, textNormed, settings));
  let hidden = add(builder, image, mul(builder, picture.attentionGate, mixed.image));
  if (settings.dual) {
    const [shift, scale, gate] = vectors.slice(6) as [Value, Value, Value];
    const again = scope.within('attn2', (inner) => selfAttention(inner, modulate(builder, plainNorm(builder, image), scale, shift), settings));
    hidden = add(builder, hidden, mul(builder, gate, again));
  }
  const result = feedForward(scope, 'ff', hidden, picture);
  if (text === undefined || mixed.context === undefined) return { image: result, context: undefined };
  const attended = add(builder, context, mul(builder, text.attentionGate, mixed.context));
  return { image: result, context: feedForward(scope, 'ff_context', attended, text) };
}

/** AdaLayerNormZero: the first six vectors are shift, scale and gate of the attention, then those of the feed-forward. */
function streamModulation({ builder }: ModuleScope, x: Value, vectors: readonly Value[]): StreamModulation {
  const [attentionShift, attentionScale, attentionGate, shift, scale, gate] = vectors as [Value, Value, Value, Value, Value, Value];
  return { normed: modulate(builder, plainNorm(builder, x), attentionScale, attentionShift), attentionGate, shift, scale, gate };
}

/** AdaLayerNormContinuous, whose two vectors are scale and shift, in this order. */
function lastContextNorm(scope: ModuleScope, context: Value, condition: Value): Value {
  const [scale, shift] = modulation(scope, 'norm1_context', condition, 2) as [Value, Value];
  return modulate(scope.builder, plainNorm(scope.builder, context), scale, shift);
}

/** Queries, keys and values of one stream [B, N, D], under the names that its module gives them. */
function project(scope: ModuleScope, x: Value, names: readonly [string, string, string], norms: readonly [string, string], { heads, qkNorm }: JointBlockSettings): [Value, Value, Value] {
  const [q, k, v] = names.map((name) => linearLayer(scope, name, x, size(x, -1))) as [Value, Value, Value];
  return qkNorm ? [headNorm(scope, norms[0], q, heads), headNorm(scope, norms[1], k, heads), v] : [q, k, v];
}

/** RMSNorm of every head of x [B, N, heads * d]. */
function headNorm(scope: ModuleScope, name: string, x: Value, heads: number): Value {
  const [batch, tokens, width] = x.type.shape as [number, number, number];
  const split = reshape(scope.builder, x, [batch, tokens, heads, width / heads]);
  return reshape(scope.builder, rmsNormLayer(scope, name, split, EPSILON), [batch, tokens, width]);
}

/** Attention over both streams, picture first. In the last block nothing reads what the text would get, so its queries are left out. */
function jointAttention(scope: ModuleScope, image: Value, context: Value, settings: JointBlockSettings): JointStates {
  const { builder } = scope;
  const own = project(scope, image, ['to_q', 'to_k', 'to_v'], ['norm_q', 'norm_k'], settings);
  const added = project(scope, context, ['add_q_proj', 'add_k_proj', 'add_v_proj'], ['norm_added_q', 'norm_added_k'], settings);
  const [keys, values] = [1, 2].map((index) => concat(builder, [own[index]!, added[index]!], 1)) as [Value, Value];
  const queries = settings.contextPreOnly ? own[0] : concat(builder, [own[0], added[0]], 1);
  const mixed = attend(scope, queries, keys, values, settings);
  const [tokens, width] = [size(image, 1), size(image, -1)];
  const result = linearLayer(scope, 'to_out.0', slice(builder, mixed, 1, 0, tokens), width);
  if (settings.contextPreOnly) return { image: result, context: undefined };
  return { image: result, context: linearLayer(scope, 'to_add_out', slice(builder, mixed, 1, tokens, size(mixed, 1)), width) };
}

function selfAttention(scope: ModuleScope, x: Value, settings: JointBlockSettings): Value {
  const [q, k, v] = project(scope, x, ['to_q', 'to_k', 'to_v'], ['norm_q', 'norm_k'], settings);
  return linearLayer(scope, 'to_out.0', attend(scope, q, k, v, settings), size(x, -1));
}

function attend({ builder }: ModuleScope, q: Value, k: Value, v: Value, { heads }: JointBlockSettings): Value {
  return attention(builder, q, k, v, { heads, scale: 1 / Math.sqrt(size(q, -1) / heads) });
}

/** x + gate · net(modulated norm of x), the net being four times as wide inside, with the tanh form of GELU. */
function feedForward(scope: ModuleScope, name: string, x: Value, { shift, scale, gate }: StreamModulation): Value {
  const { builder } = scope;
  const width = size(x, -1);
  const input = modulate(builder, plainNorm(builder, x), scale, shift);
  const output = scope.within(`${name}.net`, (inner) => linearLayer(inner, '2', gelu(builder, linearLayer(inner, '0.proj', input, 4 * width), 'tanh'), width));
  return add(builder, x, mul(builder, gate, output));
}
