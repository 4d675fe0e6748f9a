import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError, inputError, internalError, runError, toErrorData, type ErrorData } from '../../../contract/errors.ts';
import type { Artifact, NodeSchema } from '../../../contract/node.ts';
import { PROGRAM_VERSION } from '../../../contract/version.ts';
import type { RunEvent } from '../../../contract/run-events.ts';
import type { Verdict, Verification } from '../../../contract/verification.ts';
import { runGraph, type RunMemory } from '../../runtime/execute.ts';
import type { NodeRunner } from '../../runtime/node-runner.ts';
import { planGraph, type GraphPlan, type RunFiles } from '../../runtime/plan-graph.ts';
import { GraphFaults } from '../../runtime/read-graph.ts';
import type { FileHashes } from '../file-hashes.ts';
import { decodeImageFile } from '../images/codec.ts';
import { readImageMetadata } from '../images/metadata.ts';
import type { ReadScope } from '../path-scope.ts';
import { foundFiles, type FoundSource, type SourceFinder } from './find-sources.ts';
import { judgePixels } from './judge.ts';
import { readClaim, type PictureClaim } from './read-claim.ts';

/** What pictures are verified with. */
export interface VerifyOptions {
  /** The engine that renders what was computed with this device key, or the closest that this machine has. */
  readonly runnerFor: (device: string | null) => Promise<NodeRunner>;
  readonly scope: ReadScope;
  readonly hashes: FileHashes;
  readonly finder: SourceFinder;
  /** A folder of our own, emptied before each rendering: everything that is rendered goes there. */
  readonly workFolder: string;
  /** Largest difference of a value, 0..255; see judge.ts for the default. */
  readonly tolerance?: number;
  readonly signal: AbortSignal;
  readonly onEvent?: (event: RunEvent) => void;
}

const NO_MEMORY: RunMemory = { recall: () => Promise.resolve(undefined), remember: () => Promise.resolve() };

/** A node's type, by what the picture tells: nodes within sub-graphs are in its provenance alone. */
function typeOf({ metadata, graph }: PictureClaim, node: string): string | undefined {
  return metadata.provenance?.nodes[node]?.type ?? graph.nodes[node]?.type;
}

/** What a source is, by its node's schema. */
function targetOf(claim: PictureClaim, catalogue: readonly NodeSchema[], node: string, param: string): 'file' | 'folder' {
  const schema = catalogue.find(({ type }) => type === typeOf(claim, node))?.params[param];
  return schema?.kind === 'path' ? schema.target : 'file';
}

function missingNote(found: FoundSource & { readonly path: undefined }, claim: PictureClaim): ErrorData {
  const { source: { node, param, value, contents }, got, reason } = found;
  const where = `${typeOf(claim, node) ?? 'Node'} "${node}"`;
  const rule = `${param} must be "${value}" with contents ${contents.slice(0, 16)}...`;
  if (got !== undefined) return inputError('verify.wrong-file', where, rule, { got: `contents ${got.slice(0, 16)}...`, nodeId: node, port: param, hint: 'Something else lies there now. Put what it was made with into a model root (--models DIR) under any name' }).data;
  return inputError('verify.missing-file', where, rule, { got: reason?.code === 'files.unknown-root' || reason?.code === 'files.outside' ? reason.rule : 'nothing like it', nodeId: node, port: param, hint: 'Name the folder that relative paths count from (--base DIR) or put it into a model root (--models DIR)' }).data;
}

/** Codes of notes after which a similar picture is no proof; where node types have changed since, their keys can't be the same. */
function keyFits(notes: readonly ErrorData[]): boolean {
  const told = new Set(notes.map(({ code }) => code));
  return !told.has('verify.content-key') || told.has('verify.node-version');
}

/** What differs between then and now: worth telling when pixels do, and when they don't. */
function circumstances(path: string, claim: PictureClaim, plan: GraphPlan, found: readonly FoundSource[], device: string | null): ErrorData[] {
  const { provenance, node } = claim.metadata;
  if (provenance === undefined) return [inputError('verify.no-provenance', path, 'must tell versions, device and hashes of files', { hint: 'It was written by an early version: only pixels can be compared' }).data];
  const notes: ErrorData[] = [];
  const tell = (code: string, rule: string, got: string): void => void notes.push(runError(code, path, rule, { got }).data);
  const planned = plan.nodes.get(node);
  for (const [id, { type, version }] of Object.entries(provenance.nodes)) {
    const now = plan.nodes.get(id)?.schema;
    if (now !== undefined && now.version !== version) tell('verify.node-version', `${type} "${id}" must have version ${version}`, String(now.version));
  }
  if (planned !== undefined && planned.key !== provenance.contentKey) tell('verify.content-key', `graph, params and files must give the recorded content key ${provenance.contentKey.slice(0, 16)}...`, `${planned.key.slice(0, 16)}...: the graph or the key was changed after the file was written, or node types have changed`);
  if (provenance.device !== null && device !== null && device !== provenance.device) tell('verify.device', `must be rendered on the device that it was made on, ${provenance.device}`, device);
  if (provenance.program !== PROGRAM_VERSION) tell('verify.program', `must be rendered by the version that it was made with, ${provenance.program}`, PROGRAM_VERSION);
  for (const { source, ...each } of found) if (each.path !== undefined && each.moved) notes.push(inputError('verify.moved', path, `"${source.value}" was found elsewhere, with the same contents`, { got: each.path }).data);
  return notes;
}

