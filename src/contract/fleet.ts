import type { DeviceId } from './devices.ts';
import type { ErrorData } from './errors.ts';

/** A worker as a fleet view shows it. */
export interface FleetWorkerView {
  readonly id: string;
  readonly name: string;
  readonly device: DeviceId;
  /** What results depend on: provider, ONNX Runtime version, threads. */
  readonly deviceKey: string;
  readonly program: string;
  /** `lost`: it has said nothing for a while; its row goes to others. */
  readonly state: 'idle' | 'busy' | 'stopping' | 'waiting' | 'lost';
  /** Why it waits. */
  readonly because?: string;
  readonly seenSecondsAgo: number;
  /** Name of the batch that it works on. */
  readonly batch?: string;
  /** Rows of its job that are done, and steps of the one at hand. */
  readonly progress?: { readonly done: number; readonly total: number; readonly step?: number | undefined; readonly steps?: number | undefined };
  readonly rowsDone: number;
  readonly rowsFailed: number;
  /** Measured over its last rows, without idle times. */
  readonly rowsPerHour?: number;
  /** Batches that it can't serve, and why. */
  readonly cannot: readonly { readonly batch: string; readonly reason: string }[];
}

/** Jobs of one need in one batch. */
export interface FleetDepth {
  readonly need: string;
  readonly waiting: number;
  readonly active: number;
  readonly setAside: number;
}

/** A job that is out of tries. */
export interface FleetFailure {
  readonly batch: string;
  readonly job: string;
  /** Index of the row; undefined when the failure is about all rows of the job. */
  readonly row?: number;
  /** Failures of its own. */
  readonly failures: number;
  /** Worker of the last one. */
  readonly worker: string;
  readonly error: ErrorData;
}

/** A batch as a fleet view shows it. */
export interface FleetBatchView {
  readonly id: string;
  readonly name: string;
  readonly state: 'open' | 'paused';
  readonly priority: number;
  readonly rows: number;
  readonly jobs: number;
  /** Jobs that are neither in the queue nor set aside. */
  readonly done: number;
  readonly depth: readonly FleetDepth[];
}

/** A fleet at one moment. Plain data: the same for terminal and window. */
export interface FleetView {
  readonly redis: { readonly address: string; readonly version: string; readonly memoryBytes: number; readonly memoryLimitBytes: number; readonly warnings: readonly ErrorData[] };
  readonly workers: readonly FleetWorkerView[];
  readonly batches: readonly FleetBatchView[];
  /** Jobs that wait, by what they need, over all batches, and how many workers that live serve that need. */
  readonly needs: readonly { readonly need: string; readonly waiting: number; readonly workers: number }[];
  /** Sum over workers that are busy. */
  readonly rowsPerHour: number;
  /** The first of each batch. */
  readonly failures: readonly FleetFailure[];
}
