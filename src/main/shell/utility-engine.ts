import type { EngineProcess, ProcessExit } from '../services/message-port.ts';

interface TextStream { setEncoding(encoding: 'utf8'): unknown; on(event: 'data', listener: (text: string) => void): unknown }

/** The part of Electron's `UtilityProcess` that an engine needs. */
export interface UtilityProcessLike {
  readonly pid: number | undefined;
  readonly stdout: TextStream | null;
  readonly stderr: TextStream | null;
  postMessage(message: unknown): void;
  kill(): boolean;
  on(event: 'message', listener: (message: unknown) => void): unknown;
  on(event: 'exit', listener: (code: number) => void): unknown;
  on(event: 'error', listener: (type: string, location: string) => void): unknown;
}

const TAIL_CHARACTERS = 4000;

/** On POSIX systems, exit codes that stand for a signal; Electron gives no signal by name. */
const SIGNALS: Readonly<Record<number, string>> = { 4: 'SIGILL', 6: 'SIGABRT', 7: 'SIGBUS', 9: 'SIGKILL', 11: 'SIGSEGV', 132: 'SIGILL', 134: 'SIGABRT', 135: 'SIGBUS', 137: 'SIGKILL', 139: 'SIGSEGV' };

function exitOf(code: number, system: NodeJS.Platform): ProcessExit {
  const signal = system === 'win32' ? undefined : SIGNALS[code];
  return signal === undefined ? { code, signal: null } : { code: null, signal };
}

function killHard(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has just ended.
  }
}

/** An Electron utility process as the engine's client sees it. The process dies with the program by itself. */
export function utilityEngine(child: UtilityProcessLike, system: NodeJS.Platform = process.platform): EngineProcess {
  let tail = '';
  let exit: ProcessExit | undefined;
  const listeners: ((exit: ProcessExit) => void)[] = [];
  const keep = (text: string): void => { tail = (tail + text).slice(-TAIL_CHARACTERS); };
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8');
    stream?.on('data', keep);
  }
  // A fatal error of V8: 'exit' follows, and this is what there is to say about it.
  child.on('error', (type, location) => { keep(`${type} at ${location}\n`); });
  child.on('exit', (code) => {
    if (exit !== undefined) return;
    exit = exitOf(code, system);
    for (const listener of listeners) listener(exit);
  });
  return {
    get pid() { return child.pid; },
    // What is sent to a process that has ended is lost: 'exit' says so.
    send: (message) => { if (exit === undefined) child.postMessage(message); },
    onMessage: (listener) => void child.on('message', listener),
    onExit: (listener) => void (exit === undefined ? listeners.push(listener) : listener(exit)),
    errorTail: () => tail.trim(),
    kill: () => {
      child.kill();
      // On POSIX that only asks, and an engine that computes doesn't listen.
      if (child.pid !== undefined && exit === undefined && system !== 'win32') killHard(child.pid);
    },
  };
}
