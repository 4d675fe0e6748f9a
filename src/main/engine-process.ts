import { createEngineRunner } from './engine-runner.ts';
import { serveEngine } from './services/engine-server.ts';
import type { MessagePort } from './services/message-port.ts';

/** The channel to the process that forked this one. */
function parentPort(): MessagePort {
  if (process.send === undefined) {
    process.stderr.write('engine-process runs only as a child of Engram Studio, which forks it with a message channel.\n');
    process.exit(2);
  }
  return {
    // A message that can't be sent has no receiver any more: 'disconnect' ends this process.
    send: (message) => void process.send?.(message, undefined, undefined, () => undefined),
    onMessage: (listener) => void process.on('message', listener),
  };
}

// Ctrl-C reaches the whole process group; when this process ends is for its parent to say.
process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => undefined);
process.on('disconnect', () => process.exit(0));

serveEngine(parentPort(), createEngineRunner, () => process.disconnect());
