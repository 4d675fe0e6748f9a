/**
 * The part of ONNX's protobuf schema that the writer uses: field numbers and types as published in onnx.proto (IR version 10).
 * A field type that is an object is a message; `repeated` scalars of type int64 and float are packed.
 */
export type FieldType = 'int32' | 'int64' | 'float' | 'string' | 'bytes' | MessageSchema;

export interface Field {
  readonly number: number;
  readonly type: FieldType;
  readonly repeated?: true;
}

export interface MessageSchema {
  readonly [field: string]: Field;
}

const stringPair = {
  key: { number: 1, type: 'string' },
  value: { number: 2, type: 'string' },
} as const satisfies MessageSchema;

const tensor = {
  dims: { number: 1, type: 'int64', repeated: true },
  dataType: { number: 2, type: 'int32' },
  name: { number: 8, type: 'string' },
  rawData: { number: 9, type: 'bytes' },
  externalData: { number: 13, type: stringPair, repeated: true },
  dataLocation: { number: 14, type: 'int32' },
} as const satisfies MessageSchema;

const attribute = {
  name: { number: 1, type: 'string' },
  f: { number: 2, type: 'float' },
  i: { number: 3, type: 'int64' },
  s: { number: 4, type: 'bytes' },
  floats: { number: 7, type: 'float', repeated: true },
  ints: { number: 8, type: 'int64', repeated: true },
  type: { number: 20, type: 'int32' },
} as const satisfies MessageSchema;

const node = {
  input: { number: 1, type: 'string', repeated: true },
  output: { number: 2, type: 'string', repeated: true },
  name: { number: 3, type: 'string' },
  opType: { number: 4, type: 'string' },
  attribute: { number: 5, type: attribute, repeated: true },
  domain: { number: 7, type: 'string' },
} as const satisfies MessageSchema;

const shape = {
  dim: { number: 1, type: { dimValue: { number: 1, type: 'int64' } }, repeated: true },
} as const satisfies MessageSchema;

const valueInfo = {
  name: { number: 1, type: 'string' },
  type: {
    number: 2,
    type: { tensorType: { number: 1, type: { elemType: { number: 1, type: 'int32' }, shape: { number: 2, type: shape } } } },
  },
} as const satisfies MessageSchema;

const graph = {
  node: { number: 1, type: node, repeated: true },
  name: { number: 2, type: 'string' },
  initializer: { number: 5, type: tensor, repeated: true },
  input: { number: 11, type: valueInfo, repeated: true },
  output: { number: 12, type: valueInfo, repeated: true },
} as const satisfies MessageSchema;

const operatorSet = {
  domain: { number: 1, type: 'string' },
  version: { number: 2, type: 'int64' },
} as const satisfies MessageSchema;

/** `ModelProto`. */
export const modelSchema = {
  irVersion: { number: 1, type: 'int64' },
  producerName: { number: 2, type: 'string' },
  graph: { number: 7, type: graph },
  opsetImport: { number: 8, type: operatorSet, repeated: true },
} as const satisfies MessageSchema;

type FieldValue<T extends FieldType> = T extends MessageSchema
  ? Message<T>
  : T extends 'string' ? string : T extends 'bytes' ? Uint8Array : number;

/** The plain object that a schema encodes; every field may be left out. */
export type Message<S extends MessageSchema> = {
  readonly [K in keyof S]?: S[K]['repeated'] extends true ? readonly FieldValue<S[K]['type']>[] : FieldValue<S[K]['type']>;
};

export type ModelMessage = Message<typeof modelSchema>;
export type GraphMessage = Message<typeof graph>;
export type NodeMessage = Message<typeof node>;
export type TensorMessage = Message<typeof tensor>;
export type AttributeMessage = Message<typeof attribute>;
export type ValueInfoMessage = Message<typeof valueInfo>;

/** `AttributeProto.AttributeType`. */
export const ATTRIBUTE_TYPE = { float: 1, int: 2, string: 3, floats: 6, ints: 7 } as const;

/** `TensorProto.DataLocation.EXTERNAL`. */
export const EXTERNAL_LOCATION = 1;
