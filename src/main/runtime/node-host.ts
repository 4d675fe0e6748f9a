import { AppError, cancelledError, inputError, internalError, toErrorData, type ErrorData } from '../../contract/errors.ts';
import type { NodeDefinition, NodeSchema, RowInvocation, RunContext } from '../../contract/node.ts';
import type { PortTypeName } from '../../contract/port-types.ts';
import type { ValueDescription } from '../../contract/value-description.ts';
import type { NodeRegistry } from './node-registry.ts';
import { outputTypes, type NodeEvent, type NodeRunner, type NodeRunRequest, type RowGroup, type ValueHandle } from './node-runner.ts';
import { chooseRowWidth } from './row-width.ts';
import type { ValueStore } from './value-store.ts';

export interface NodeHostOptions<Services> {
  readonly registry: NodeRegistry<Services>;
  readonly store: ValueStore;
  /** Services as one run of one node may use them: files are bounded by its output folder. */
  readonly servicesFor: (request: NodeRunRequest) => Promise<Services>;
  readonly deviceKey: () => Promise<string>;
  /** Private memory that one run of a model may hold when nobody says how much, in bytes. */
  readonly rowMemory?: () => number;
  /** Called when all that a run has made is on disk: what was kept of it in case it broke off is of no more use. */
  readonly onKept?: (request: NodeRunRequest) => Promise<void>;
  readonly dispose: () => Promise<void>;
}

type Outputs = Readonly<Record<string, unknown>>;

/** An invocation that is ready to run. */
interface PreparedRow<Services> extends RowInvocation<Services> {
  /** Its place among the requests. */
  readonly index: number;
  readonly request: NodeRunRequest;
  readonly definition: NodeDefinition<Services>;
}

