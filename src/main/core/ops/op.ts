import type { GraphBuilder } from '../ir/builder.ts';
import type { Attributes, Node, TensorType, Value } from '../ir/types.ts';

export interface InferContext {
  /** For messages: op and node name, `Conv "down_blocks.0.conv1"`. */
  readonly where: string;
  readonly inputs: readonly (TensorType | undefined)[];
  /** The values themselves: some ops (Reshape, Slice, Expand) read constant inputs. */
  readonly values: readonly (Value | undefined)[];
  readonly attributes: Attributes;
}

/** What a gradient rule may look at, and the builder that it adds nodes to. */
export interface VjpContext {
  readonly builder: GraphBuilder;
  readonly node: Node;
  /** Input `index` of the forward node; throws when it was left out. */
  readonly input: (index: number) => Value;
  /** Output `index` of the forward node. */
  readonly output: (index: number) => Value;
  /** The gradient that flows into output `index`, of the output's own shape; zeros when nothing flows into that one. */
  readonly gradient: (index: number) => Value;
}

/**
 * Per input index a function that builds the gradient of that input. Lazy: the driver calls only those that a target needs.
 * The result may still have the broadcast shape; the driver sums it to the input's shape.
 */
export type InputGradients = { readonly [inputIndex: number]: () => Value };

/** 'zero': constant in its inputs (Shape, comparison). 'unsupported': asking for it is an error. */
export type Vjp = ((context: VjpContext) => InputGradients) | 'zero' | 'unsupported';

/** How many inputs or outputs a node of an op may have. */
export interface Arity {
  readonly min: number;
  readonly max: number;
}

/** What a composite's expansion may look at. */
export interface LowerContext {
  /** Builds the lowered graph; the names of all added nodes start with the composite's own. */
  readonly builder: GraphBuilder;
  readonly node: Node;
  /** The node's inputs, already lowered. */
  readonly inputs: readonly (Value | undefined)[];
  /** Per output: does anything read it? An output that nothing reads may be left undefined. */
  readonly used: readonly boolean[];
  readonly plan: LowerPlan;
}

/** Limits that decide how composites are expanded. */
export interface LowerPlan {
  /** Upper bound of the bytes of one chunk of attention scores [B, heads, chunk, keys]. */
  readonly attentionScoreBytes: number;
  /** Attentions whose whole score matrix is at most this big keep it for the backward pass instead of computing it again. */
  readonly attentionKeepBytes: number;
}

export interface OpDefinition {
  readonly name: string;
  /** '' for ai.onnx, 'com.microsoft', or 'engram' for composites that are lowered before export. */
  readonly domain: string;
  /** First opset version of the domain that this record describes. */
  readonly since: number;
  readonly inputs: Arity;
  readonly outputs: Arity;
  /** Output types from input types. Throws an AppError that names the node. */
  infer(context: InferContext): TensorType[];
  readonly vjp: Vjp;
  /** Composites only: rebuilds the node from ONNX ops. */
  readonly lower?: (context: LowerContext) => (Value | undefined)[];
}

/** Marks a record as an op; the identity function, for the types. */
export function defineOp(definition: OpDefinition): OpDefinition {
  return definition;
}

/** An arity of one number only. */
export function exactly(count: number): Arity {
  return { min: count, max: count };
}

/** An arity from `min` to `max`. */
export function between(min: number, max: number): Arity {
  return { min, max };
}

/** Looks ops up by domain, name and version. */
export class OpRegistry {
  private readonly byName = new Map<string, OpDefinition[]>();

  /** @throws Error when two records have the same domain, name and version. */
  constructor(definitions: readonly OpDefinition[]) {
    for (const definition of definitions) {
      const key = `${definition.domain}::${definition.name}`;
      const versions = this.byName.get(key) ?? [];
      if (versions.some((other) => other.since === definition.since)) {
        throw new Error(`Op registry: ${key} version ${definition.since} is listed twice`);
      }
      this.byName.set(key, [...versions, definition].sort((a, b) => b.since - a.since));
    }
  }

  /** The record with the largest `since` that is not above the opset. @throws Error that names op, domain and opset. */
  find(domain: string, name: string, opset: number): OpDefinition {
    const versions = this.byName.get(`${domain}::${name}`) ?? [];
    const found = domain === '' ? versions.find((definition) => definition.since <= opset) : versions[0];
    if (found === undefined) {
      const known = versions.map((definition) => definition.since).join(', ');
      throw new Error(`Op "${name}" (domain "${domain === '' ? 'ai.onnx' : domain}"): no record for opset ${opset}; known versions: ${known === '' ? 'none' : known}`);
    }
    return found;
  }

  /** Every record, in list order of names. */
  all(): OpDefinition[] {
    return [...this.byName.values()].flat();
  }
}
