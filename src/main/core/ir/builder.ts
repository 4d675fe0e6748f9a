import { internalError } from '../../../contract/errors.ts';
import type { OpRegistry } from '../ops/op.ts';
import { elementCount } from './tensor.ts';
import type { Attributes, DataType, ExternalData, Graph, Node, Shape, TensorName, TypedArray, Value } from './types.ts';

/** The ai.onnx opset that every graph is written in. */
export const OPSET = 21;

export interface NodeOptions {
  /** Last part of the node's name; the op's name when left out. */
  readonly name?: string;
}

/** Builds one graph. Every added node is shape-checked at once, so a wrong graph fails where it is written. */
export class GraphBuilder {
  readonly opset = OPSET;
  private readonly usedNames = new Set<string>();
  private readonly prefixes: string[] = [];
  private readonly inputs: Value[] = [];
  private readonly outputs: { name: string; value: Value }[] = [];
  private readonly initializers: Value[] = [];
  private readonly nodes: Node[] = [];
  private readonly scalars = new Map<string, Value>();

  constructor(readonly name: string, readonly registry: OpRegistry) {}

  /** Adds a graph input of a fixed shape. */
  input(name: string, dtype: DataType, shape: Shape): Value {
    const value = this.value(name, dtype, shape, undefined, undefined);
    if (value.name !== name) throw internalError('ir.duplicate-name', `Graph "${this.name}"`, `input "${name}" must be unique`);
    this.inputs.push(value);
    return value;
  }

  /** Adds a constant whose elements are written into the model. */
  constant(data: TypedArray, dtype: DataType, shape: Shape, name = 'constant'): Value {
    if (data.length !== elementCount(shape)) {
      throw internalError('ir.constant-size', `Graph "${this.name}" constant "${name}"`, `data must have ${elementCount(shape)} elements`, { got: String(data.length) });
    }
    return this.addInitializer(this.value(this.scoped(name), dtype, shape, undefined, { kind: 'inline', data }));
  }

  /** A float32 scalar (shape []); equal scalars share one initializer. */
  scalar(number: number): Value {
    return this.shared(`float:${number}`, () => this.constant(Float32Array.of(number), 'float32', [], 'scalar'));
  }

  /** An int64 vector, for Reshape, Slice, axes and the like; equal vectors share one initializer. */
  integers(values: readonly number[]): Value {
    const make = (): Value => this.constant(BigInt64Array.from(values, (value) => BigInt(value)), 'int64', [values.length], 'integers');
    return this.shared(`int64:${values.join(',')}`, make);
  }

  /** Adds an initializer whose bytes stay in a file. */
  external(name: string, dtype: DataType, shape: Shape, external: ExternalData): Value {
    return this.addInitializer(this.value(name, dtype, shape, undefined, { kind: 'external', external }));
  }

  /** Adds a node and returns its outputs, typed by the op's shape inference. `op` is `Name` or `domain::Name`. */
  node(op: string, inputs: readonly (Value | undefined)[], attributes: Attributes = {}, options: NodeOptions = {}): Value[] {
    const [domain, name] = op.includes('::') ? (op.split('::') as [string, string]) : ['', op];
    const definition = this.registry.find(domain, name, this.opset);
    const nodeName = this.unique(this.scoped(options.name ?? name));
    const where = `${name} "${nodeName}"`;
    if (inputs.length < definition.inputs.min || inputs.length > definition.inputs.max) {
      throw internalError('ir.arity', where, `must have ${definition.inputs.min}..${definition.inputs.max} inputs`, { got: String(inputs.length) });
    }
    const types = definition.infer({ where, inputs: inputs.map((value) => value?.type), values: inputs, attributes });
    const outputs: Value[] = [];
    const node: Node = { name: nodeName, op: name, domain, inputs, outputs, attributes };
    types.forEach((type, index) => {
      outputs.push(this.value(index === 0 ? `${nodeName}:out` : `${nodeName}:out${index}`, type.dtype, type.shape, node, undefined));
    });
    this.nodes.push(node);
    return outputs;
  }

  /** As {@link node}, for ops with one output. */
  op(op: string, inputs: readonly (Value | undefined)[], attributes: Attributes = {}, options: NodeOptions = {}): Value {
    const [output] = this.node(op, inputs, attributes, options);
    if (output === undefined) throw internalError('ir.no-output', op, 'must have an output');
    return output;
  }

  /** Runs `body` with `prefix.` before the names of all nodes that it adds. */
  scope<T>(prefix: string, body: () => T): T {
    this.prefixes.push(prefix);
    try {
      return body();
    } finally {
      this.prefixes.pop();
    }
  }

  /** Names a value as an output of the graph. */
  output(name: string, value: Value): void {
    if (this.outputs.some((output) => output.name === name)) {
      throw internalError('ir.duplicate-name', `Graph "${this.name}"`, `output "${name}" must be unique`);
    }
    this.outputs.push({ name, value });
  }

  /** The graph so far. Nodes are in topological order, because a node can only use values that exist. */
  build(): Graph {
    return { name: this.name, opset: this.opset, inputs: [...this.inputs], outputs: [...this.outputs], initializers: [...this.initializers], nodes: [...this.nodes] };
  }

  private value(name: string, dtype: DataType, shape: Shape, producer: Node | undefined, initializer: Value['initializer']): Value {
    return { name: this.unique(name) as TensorName, type: { dtype, shape }, producer, initializer };
  }

  private addInitializer(value: Value): Value {
    this.initializers.push(value);
    return value;
  }

  private shared(key: string, make: () => Value): Value {
    const value = this.scalars.get(key) ?? make();
    this.scalars.set(key, value);
    return value;
  }

  private scoped(name: string): string {
    return [...this.prefixes, name].join('.');
  }

  private unique(name: string): string {
    let candidate = name;
    for (let count = 1; this.usedNames.has(candidate); count += 1) candidate = `${name}_${count}`;
    this.usedNames.add(candidate);
    return candidate;
  }
}