/** The fresh file that stands for the picture: by its place among the node's pictures; in early files, which don't tell it, by prompt and seed. */
async function sameOutput(claim: PictureClaim, outputs: readonly Artifact[], path: string): Promise<Artifact> {
  const { place, prompt, seed } = claim.metadata;
  if (place !== undefined && place.count !== outputs.length) throw inputError('verify.count', path, `its node must write ${place.count} pictures`, { got: String(outputs.length) });
  if (place !== undefined) return outputs[place.index] as Artifact;
  for (const output of outputs) {
    const { picture } = await readImageMetadata(output.path);
    if (outputs.length === 1 || (picture?.prompt === prompt && picture?.seed === seed)) return output;
  }
  throw inputError('verify.count', path, 'its node must write a picture with its prompt and seed', { got: `${outputs.length} others` });
}

function ended(path: string, verdict: Verdict, thrown: unknown): Verification {
  return { path, verdict, notes: [toErrorData(thrown, path, 'run')] };
}

/** A picture whose graph was found good, with all files that it needs. */
interface Prepared {
  readonly plan: GraphPlan;
  readonly files: RunFiles;
  readonly runner: NodeRunner;
  readonly device: string | null;
  readonly notes: readonly ErrorData[];
}

/** Verifies pictures one after the other. What one node has rendered is kept until another's picture comes: all of its pictures are compared with one rendering. */
export class PictureVerifier {
  private last: { readonly key: string; readonly outputs: readonly Artifact[]; readonly seconds: number } | undefined;

  constructor(private readonly options: VerifyOptions) {}

  /**
   * Verifies one picture: reads what it says of itself, finds models and tables by contents, renders it again (its node and what is upstream) and compares
   * decoded pixels. Whatever is wrong with the file becomes the verdict.
   * @throws AppError only when it is cancelled, or no engine can be started.
   */
  async verify(path: string): Promise<Verification> {
    let claim: PictureClaim;
    try {
      claim = await readClaim(path);
    } catch (thrown) {
      return ended(path, 'unreadable', thrown);
    }
    const prepared = await this.prepare(path, claim);
    return 'verdict' in prepared ? prepared : this.compare(path, claim, prepared);
  }

  /** Finds files and plans the run; or says why that can't be done. */
  private async prepare(path: string, claim: PictureClaim): Promise<Prepared | Verification> {
    const { scope, hashes, finder, runnerFor } = this.options;
    const { provenance, node } = claim.metadata;
    const runner = await runnerFor(provenance?.device ?? null);
    const catalogue = await runner.catalogue();
    const found: FoundSource[] = [];
    for (const source of provenance?.files ?? []) found.push(await finder.find(source, targetOf(claim, catalogue, source.node, source.param)));
    const lost = found.flatMap((each) => (each.path === undefined ? [missingNote(each, claim)] : []));
    if (lost.length > 0) return { path, verdict: 'missing', notes: lost };
    const files = foundFiles(found, scope, hashes);
    const planned = { graph: claim.graph, where: path, catalogue, files, targets: [node] };
    try {
      // The recorded key is held against one for the device that the file names: whether that is this machine's is told apart.
      const claimed = await planGraph({ ...planned, deviceKey: () => Promise.resolve(provenance?.device ?? null) });
      if (claimed.failures.length > 0) return { path, verdict: 'missing', notes: claimed.failures.map(({ error }) => error) };
      const plan = await planGraph({ ...planned, deviceKey: () => runner.deviceKey() });
      const device = plan.nodes.get(node)?.device ?? null;
      return { plan, files, runner, device, notes: circumstances(path, claim, claimed, found, device) };
    } catch (thrown) {
      if (!(thrown instanceof GraphFaults)) throw thrown;
      return { path, verdict: 'unreadable', notes: thrown.faults };
    }
  }

  private async compare(path: string, claim: PictureClaim, prepared: Prepared): Promise<Verification> {
    const { device, notes } = prepared;
    const { tolerance, signal } = this.options;
    try {
      const { outputs, seconds } = await this.render(path, claim, prepared);
      const output = await sameOutput(claim, outputs, path);
      const rendered = await decodeImageFile(output.path);
      const judged = judgePixels({ path, image: claim.image, rendered, recorded: claim.metadata.pixels, before: output.pixels as string, keyFits: keyFits(notes), ...(tolerance === undefined ? {} : { tolerance }) });
      return { path, ...judged, notes: [...judged.notes, ...notes], device: { got: claim.metadata.provenance?.device ?? null, expected: device }, seconds };
    } catch (thrown) {
      if (signal.aborted) throw thrown;
      const verdict = thrown instanceof AppError && thrown.data.code === 'verify.count' ? 'differs' : 'failed';
      return { path, verdict, notes: [toErrorData(thrown, path, 'run'), ...notes] };
    }
  }

  /** What the picture's node writes, rendered afresh. @throws AppError what the run failed of. */
  private async render(path: string, { graph, metadata: { node } }: PictureClaim, { plan, files, runner }: Prepared): Promise<NonNullable<PictureVerifier['last']>> {
    const { signal, workFolder, onEvent = () => undefined } = this.options;
    const key = plan.key;
    if (key === undefined) throw internalError('verify.no-key', path, 'a plan without failures must have a key');
    if (this.last?.key === key) return this.last;
    this.last = undefined;
    await rm(workFolder, { recursive: true, force: true });
    const outputFolder = join(workFolder, key.slice(0, 16));
    await mkdir(outputFolder, { recursive: true });
    const started = performance.now();
    const summary = await runGraph({ graph, plan, where: path, runner, files, memory: NO_MEMORY, outputFolder, targets: [node], signal, onEvent });
    const [error] = summary.errors;
    if (error !== undefined) throw new AppError(error);
    // A node that was run again, because the engine died under it, tells of its files twice.
    const outputs = new Map(summary.outputs.filter((output) => output.node === node && output.pixels !== undefined).map((output) => [output.path, output]));
    this.last = { key, outputs: [...outputs.values()], seconds: (performance.now() - started) / 1000 };
    return this.last;
  }
}
