import { internalError } from '../../../contract/errors.ts';
import type { OpRegistry } from '../ops/op.ts';
import { elementCount } from './tensor.ts';
import type { Attributes, DataType, ExternalData, Graph, Node, Shape, TensorName, TensorType, TypedArray, Value } from './types.ts';

/** The ai.onnx opset that every graph is written in. */
export const OPSET = 21;

export interface NodeOptions {
  /** Last part of the node's name; the op's name when left out. */
  readonly name?: string;
}

/** Builds one graph. Every added node is shape-checked at once, so a wrong graph fails where it is written. */
export class GraphBuilder {
  readonly opset = OPSET;
  /** Every name in use, with the number that its next namesake gets. */
  private readonly nextSuffix = new Map<string, number>();
  private prefix = '';
  private readonly inputs: Value[] = [];
  private readonly outputs: { name: string; value: Value }[] = [];
  private readonly initializers: Value[] = [];
  private readonly nodes: Node[] = [];
  private readonly cuts: number[] = [];
  private readonly sharedConstants = new Map<string, Value>();

  constructor(readonly name: string, readonly registry: OpRegistry) {}

  /** Adds a graph input of a fixed shape. */
  input(name: string, dtype: DataType, shape: Shape): Value {
    if (this.nextSuffix.has(name)) throw this.duplicate('input', name);
    const value = this.value(name, { dtype, shape }, undefined, undefined);
    this.inputs.push(value);
    return value;
  }

  /** Adds a constant whose elements are written into the model. */
  constant(data: TypedArray, dtype: DataType, shape: Shape, name = 'constant'): Value {
    return this.inline(data, dtype, shape, this.prefix + name);
  }

  /** A floating-point scalar (shape []); equal scalars of a type share one initializer. */
  scalar(number: number, dtype: 'float32' | 'float64' = 'float32'): Value {
    return this.filled(number, [], dtype);
  }

  /** A constant of one number throughout; equal ones share one initializer. Meant for small shapes. */
  filled(number: number, shape: Shape, dtype: 'float32' | 'float64' = 'float32'): Value {
    const name = [`${dtype}:${Object.is(number, -0) ? '-0' : String(number)}`, ...shape].join('x');
    const count = elementCount(shape);
    return this.shared(name, () => this.inline((dtype === 'float32' ? new Float32Array(count) : new Float64Array(count)).fill(number), dtype, shape, name));
  }

  /** An int64 vector, for Reshape, Slice, axes and the like; equal vectors share one initializer. */
  integers(values: readonly number[]): Value {
    const name = `int64:${values.join(',')}`;
    return this.shared(name, () => this.inline(BigInt64Array.from(values, (value) => BigInt(value)), 'int64', [values.length], name));
  }

  /** Adds an initializer whose bytes stay in a file. */
  external(name: string, dtype: DataType, shape: Shape, external: ExternalData): Value {
    return this.addInitializer(this.value(name, { dtype, shape }, undefined, { kind: 'external', external }));
  }

  /** Adds a node and returns its outputs, typed by the op's shape inference. `op` is `Name` or `domain::Name`. */
  node(op: string, inputs: readonly (Value | undefined)[], attributes: Attributes = {}, options: NodeOptions = {}): Value[] {
    const [domain, opName] = op.includes('::') ? (op.split('::') as [string, string]) : ['', op];
    const name = this.unique(this.prefix + (options.name ?? opName));
    const types = this.infer(domain, opName, name, inputs, attributes);
    return this.addNode({ name, op: opName, domain, inputs, outputs: [], attributes }, types, (index) => (index === 0 ? `${name}:out` : `${name}:out${index}`));
  }

  /** As {@link node}, for ops with one output. */
  op(op: string, inputs: readonly (Value | undefined)[], attributes: Attributes = {}, options: NodeOptions = {}): Value {
    const [output] = this.node(op, inputs, attributes, options);
    if (output === undefined) throw internalError('ir.no-output', op, 'must have an output');
    return output;
  }

  /** Runs `body` with `prefix.` before the names of all nodes that it adds. */
  scope<T>(prefix: string, body: () => T): T {
    return this.withPrefix(`${this.prefix}${prefix}.`, body);
  }

  /** Runs `body` with exactly `prefix` before the names of all nodes that it adds, whatever scope is open. For passes that generate nodes. */
  generatedScope<T>(prefix: string, body: () => T): T {
    return this.withPrefix(prefix, body);
  }

