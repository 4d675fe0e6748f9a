/** A two-way channel of structured-clone messages. Over `child_process` here, over Electron's utility process there. */
export interface MessagePort {
  send(message: unknown): void;
  onMessage(listener: (message: unknown) => void): void;
}

/** How a process ended. */
export interface ProcessExit {
  readonly code: number | null;
  readonly signal: string | null;
}

/** The engine process as main sees it. */
export interface EngineProcess extends MessagePort {
  readonly pid: number | undefined;
  /** Called once, also when the process could not be started. */
  onExit(listener: (exit: ProcessExit) => void): void;
  /** The last lines that it wrote to its error stream. */
  errorTail(): string;
  kill(): void;
}
