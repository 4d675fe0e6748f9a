import { AppError, cancelledError, inputError, internalError, toErrorData } from '../../contract/errors.ts';
import type { NodeDefinition, NodeSchema, RunContext } from '../../contract/node.ts';
import type { PortTypeName } from '../../contract/port-types.ts';
import type { NodeRegistry } from './node-registry.ts';
import { outputTypes, type NodeEvent, type NodeRunner, type NodeRunRequest, type ValueHandle } from './node-runner.ts';
import type { ValueStore } from './value-store.ts';

export interface NodeHostOptions<Services> {
  readonly registry: NodeRegistry<Services>;
  readonly store: ValueStore;
  /** Services as one run of one node may use them: files are bounded by its output folder. */
  readonly servicesFor: (request: NodeRunRequest) => Promise<Services>;
  readonly deviceKey: () => Promise<string>;
  readonly dispose: () => Promise<void>;
}

/** Runs nodes and keeps their values in this process. The engine process wraps it; tests use it directly. */
export class NodeHost<Services> implements NodeRunner {
  constructor(private readonly options: NodeHostOptions<Services>) {}

  catalogue(): Promise<readonly NodeSchema[]> {
    return Promise.resolve(this.options.registry.catalogue());
  }

  deviceKey(): Promise<string> {
    return this.options.deviceKey();
  }

  lookup(key: string, outputs: Readonly<Record<string, PortTypeName>>): Promise<'memory' | 'disk' | 'missing'> {
    return this.options.store.lookup(key, outputs);
  }

  async run(request: NodeRunRequest, onEvent: (event: NodeEvent) => void, signal: AbortSignal): Promise<void> {
    const definition = this.definitionOf(request);
    const context: RunContext<Services> = {
      nodeId: request.nodeId,
      where: request.where,
      services: await this.options.servicesFor(request),
      signal,
      contentKey: request.contentKey,
      graph: request.graph,
      inputKeys: Object.fromEntries(Object.entries(request.inputs).map(([name, handles]) => [name, handles.map((handle) => handle.key)])),
      progress: (progress) => onEvent({ type: 'progress', progress }),
      preview: (png, label) => onEvent({ type: 'preview', png, label }),
      warn: (warning) => onEvent({ type: 'warning', warning: { nodeId: request.nodeId, ...warning } }),
      artifact: (artifact) => onEvent({ type: 'artifact', artifact }),
    };
    const values = await this.runDefinition(definition, context, this.inputsOf(definition, request.inputs), request);
    for (const port of Object.keys(definition.outputs)) {
      if (values[port] === undefined) throw internalError('nodes.missing-output', request.where, `must give a value for output "${port}"`);
    }
    await this.options.store.put(request.contentKey, values, outputTypes(definition));
  }

  release(keys: readonly string[]): Promise<void> {
    this.options.store.release(keys);
    return Promise.resolve();
  }

  dispose(): Promise<void> {
    return this.options.dispose();
  }

  private definitionOf(request: NodeRunRequest): NodeDefinition<Services> {
    const definition = this.options.registry.find(request.type);
    if (definition === undefined || definition.version !== request.version) {
      throw inputError('graph.unknown-type', request.where, 'must be a node type and version that is installed', { got: `${request.type} version ${request.version}` });
    }
    return definition;
  }

  private async runDefinition(
    definition: NodeDefinition<Services>, context: RunContext<Services>, inputs: Readonly<Record<string, unknown>>, request: NodeRunRequest,
  ): Promise<Readonly<Record<string, unknown>>> {
    if (context.signal.aborted) throw cancelledError(context.where);
    try {
      return await definition.run(context, inputs, request.params);
    } catch (thrown) {
      if (context.signal.aborted) throw cancelledError(context.where);
      const data = toErrorData(thrown, context.where, 'run');
      throw new AppError({ nodeId: context.nodeId, ...data }, { cause: thrown });
    }
  }

  private inputsOf(definition: NodeDefinition<Services>, handles: NodeRunRequest['inputs']): Record<string, unknown> {
    const inputs: Record<string, unknown> = {};
    for (const [name, port] of Object.entries(definition.inputs)) {
      const values = (handles[name] ?? []).map((handle: ValueHandle) => this.options.store.get(handle.key, handle.port));
      if (port.many === true) inputs[name] = values;
      else if (values.length > 0) inputs[name] = values[0];
    }
    return inputs;
  }
}