  /** Names a value as an output of the graph. The name must not be that of another value. */
  output(name: string, value: Value): void {
    if (this.outputs.some((output) => output.name === name)) throw this.duplicate('output', name);
    if (this.nextSuffix.has(name) && value.name !== name) throw this.duplicate('output', name);
    this.nextSuffix.set(name, 1);
    this.outputs.push({ name, value });
  }

  /** Says that what was built so far may be a part of its own, because few values are needed behind it: the end of a block. */
  allowCut(): void {
    this.cuts.push(this.nodes.length);
  }

  /** The graph so far. Nodes are in topological order, because a node can only use values that exist. */
  build(): Graph {
    return { name: this.name, opset: this.opset, inputs: [...this.inputs], outputs: [...this.outputs], initializers: [...this.initializers], nodes: [...this.nodes], ...(this.cuts.length === 0 ? {} : { cuts: [...this.cuts] }) };
  }

  /** Adds an initializer of another graph, name and data unchanged. For passes that rebuild a graph. */
  copyInitializer(initializer: Value): Value {
    const { name, type, initializer: data } = initializer;
    if (this.nextSuffix.has(name)) throw this.duplicate('initializer', name);
    return this.addInitializer(this.value(name, type, undefined, data));
  }

  /** Adds a node of another graph with new inputs; the names of node and outputs are kept, the types inferred again. For passes that rebuild a graph. */
  copyNode(node: Node, inputs: readonly (Value | undefined)[]): Value[] {
    const types = this.infer(node.domain, node.op, node.name, inputs, node.attributes);
    this.unique(node.name);
    return this.addNode({ ...node, inputs, outputs: [] }, types, (index) => node.outputs[index]?.name ?? `${node.name}:out${index}`);
  }

  /** Gives a computed value a telling name (made unique). For passes; the value must come from a node of this builder. */
  rename(value: Value, name: string): void {
    if (value.producer === undefined) throw internalError('ir.rename', `Value "${value.name}"`, 'only the output of a node can be renamed');
    (value as { name: TensorName }).name = this.unique(name) as TensorName;
  }

  private infer(domain: string, op: string, name: string, inputs: readonly (Value | undefined)[], attributes: Attributes): TensorType[] {
    const definition = this.registry.find(domain, op, this.opset);
    const where = `${op} "${name}"`;
    if (inputs.length < definition.inputs.min || inputs.length > definition.inputs.max) {
      throw internalError('ir.arity', where, `must have ${definition.inputs.min}..${definition.inputs.max} inputs`, { got: String(inputs.length) });
    }
    return definition.infer({ where, inputs: inputs.map((value) => value?.type), values: inputs, attributes });
  }

  private addNode(fields: Omit<Node, 'outputs'> & { outputs: Value[] }, types: readonly TensorType[], outputName: (index: number) => string): Value[] {
    const node: Node = fields;
    types.forEach((type, index) => fields.outputs.push(this.value(outputName(index), type, node, undefined)));
    this.nodes.push(node);
    return [...fields.outputs];
  }

  private value(name: string, type: TensorType, producer: Node | undefined, initializer: Value['initializer']): Value {
    return { name: this.unique(name) as TensorName, type, producer, initializer };
  }

  private inline(data: TypedArray, dtype: DataType, shape: Shape, name: string): Value {
    if (data.length !== elementCount(shape)) {
      throw internalError('ir.constant-size', `Graph "${this.name}" constant "${name}"`, `data must have ${elementCount(shape)} elements`, { got: String(data.length) });
    }
    return this.addInitializer(this.value(name, { dtype, shape }, undefined, { kind: 'inline', data }));
  }

  private addInitializer(value: Value): Value {
    this.initializers.push(value);
    return value;
  }

  private shared(key: string, make: () => Value): Value {
    const value = this.sharedConstants.get(key) ?? make();
    this.sharedConstants.set(key, value);
    return value;
  }

  private withPrefix<T>(prefix: string, body: () => T): T {
    const before = this.prefix;
    this.prefix = prefix;
    try {
      return body();
    } finally {
      this.prefix = before;
    }
  }

  private unique(name: string): string {
    let suffix = this.nextSuffix.get(name);
    if (suffix === undefined) {
      this.nextSuffix.set(name, 1);
      return name;
    }
    while (this.nextSuffix.has(`${name}_${suffix}`)) suffix += 1;
    this.nextSuffix.set(name, suffix + 1);
    this.nextSuffix.set(`${name}_${suffix}`, 1);
    return `${name}_${suffix}`;
  }

  private duplicate(kind: string, name: string): Error {
    return internalError('ir.duplicate-name', `Graph "${this.name}"`, `${kind} "${name}" must be unique`);
  }
}
