import { internalError } from '../../../contract/errors.ts';
import { DATA_TYPE_CODES } from '../ir/data-types.ts';
import { pruneGraph } from '../ir/prune.ts';
import type { AttributeValue, Graph, Node, TypedArray, Value } from '../ir/types.ts';
import { encodeModel } from './encode.ts';
import { ATTRIBUTE_TYPE, EXTERNAL_LOCATION } from './schema.ts';
import type { AttributeMessage, GraphMessage, NodeMessage, TensorMessage, ValueInfoMessage } from './schema.ts';

/** The ONNX IR version that opset 21 came with. */
const IR_VERSION = 10;

/** Version of every domain other than ai.onnx. */
const CONTRIB_VERSION = 1;

/** Domains that exist in this program only. */
const COMPOSITE_DOMAIN = 'engram';

export interface WriteOptions {
  /** The `location` of an external file, relative to the folder that the runtime is told to resolve against. */
  externalLocation(file: string): string;
}

/**
 * The ONNX model of a lowered graph, what no output needs left out. Initializers in files are referred to by location, offset and
 * length; equal graphs give equal bytes. Throws when a composite was not lowered.
 */
export function writeOnnx(graph: Graph, options: WriteOptions): Uint8Array<ArrayBuffer> {
  const pruned = pruneGraph(graph);
  const domains = new Set(pruned.nodes.map((node) => node.domain).filter((domain) => domain !== ''));
  if (domains.has(COMPOSITE_DOMAIN)) {
    throw internalError('onnx.composite', `Graph "${graph.name}"`, 'composites must be lowered before the graph is written');
  }
  return encodeModel({
    irVersion: IR_VERSION,
    producerName: 'engram-studio',
    graph: graphMessage(pruned, options),
    opsetImport: [{ domain: '', version: pruned.opset }, ...[...domains].sort().map((domain) => ({ domain, version: CONTRIB_VERSION }))],
  });
}

function graphMessage(graph: Graph, options: WriteOptions): GraphMessage {
  const names = new Names(graph);
  const identities = graph.outputs
    .filter(({ name, value }) => names.of(value) !== name)
    .map(({ name, value }) => ({ input: [names.of(value)], output: [name], name: `${name}:output`, opType: 'Identity', domain: '' }));
  return {
    node: [...graph.nodes.map((node) => nodeMessage(node, names)), ...identities],
    name: graph.name,
    initializer: graph.initializers.map((value) => tensorMessage(value, options)),
    input: graph.inputs.map((value) => valueInfo(value.name, value)),
    output: graph.outputs.map(({ name, value }) => valueInfo(name, value)),
  };
}

/** Names of values in the file: a computed value takes the first output name that it has; its other names become Identity nodes. */
class Names {
  private readonly renamed = new Map<Value, string>();

  constructor(graph: Graph) {
    for (const { name, value } of graph.outputs) {
      if (value.producer !== undefined && !this.renamed.has(value)) this.renamed.set(value, name);
    }
  }

  of(value: Value): string {
    return this.renamed.get(value) ?? value.name;
  }
}

function nodeMessage(node: Node, names: Names): NodeMessage {
  return {
    input: node.inputs.map((value) => (value === undefined ? '' : names.of(value))),
    output: node.outputs.map((value) => names.of(value)),
    name: node.name,
    opType: node.op,
    attribute: Object.entries(node.attributes).map(([name, value]) => attributeMessage(name, value)),
    domain: node.domain,
  };
}

function attributeMessage(name: string, value: AttributeValue): AttributeMessage {
  if (typeof value === 'number') return { name, i: value, type: ATTRIBUTE_TYPE.int };
  if (typeof value === 'string') return { name, s: new TextEncoder().encode(value), type: ATTRIBUTE_TYPE.string };
  if ('float' in value) return { name, f: value.float, type: ATTRIBUTE_TYPE.float };
  if ('floats' in value) return { name, floats: value.floats, type: ATTRIBUTE_TYPE.floats };
  return { name, ints: value, type: ATTRIBUTE_TYPE.ints };
}

function tensorMessage(value: Value, options: WriteOptions): TensorMessage {
  const { name, type, initializer } = value;
  const head = { dims: type.shape, dataType: DATA_TYPE_CODES[type.dtype], name };
  if (initializer === undefined) throw internalError('onnx.initializer', `Initializer "${name}"`, 'must have data');
  if (initializer.kind === 'inline') return { ...head, rawData: rawBytes(initializer.data) };
  const { file, offset, length } = initializer.external;
  const entries = { location: options.externalLocation(file), offset: String(offset), length: String(length) };
  return { ...head, externalData: Object.entries(entries).map(([key, text]) => ({ key, value: text })), dataLocation: EXTERNAL_LOCATION };
}

/** The bytes of an array as they lie in memory; every platform that this program runs on is little-endian, as ONNX wants. */
function rawBytes(data: TypedArray): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

function valueInfo(name: string, value: Value): ValueInfoMessage {
  return { name, type: { tensorType: { elemType: DATA_TYPE_CODES[value.type.dtype], shape: { dim: value.type.shape.map((size) => ({ dimValue: size })) } } } };
}
