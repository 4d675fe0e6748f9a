/** The execution providers that the program knows, by ONNX Runtime's names. */
export const DEVICE_IDS = ['cpu', 'webgpu', 'cuda', 'dml', 'coreml'] as const;
export type DeviceId = (typeof DEVICE_IDS)[number];

/** What a user may ask for: a provider, or `auto` for the best one that works. */
export const DEVICE_CHOICES = ['auto', ...DEVICE_IDS] as const;
export type DeviceChoice = (typeof DEVICE_CHOICES)[number];

/** How one probe went: it ran and gave the right numbers, or the reason why not, as text for people. */
export type ProbeOutcome =
  | { readonly works: true; /** Time of one warm run of the probe's fixed work. */ readonly milliseconds: number }
  | { readonly works: false; readonly reason: string };

/** What was found out about one provider on this machine. Plain data. */
export interface DeviceProbe {
  readonly id: DeviceId;
  readonly title: string;
  readonly float32: ProbeOutcome;
  /** Half precision fails at run time, not when a session is made, so it is probed by itself. */
  readonly float16: ProbeOutcome;
}

/** Memory of a process, in bytes. */
export interface MemoryReport {
  /** All pages in memory now. */
  readonly resident: number;
  /** Pages that only this process has: heap, weights that were copied, activations. Undefined where the system doesn't tell. */
  readonly private: number | undefined;
  /** Pages that stand for files: weights used where they lie. They can be dropped and read again at any time. */
  readonly mapped: number | undefined;
  /** Most that was ever resident. */
  readonly peakResident: number | undefined;
}
