/** Element types of tensors, named as in ONNX. */
export const DATA_TYPES = [
  'float32', 'float16', 'bfloat16', 'float64', 'int64', 'int32', 'int16', 'int8', 'uint8', 'bool',
] as const;
export type DataType = (typeof DATA_TYPES)[number];

/** Every dimension is known when a graph is built. */
export type Shape = readonly number[];

export interface TensorType {
  readonly dtype: DataType;
  readonly shape: Shape;
}

/** Unique inside one graph. */
export type TensorName = string & { readonly __brand: 'TensorName' };

export type AttributeValue = number | string | readonly number[] | { readonly float: number } | { readonly floats: readonly number[] };
/** `number` and `number[]` are integers (ONNX INT / INTS); floats are wrapped, since JavaScript can't tell 1 from 1.0. */
export type Attributes = Readonly<Record<string, AttributeValue>>;

export type TypedArray =
  | Float32Array | Float64Array | BigInt64Array | Int32Array | Uint16Array | Int16Array | Int8Array | Uint8Array;

/** Bytes of an initializer that stay where they are: a slice of a file on disk. */
export interface ExternalData {
  /** Opaque name of the file, resolved by the engine (an absolute path outside the core). */
  readonly file: string;
  readonly offset: number;
  readonly length: number;
}

export type InitializerData =
  | { readonly kind: 'inline'; readonly data: TypedArray }
  | { readonly kind: 'external'; readonly external: ExternalData };

/** An edge of the graph: a tensor with a known type. Values are made by the builder only. */
export interface Value {
  readonly name: TensorName;
  readonly type: TensorType;
  /** The node that makes it; undefined for graph inputs and initializers. */
  readonly producer: Node | undefined;
  /** Set for initializers. */
  readonly initializer: InitializerData | undefined;
}

export interface Node {
  readonly name: string;
  readonly op: string;
  /** '' is ai.onnx; 'com.microsoft' the contrib ops; 'engram' our composites, which are lowered before export. */
  readonly domain: string;
  /** undefined stands for an optional input that is left out. */
  readonly inputs: readonly (Value | undefined)[];
  readonly outputs: readonly Value[];
  readonly attributes: Attributes;
}

export interface Graph {
  readonly name: string;
  readonly opset: number;
  readonly inputs: readonly Value[];
  readonly outputs: readonly { readonly name: string; readonly value: Value }[];
  readonly initializers: readonly Value[];
  /** In topological order. */
  readonly nodes: readonly Node[];
  /** Counts of nodes before which the graph may be cut into parts that run one after another; left out where nobody said so. */
  readonly cuts?: readonly number[];
}
