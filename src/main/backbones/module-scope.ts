import type { GraphBuilder } from '../core/ir/builder.ts';
import type { Shape, Value } from '../core/ir/types.ts';
import type { WeightSource } from './weights.ts';

/** A place in a model's module tree: the prefix of its weights' keys and of its nodes' names. */
export class ModuleScope {
  constructor(readonly builder: GraphBuilder, private readonly weights: WeightSource, private readonly path = '') {}

  /** Builds the submodule `name` (`resnets.0`): in `body`, keys and node names begin with it. */
  within<T>(name: string, body: (scope: ModuleScope) => T): T {
    return this.builder.scope(name, () => body(new ModuleScope(this.builder, this.weights, this.key(name))));
  }

  /** The module's own weight `name` as a float32 value. @throws AppError as {@link WeightSource.get}. */
  weight(name: string, shape: Shape): Value {
    return this.weights.get(this.builder, this.key(name), shape);
  }

  /** The module's own weight `name` in the element type that it is stored in. @throws AppError as {@link WeightSource.get}. */
  storedWeight(name: string, shape: Shape): Value {
    return this.weights.getStored(this.builder, this.key(name), shape);
  }

  private key(name: string): string {
    return this.path === '' ? name : `${this.path}.${name}`;
  }
}
