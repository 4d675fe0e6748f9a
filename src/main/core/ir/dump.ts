import type { Attributes, AttributeValue, Graph, InitializerData, Node, Value } from './types.ts';

/** A graph as text for people, one line per input, initializer, node and output: `type name = Op(inputs) {attributes}`. */
export function dumpGraph(graph: Graph): string {
  const lines = [
    `graph "${graph.name}" opset ${graph.opset}`,
    ...graph.inputs.map((value) => `  input ${declare(value)}`),
    ...graph.initializers.map((value) => `  const ${declare(value)} = ${data(value.initializer)}`),
    ...graph.nodes.map((node) => `  ${line(node)}`),
    ...graph.outputs.map(({ name, value }) => `  output ${name} = ${value.name}`),
  ];
  return `${lines.join('\n')}\n`;
}

function line(node: Node): string {
  const op = node.domain === '' ? node.op : `${node.domain}::${node.op}`;
  const inputs = node.inputs.map((value) => value?.name ?? '-').join(', ');
  return `${node.outputs.map(declare).join(', ')} = ${op}(${inputs})${attributes(node.attributes)}`;
}

function declare({ name, type }: Value): string {
  return `${type.dtype}[${type.shape.join(', ')}] ${name}`;
}

function data(initializer: InitializerData | undefined): string {
  if (initializer === undefined) return 'nothing';
  if (initializer.kind === 'external') return `${initializer.external.length} bytes of ${initializer.external.file} from ${initializer.external.offset}`;
  const shown = Array.from(initializer.data.subarray(0, 8) as ArrayLike<number | bigint>, String).join(', ');
  return initializer.data.length > 8 ? `${shown}, … (${initializer.data.length})` : shown;
}

function attributes(all: Attributes): string {
  const entries = Object.entries(all).map(([name, value]) => `${name}=${attribute(value)}`);
  return entries.length === 0 ? '' : ` {${entries.join(', ')}}`;
}

function attribute(value: AttributeValue): string {
  if (typeof value === 'number') return String(value);
  if (typeof value === 'string') return JSON.stringify(value);
  if ('float' in value) return `${value.float}f`;
  if ('floats' in value) return `[${value.floats.join(', ')}]f`;
  return `[${value.join(', ')}]`;
}
