import { fork, type ChildProcess } from 'node:child_process';
import type { EngineProcess, ProcessExit } from './message-port.ts';

/** Kept of what the engine writes to its error stream. */
const TAIL_CHARACTERS = 4000;

/** Engines that run now: none may outlive this process. */
const running = new Set<ChildProcess>();
let guarded = false;

function killAll(): void {
  for (const child of running) child.kill('SIGKILL');
}

function guard(child: ChildProcess): void {
  running.add(child);
  child.once('exit', () => running.delete(child));
  if (!guarded) process.once('exit', killAll);
  guarded = true;
}

/**
 * Starts the engine as a child process of Node.
 * @param program The bundle of `engine-process.ts`.
 * @param onOutput Told what it writes to its output and error streams.
 */
export function forkEngine(program: string, onOutput: (text: string) => void = () => undefined): EngineProcess {
  const child = fork(program, [], { serialization: 'advanced', stdio: ['ignore', 'pipe', 'pipe', 'ipc'], execArgv: [] });
  guard(child);
  let tail = '';
  let exit: ProcessExit | undefined;
  const listeners: ((exit: ProcessExit) => void)[] = [];
  const ended = (how: ProcessExit): void => {
    if (exit !== undefined) return;
    exit = how;
    for (const listener of listeners) listener(how);
  };
  child.stdout?.setEncoding('utf8').on('data', onOutput);
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    tail = (tail + text).slice(-TAIL_CHARACTERS);
    onOutput(text);
  });
  child.on('error', (error) => {
    tail += error.message;
    ended({ code: null, signal: null });
  });
  // 'close' comes after the streams have ended: the tail is complete by then.
  child.on('close', (code, signal) => ended({ code, signal }));
  return {
    pid: child.pid,
    // Failures to send (the process has just died) are followed by 'close', which says why.
    send: (message) => void child.send(message as object, () => undefined),
    onMessage: (listener) => void child.on('message', listener),
    onExit: (listener) => void (exit === undefined ? listeners.push(listener) : listener(exit)),
    errorTail: () => tail.trim(),
    kill: () => void child.kill('SIGKILL'),
  };
}
