import { createEngineRunner } from './engine-runner.ts';
import { serveEngine } from './services/engine-server.ts';
import type { MessagePort } from './services/message-port.ts';

/** Electron's end of the channel, in a utility process. */
interface UtilityPort {
  postMessage(message: unknown): void;
  on(event: 'message', listener: (event: { readonly data: unknown }) => void): unknown;
}

interface Channel {
  readonly port: MessagePort;
  /** Ends this process once everything was sent. */
  readonly end: () => void;
}

/** The channel to the process that started this one: Node's, or Electron's utility process. */
function parentChannel(): Channel {
  const { parentPort } = process as { readonly parentPort?: UtilityPort };
  if (parentPort !== undefined) {
    // Messages that were posted are sent before the process ends; a failure that nobody catches only warns here unless it is told to end.
    process.on('unhandledRejection', (reason) => {
      process.stderr.write(`${reason instanceof Error ? (reason.stack ?? reason.message) : String(reason)}\n`);
      process.exit(1);
    });
    return {
      port: { send: (message) => { parentPort.postMessage(message); }, onMessage: (listener) => void parentPort.on('message', ({ data }) => { listener(data); }) },
      end: () => { setImmediate(() => process.exit(0)); },
    };
  }
  if (process.send === undefined) {
    process.stderr.write('engine-process runs only as a child of Engram Studio, which forks it with a message channel.\n');
    process.exit(2);
  }
  process.on('disconnect', () => process.exit(0));
  return {
    port: {
      // A message that can't be sent has no receiver any more: 'disconnect' ends this process.
      send: (message) => void process.send?.(message, undefined, undefined, () => undefined),
      onMessage: (listener) => void process.on('message', listener),
    },
    end: () => { process.disconnect(); },
  };
}

// Ctrl-C reaches the whole process group; when this process ends is for its parent to say.
process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => undefined);

const { port, end } = parentChannel();
serveEngine(port, createEngineRunner, end);
