import type { AskedPrompt } from '../../../contract/asked-prompt.ts';
import { AppError, inputError, toErrorData } from '../../../contract/errors.ts';
import { linksOf, type GraphFile, type GraphLink, type GraphNode } from '../../../contract/graph-file.ts';
import type { NodeSchema } from '../../../contract/node.ts';
import type { ParamSchema } from '../../../contract/params.ts';
import type { TriggerReport } from '../../../contract/studio-api.ts';
import { demandedNodes, type RunMemory } from '../../runtime/demand.ts';
import { runGraph } from '../../runtime/execute.ts';
import type { NodeRunner, ValueHandle } from '../../runtime/node-runner.ts';
import { planGraph, type RunFiles } from '../../runtime/plan-graph.ts';

/** Asks the engine what the text encoders behind a handle, with their tables, do to prompts. */
export type ExplainPrompts = (handle: ValueHandle, prompts: readonly AskedPrompt[]) => Promise<TriggerReport>;

export interface TriggerQuery {
  readonly graph: GraphFile;
  readonly where: string;
  readonly node: string;
  /** The node's own when left out. */
  readonly prompts?: readonly string[] | undefined;
  readonly runner: NodeRunner;
  readonly files: RunFiles;
  readonly explain: ExplainPrompts;
}

/** Port type of text encoders: what prompts are read by. */
const ENCODERS = 'TextEncoders';
const MAX_PROMPTS = 64;
/** A look changes nothing of what is known of runs. */
const FORGETFUL: RunMemory = { recall: async () => undefined, remember: async () => undefined };

/** The link that brings a node its text encoders. */
function encodersOf(graph: GraphFile, id: string, schema: NodeSchema): GraphLink | undefined {
  const ports = Object.entries(schema.inputs).filter(([, port]) => port.type === ENCODERS).map(([name]) => name);
  const node = graph.nodes[id];
  return ports.flatMap((name) => linksOf(node?.inputs[name])).at(0);
}

/** Port type of lists of prompts. */
const PROMPTS = 'Prompts';

/** Prompts among a node's params, those alone that are of these kinds. */
function promptsAmong(node: GraphNode | undefined, schema: NodeSchema | undefined, kinds: readonly ParamSchema['kind'][]): AskedPrompt[] {
  const params = node?.params ?? {};
  return Object.entries(schema?.params ?? {}).flatMap(([name, param]) => {
    if (!kinds.includes(param.kind)) return [];
    const value = Object.hasOwn(params, name) ? params[name] : param.default;
    return [value].flat().filter((text) => typeof text === 'string').map((text) => ({ text, negative: param.kind === 'text' && param.negative === true }));
  });
}

/** Every prompt of a node: among its own params, but lists of the node that a list is linked from, as they are written there. */
function promptsOf(graph: GraphFile, id: string, schema: NodeSchema, schemaOf: (type: string) => NodeSchema | undefined): AskedPrompt[] {
  const node = graph.nodes[id];
  const sources = Object.entries(schema.inputs).filter(([, port]) => port.type === PROMPTS).flatMap(([name]) => linksOf(node?.inputs[name])).map((link) => graph.nodes[link.node]);
  const listed = sources.length === 0 ? promptsAmong(node, schema, ['text-list']) : sources.flatMap((source) => promptsAmong(source, schemaOf(source?.type ?? ''), ['text-list']));
  return [...listed, ...promptsAmong(node, schema, ['text'])];
}

function unavailable(code: string, where: string, rule: string, hint: string): TriggerReport {
  return { streams: [], tables: [], prompts: [], unavailable: inputError(code, where, rule, { hint }).data };
}

/** Makes the encoders ready when that is cheap: nothing that computes on the device may have to run for a look at tokens. */
async function handleOf(link: GraphLink, query: TriggerQuery): Promise<ValueHandle | TriggerReport> {
  const { graph, where, runner, files } = query;
  const plan = await planGraph({ graph, where, files, catalogue: await runner.catalogue(), deviceKey: () => runner.deviceKey(), targets: [link.node] });
  const [failure] = plan.failures;
  if (failure !== undefined) throw new AppError(failure.error);
  const found = await demandedNodes(plan, runner);
  const heavy = plan.needed.find(({ id, schema }) => found.get(id) === 'missing' && schema.usesDevice === true);
  if (heavy !== undefined) return unavailable('inspect.not-made', heavy.where, 'must have run before its table can be looked at', 'Run the graph once');
  // The handle has to outlive the run: the view is let go of when the prompts are explained.
  const holding: NodeRunner = { ...runner, release: async () => undefined };
  const summary = await runGraph({ graph, where, runner: holding, files, memory: FORGETFUL, targets: [link.node], outputFolder: '', signal: new AbortController().signal, onEvent: () => undefined });
  const [error] = summary.errors;
  if (error !== undefined) throw new AppError(error);
  const planned = plan.nodes.get(link.node);
  if (planned === undefined) throw inputError('inspect.not-made', where, 'the text encoders must be there');
  return { key: planned.key, port: link.port };
}

/**
 * Which n-gram of which prompt hits which row of which table, as a node's text encoders see it. What can't be shown is said in the answer:
 * a graph that is being wired is no error.
 */
export async function inspectTrigger(query: TriggerQuery): Promise<TriggerReport> {
  const { graph, node, runner, explain, prompts } = query;
  try {
    const saved = Object.hasOwn(graph.nodes, node) ? graph.nodes[node] : undefined;
    const catalogue = await runner.catalogue();
    const schemaOf = (wanted: string): NodeSchema | undefined => catalogue.find(({ type }) => type === wanted);
    const schema = schemaOf(saved?.type ?? '');
    if (saved === undefined || schema === undefined) return unavailable('inspect.no-node', node, 'must be a node of the graph of an installed type', 'Choose a node that takes prompts');
    const link = encodersOf(graph, node, schema);
    if (link === undefined) return unavailable('inspect.no-encoders', saved.title ?? node, 'must be linked to text encoders', `Link a ${ENCODERS} output to it`);
    const handle = await handleOf(link, query);
    if (!('key' in handle)) return handle;
    const asked = prompts?.map((text): AskedPrompt => ({ text, negative: false })) ?? promptsOf(graph, node, schema, schemaOf);
    return await explain(handle, asked.slice(0, MAX_PROMPTS));
  } catch (error) {
    return { streams: [], tables: [], prompts: [], unavailable: toErrorData(error, node, 'input') };
  } finally {
    await runner.dispose();
  }
}
