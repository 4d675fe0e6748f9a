/** A port as it is drawn. */
export interface ShownPort {
  readonly name: string;
  readonly label: string;
  readonly type: string;
  readonly optional: boolean;
  readonly many: boolean;
  /** The input stands for a param of this name. */
  readonly param: boolean;
}

/** A param as the node shows it: one line, or a block of lines. */
export interface ShownParam {
  readonly name: string;
  readonly label: string;
  readonly text: string;
  /** Prose and lists: shown as a block below the label. */
  readonly block: boolean;
  /** Its value is not what the schema allows. */
  readonly wrong: boolean;
}

/** A node of the graph file as the canvas draws it: plain data, made anew only when the node changes. */
export interface ShownNode {
  readonly id: string;
  readonly title: string;
  readonly category: string;
  readonly inputs: readonly ShownPort[];
  readonly outputs: readonly ShownPort[];
  readonly params: readonly ShownParam[];
  readonly position: readonly [number, number];
  /** Width and height that the user gave it. */
  readonly size: readonly [number, number] | undefined;
  readonly collapsed: boolean;
  readonly color: string | undefined;
  readonly mode: 'active' | 'mute' | 'bypass';
  /** The catalogue has its type. */
  readonly known: boolean;
  /** Never runs: a note. */
  readonly inert: boolean;
  /** Outputs hold images: room for a picture is kept. */
  readonly pictures: boolean;
}

/** What a run tells of a node. */
export interface NodeStatus {
  readonly state: 'idle' | 'queued' | 'running' | 'done' | 'cached' | 'failed' | 'skipped' | 'cancelled';
  /** 0..1 while running, when the node says. */
  readonly progress: number | undefined;
  /** Beside the title: time left, time taken. */
  readonly note: string;
  /** Below the node: why it ran again. */
  readonly why: string;
  readonly fault: 'error' | 'warning' | undefined;
  readonly faultText: string;
  /** Thumbnail or live preview. */
  readonly picture: ImageBitmap | undefined;
  /** The picture is a glance at work in progress, of few pixels: drawn smoothly. */
  readonly live: boolean;
}

/** Status of a node that nothing is known of. */
export const IDLE: NodeStatus = { state: 'idle', progress: undefined, note: '', why: '', fault: undefined, faultText: '', picture: undefined, live: false };