/** A node that shares nothing is a group of its own. */
function groupOf({ rowFunctions, type }: NodeDefinition<never>, inputs: Readonly<Record<string, unknown>>, { params, contentKey }: NodeRunRequest): RowGroup {
  if (rowFunctions === undefined) return { group: contentKey, items: 1 };
  return { group: `${type} ${rowFunctions.group(inputs, params)}`, items: rowFunctions.items(inputs, params) };
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
    const row = await this.prepare(request, 0, onEvent, signal);
    await this.keep(row, await this.runAlone(row));
  }

  async runMany(requests: readonly NodeRunRequest[], onEvent: (row: number, event: NodeEvent) => void, signal: AbortSignal): Promise<readonly (ErrorData | undefined)[]> {
    const errors = requests.map((): ErrorData | undefined => undefined);
    const attempt = async (index: number, body: () => Promise<void>): Promise<void> => {
      try {
        await body();
      } catch (thrown) {
        errors[index] = this.errorOf(requests[index] as NodeRunRequest, thrown, signal).data;
      }
    };
    const groups = new Map<string, PreparedRow<Services>[]>();
    for (const [index, request] of requests.entries()) {
      await attempt(index, async () => {
        const row = await this.prepare(request, index, (event) => onEvent(index, event), signal);
        const { group } = groupOf(row.definition, row.inputs, request);
        groups.set(group, [...(groups.get(group) ?? []), row]);
      });
    }
    for (const rows of groups.values()) {
      const outcomes = await this.runTogether(rows, signal);
      for (const [place, row] of rows.entries()) {
        const outcome = outcomes?.[place];
        await attempt(row.index, async () => {
          if (outcome instanceof Error) throw outcome;
          await this.keep(row, outcome ?? (await this.runAlone(row)));
        });
      }
    }
    return errors;
  }

  rowGroups(requests: readonly NodeRunRequest[]): Promise<readonly RowGroup[]> {
    return Promise.all(requests.map(async (request) => {
      try {
        const definition = this.definitionOf(request);
        return groupOf(definition, this.inputsOf(definition, request.inputs), request);
      } catch {
        // What can't be run by itself can't be run with others; running it says why.
        return { group: request.contentKey, items: 1 };
      }
    }));
  }

  async rowWidth(request: NodeRunRequest, budget = this.options.rowMemory?.() ?? Infinity): Promise<number> {
    const row = await this.prepare(request, 0, () => undefined, new AbortController().signal);
    const { rows, rowFunctions } = row.definition;
    if (rows === undefined || rowFunctions === undefined) throw internalError('nodes.no-rows', request.where, 'must be a node whose invocations can run together');
    return chooseRowWidth(rows.widest, budget, (width) => rowFunctions.memory(row, width));
  }

  async describe(handle: ValueHandle, type: PortTypeName): Promise<ValueDescription> {
    return this.options.store.describe(handle.key, handle.port, type);
  }

  release(keys: readonly string[]): Promise<void> {
    this.options.store.release(keys);
    return Promise.resolve();
  }

  dispose(): Promise<void> {
    return this.options.dispose();
  }

  /** Several rows at once; undefined when that failed as a whole and each has to be run by itself, so that one bad row takes no other along. */
  private async runTogether(rows: readonly PreparedRow<Services>[], signal: AbortSignal): Promise<readonly (Outputs | Error)[] | undefined> {
    const together = rows[0]?.definition.rowFunctions;
    if (together === undefined || rows.length === 1 || signal.aborted) return undefined;
    try {
      const outcomes = await together.run(rows);
      if (outcomes.length !== rows.length) throw internalError('nodes.row-count', rows[0]?.request.where ?? '', `must give one outcome for each of ${rows.length} rows`, { got: String(outcomes.length) });
      return outcomes;
    } catch {
      // Whoever is to blame fails again alone, and says why.
      return undefined;
    }
  }

  private async runAlone({ definition, context, inputs, params, request }: PreparedRow<Services>): Promise<Outputs> {
    if (context.signal.aborted) throw cancelledError(context.where);
    try {
      return await definition.run(context, inputs, params);
    } catch (thrown) {
      throw this.errorOf(request, thrown, context.signal);
    }
  }

  private errorOf(request: NodeRunRequest, thrown: unknown, signal: AbortSignal): AppError {
    if (signal.aborted) return cancelledError(request.where);
    return new AppError({ nodeId: request.nodeId, ...toErrorData(thrown, request.where, 'run') }, { cause: thrown });
  }

  private async keep({ definition, request }: PreparedRow<Services>, values: Outputs): Promise<void> {
    for (const port of Object.keys(definition.outputs)) {
      if (values[port] === undefined) throw internalError('nodes.missing-output', request.where, `must give a value for output "${port}"`);
    }
    const onDisk = await this.options.store.put(request.contentKey, values, outputTypes(definition));
    if (onDisk) await this.options.onKept?.(request);
  }

  private async prepare(request: NodeRunRequest, index: number, onEvent: (event: NodeEvent) => void, signal: AbortSignal): Promise<PreparedRow<Services>> {
    const definition = this.definitionOf(request);
    const context: RunContext<Services> = {
      nodeId: request.nodeId,
      where: request.where,
      services: await this.options.servicesFor(request),
      signal,
      contentKey: request.contentKey,
      graph: request.graph,
      inputKeys: Object.fromEntries(Object.entries(request.inputs).map(([name, handles]) => [name, handles.map((handle) => handle.key)])),
      provenance: request.provenance,
      watched: request.watched === true,
      progress: (progress) => onEvent({ type: 'progress', progress }),
      preview: (png, label, step) => onEvent({ type: 'preview', png, label, ...(step === undefined ? {} : { step }) }),
      warn: (warning) => onEvent({ type: 'warning', warning: { nodeId: request.nodeId, ...warning } }),
      artifact: (artifact) => onEvent({ type: 'artifact', artifact }),
    };
    return { index, request, definition, context, inputs: this.inputsOf(definition, request.inputs), params: request.params };
  }

  private definitionOf(request: NodeRunRequest): NodeDefinition<Services> {
    const definition = this.options.registry.find(request.type);
    if (definition === undefined || definition.version !== request.version) {
      throw inputError('graph.unknown-type', request.where, 'must be a node type and version that is installed', { got: `${request.type} version ${request.version}` });
    }
    return definition;
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
