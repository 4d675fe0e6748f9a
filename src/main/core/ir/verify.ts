import { internalError } from '../../../contract/errors.ts';
import type { OpRegistry } from '../ops/op.ts';
import { printShape, sameShape } from '../ops/infer.ts';
import { DATA_TYPE_BYTES } from './data-types.ts';
import { elementCount } from './tensor.ts';
import type { Graph, Node, TensorType, Value } from './types.ts';

/**
 * Checks what every pass must keep: names are unique, every value is known before it is used, initializers have as many elements as
 * their shape says, every op is known and infers the types that the graph states. @throws AppError that names what is wrong.
 */
export function verifyGraph(graph: Graph, registry: OpRegistry): void {
  const known = new Set<Value>();
  const valueNames = new Set<string>();
  const define = (value: Value): void => {
    demandUnique(valueNames, value.name, `Graph "${graph.name}"`, 'value');
    known.add(value);
  };
  graph.inputs.forEach(define);
  for (const initializer of graph.initializers) {
    checkInitializer(initializer);
    define(initializer);
  }
  const nodeNames = new Set<string>();
  for (const node of graph.nodes) {
    demandUnique(nodeNames, node.name, `Graph "${graph.name}"`, 'node');
    checkNode(graph, node, known, registry);
    node.outputs.forEach(define);
  }
  const outputNames = new Set<string>();
  for (const { name, value } of graph.outputs) {
    demandUnique(outputNames, name, `Graph "${graph.name}"`, 'output');
    if (!known.has(value)) throw internalError('ir.unknown-value', `Output "${name}"`, `value "${value.name}" must be in the graph`);
    if (name !== value.name && valueNames.has(name)) throw internalError('ir.duplicate-name', `Output "${name}"`, 'its name must not be that of another value');
  }
}

function checkNode(graph: Graph, node: Node, known: ReadonlySet<Value>, registry: OpRegistry): void {
  const where = `${node.op} "${node.name}"`;
  const definition = registry.find(node.domain, node.op, graph.opset);
  for (const input of node.inputs) {
    if (input !== undefined && !known.has(input)) throw internalError('ir.order', where, `input "${input.name}" must be made before it is used`);
  }
  const { min, max } = definition.outputs;
  if (node.outputs.length < min || node.outputs.length > max) throw internalError('ir.arity', where, `must have ${min}..${max} outputs`, { got: String(node.outputs.length) });
  const types = definition.infer({ where, inputs: node.inputs.map((input) => input?.type), values: node.inputs, attributes: node.attributes });
  node.outputs.forEach((output, index) => {
    const type = types[index];
    if (type === undefined || type.dtype !== output.type.dtype || !sameShape(type.shape, output.type.shape)) {
      throw internalError('ir.type', where, `output ${index} must be ${type === undefined ? 'absent' : printType(type)}`, { got: printType(output.type) });
    }
    if (output.producer !== node) throw internalError('ir.producer', where, `output ${index} must name the node as its producer`);
  });
}

function checkInitializer({ name, type, initializer }: Value): void {
  const where = `Initializer "${name}"`;
  if (initializer === undefined) throw internalError('ir.initializer', where, 'must have data');
  const bytes = elementCount(type.shape) * DATA_TYPE_BYTES[type.dtype];
  const got = initializer.kind === 'inline' ? initializer.data.byteLength : initializer.external.length;
  if (got !== bytes) throw internalError('ir.initializer', where, `must have ${bytes} bytes for ${printType(type)}`, { got: String(got) });
}

function demandUnique(names: Set<string>, name: string, where: string, kind: string): void {
  if (names.has(name)) throw internalError('ir.duplicate-name', where, `${kind} "${name}" must be unique`);
  names.add(name);
}

function printType({ dtype, shape }: TensorType): string {
  return `${dtype}${printShape(shape)}`;
}
