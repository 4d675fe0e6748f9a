import { internalError } from '../../contract/errors.ts';
import { schemaOf, type NodeDefinition, type NodeSchema } from '../../contract/node.ts';
import { checkParam } from '../../contract/params.ts';
import { paramPortType } from '../../contract/param-links.ts';
import { PORT_TYPES } from '../../contract/port-types.ts';

const PORT_TYPE_NAMES: ReadonlySet<string> = new Set(PORT_TYPES.map((type) => type.name));

function checkSchema(schema: NodeSchema): void {
  const where = `Node type "${schema.type}"`;
  if (schema.doc === '') throw internalError('nodes.no-doc', where, 'must have a doc');
  if (!Number.isInteger(schema.version) || schema.version < 1) throw internalError('nodes.version', where, 'version must be a whole number from 1 on', { got: String(schema.version) });
  for (const [name, port] of [...Object.entries(schema.inputs), ...Object.entries(schema.outputs)]) {
    if (!PORT_TYPE_NAMES.has(port.type)) throw internalError('nodes.port-type', where, `port "${name}" must have a listed port type`, { got: port.type });
    if (port.doc === '') throw internalError('nodes.no-doc', where, `port "${name}" must have a doc`);
  }
  for (const [name, param] of Object.entries(schema.params)) {
    if (Object.hasOwn(schema.inputs, name)) throw internalError('nodes.name-clash', where, `"${name}" must not be both a param and an input`);
    if (param.doc === '') throw internalError('nodes.no-doc', where, `param "${name}" must have a doc`);
    // An empty path default means "must be chosen"; validation of a graph says so.
    if (param.kind === 'path' && param.default === '') continue;
    const fault = checkParam(param, param.default, where, name);
    if (fault !== undefined) throw fault;
  }
}

/** Outputs that need no run must be what they are said to be: an input or a param of the same type. */
function checkShortcuts(schema: NodeSchema): void {
  const where = `Node type "${schema.type}"`;
  for (const [output, input] of Object.entries(schema.passThrough ?? {})) {
    const [to, from] = [schema.outputs[output], schema.inputs[input]];
    if (to === undefined || from === undefined || to.type !== from.type) throw internalError('nodes.pass-through', where, `output "${output}" must pass through an input of its type`, { got: input });
  }
  if (schema.constants === undefined) return;
  for (const [output, port] of Object.entries(schema.outputs)) {
    const param = Object.hasOwn(schema.constants, output) ? schema.params[schema.constants[output] as string] : undefined;
    if (param === undefined || paramPortType(param) !== port.type) throw internalError('nodes.constants', where, `output "${output}" must be a param of its type`);
  }
}

/** Rows are declared as data and as functions: neither may be there alone. */
function checkRows(definition: NodeDefinition<never>): void {
  const { rows, rowFunctions } = definition;
  const where = `Node type "${definition.type}"`;
  if ((rows === undefined) !== (rowFunctions === undefined)) throw internalError('nodes.rows', where, 'must have both "rows" and the functions that run them, or neither');
  if (rows === undefined) return;
  const width = Object.hasOwn(definition.params, rows.width) ? definition.params[rows.width] : undefined;
  if (width?.kind !== 'integer' || width.min !== 1 || width.max < rows.widest) throw internalError('nodes.rows', where, `"${rows.width}" must be an integer param from 1 to at least ${rows.widest}`);
  const unknown = rows.sizedBy.find((name) => !Object.hasOwn(definition.inputs, name));
  if (unknown !== undefined) throw internalError('nodes.rows', where, '"sizedBy" must name inputs', { got: unknown });
  if (definition.sideEffects === true) throw internalError('nodes.rows', where, 'what is wanted for its effect must run by itself');
}

/** The node types by name. Wrong or doubled definitions throw when the list is made, not when a graph runs. */
export class NodeRegistry<Services> {
  private readonly byType = new Map<string, NodeDefinition<Services>>();

  constructor(definitions: readonly NodeDefinition<Services>[]) {
    for (const definition of definitions) {
      checkSchema(definition);
      checkShortcuts(definition);
      checkRows(definition);
      if (this.byType.has(definition.type)) throw internalError('nodes.duplicate', `Node type "${definition.type}"`, 'must be listed once');
      this.byType.set(definition.type, definition);
    }
  }

  find(type: string): NodeDefinition<Services> | undefined {
    return this.byType.get(type);
  }

  /** All schemas, sorted by category and title. */
  catalogue(): NodeSchema[] {
    const schemas = [...this.byType.values()].map((definition) => schemaOf(definition as NodeDefinition<never>));
    return schemas.sort((a, b) => (a.category + a.title).localeCompare(b.category + b.title, 'en'));
  }
}
