import { describeError, type ErrorData } from '../../contract/errors.ts';
import type { NodeRunState, PictureData, RunState } from '../../contract/studio-api.ts';
import { IDLE, type NodeStatus } from '../canvas/shown-node.ts';
import { blobOf } from '../panels/studio/pictures.ts';
import { shownState } from '../panels/studio/run-reducer.ts';
import { describeReason } from '../panels/studio/run-texts.ts';
import type { Studio } from '../panels/studio/studio.ts';
import { duration } from '../words.ts';

const THUMBNAIL = 256;

interface Kept { readonly node: NodeRunState | undefined; readonly run: RunState['status'] | undefined; readonly fault: ErrorData | undefined; readonly picture: Decoded | undefined; readonly status: NodeStatus }

/** A picture that can be drawn; `live`: a glance at work in progress. */
export interface Decoded { readonly bitmap: ImageBitmap; readonly live: boolean }

/** Makes what the canvas shows of a run; nodes that nothing happened to keep their very same status. Pictures come when they are decoded. */
export class StatusMaker {
  current: ReadonlyMap<string, NodeStatus> = new Map();
  #kept = new Map<string, Kept>();
  #pictures = new Map<string, { readonly source: string; readonly decoded: Decoded | undefined }>();
  #run: RunState | undefined;
  #faults: readonly ErrorData[] = [];

  constructor(private readonly studio: Pick<Studio, 'client'>, private readonly onChange: () => void) {}

  /** Takes over a run and the graph's faults. */
  update(run: RunState | undefined, faults: readonly ErrorData[]): void {
    if (this.#run?.runId !== run?.runId && run === undefined) this.#dropPictures();
    this.#run = run;
    this.#faults = faults;
    this.#make();
    for (const [id, node] of Object.entries(run?.nodes ?? {})) this.#wantPicture(id, node);
    this.onChange();
  }

  #make(): void {
    const faults = new Map<string, ErrorData>();
    for (const fault of this.#faults) if (fault.nodeId !== undefined && !faults.has(fault.nodeId)) faults.set(fault.nodeId, fault);
    const nodes = new Map(Object.entries(this.#run?.nodes ?? {}));
    const next = new Map<string, NodeStatus>();
    for (const id of new Set([...nodes.keys(), ...faults.keys()])) next.set(id, this.#status(id, nodes.get(id), faults.get(id)));
    this.current = next;
  }

  #status(id: string, node: NodeRunState | undefined, fault: ErrorData | undefined): NodeStatus {
    const picture = this.#pictures.get(id)?.decoded;
    const run = this.#run?.status;
    const kept = this.#kept.get(id);
    if (kept && kept.node === node && kept.fault === fault && kept.picture === picture && kept.run === run) return kept.status;
    const status = statusOf(node, run, fault, picture);
    this.#kept.set(id, { node, run, fault, picture, status });
    return status;
  }

  /** The last picture that a node made, or the live preview while it works. */
  #wantPicture(id: string, node: NodeRunState): void {
    const artifact = node.artifacts.findLast(({ kind }) => kind === 'image' || kind === 'contact-sheet');
    const source = artifact ? artifact.result : node.preview ? `${node.preview.label} ${node.preview.picture.base64.length} ${node.preview.picture.base64.slice(-64)}` : undefined;
    if (source === undefined || this.#pictures.get(id)?.source === source) return;
    this.#pictures.set(id, { source, decoded: this.#pictures.get(id)?.decoded });
    void this.#load(id, source, artifact === undefined, artifact ? this.studio.client.call('images.thumbnail', { id: artifact.result, size: THUMBNAIL }) : Promise.resolve(node.preview?.picture));
  }

  async #load(id: string, source: string, live: boolean, asked: Promise<PictureData | undefined>): Promise<void> {
    // A thumbnail that can't be had is no fault of the graph: the node stays without.
    const data = await asked.catch(() => undefined);
    const bitmap = data && await createImageBitmap(blobOf(data)).catch(() => undefined);
    if (!bitmap || this.#pictures.get(id)?.source !== source) return;
    this.#pictures.get(id)?.decoded?.bitmap.close();
    this.#pictures.set(id, { source, decoded: { bitmap, live } });
    this.#make();
    this.onChange();
  }

  #dropPictures(): void {
    for (const { decoded } of this.#pictures.values()) decoded?.bitmap.close();
    this.#pictures.clear();
  }
}

/** What a node shows, from what a run told of it and from the graph's faults. */
export function statusOf(node: NodeRunState | undefined, run: RunState['status'] | undefined, fault: ErrorData | undefined, picture: Decoded | undefined): NodeStatus {
  const problem = fault ?? node?.error;
  const warning = node?.warnings.at(-1);
  const base: NodeStatus = {
    ...IDLE, picture: picture?.bitmap, live: picture?.live === true,
    fault: problem ? 'error' : warning ? 'warning' : undefined,
    faultText: problem ? describeError({ ...problem, where: problem.where }) : warning ? describeError(warning) : '',
  };
  if (!node) return base;
  const state = shownState(run, node);
  switch (state) {
    case undefined: return base;
    case 'waiting': return { ...base, state: 'queued' };
    case 'cancelled': return { ...base, state };
    case 'running': return { ...base, state: 'running', progress: shareOf(node), note: progressText(node), why: whyText(node) };
    case 'failed': return { ...base, state: 'failed' };
    case 'skipped': return { ...base, state: 'skipped' };
    case 'done': return node.cached !== undefined && node.cached !== false
      ? { ...base, state: 'cached' }
      : { ...base, state: 'done', note: node.ms === undefined ? '' : duration(node.ms / 1000), why: whyText(node) };
  }
}

function shareOf({ progress }: NodeRunState): number | undefined {
  return progress && progress.total > 0 ? Math.min(1, progress.done / progress.total) : undefined;
}

function progressText({ progress }: NodeRunState): string {
  if (!progress) return 'running';
  const left = progress.secondsLeft === undefined ? '' : `, ${duration(progress.secondsLeft)} left`;
  return `${progress.done}/${progress.total}${left}`;
}

/** Only a change is worth a line on the node; the inspector has all reasons. */
function whyText({ reason }: NodeRunState): string {
  return reason?.kind === 'changed' ? describeReason(reason) : '';
}
