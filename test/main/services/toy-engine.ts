import type { NodeDefinition } from '../../../src/contract/node.ts';
import { serveEngine, type EngineRunner } from '../../../src/main/services/engine-server.ts';
import { sumNode, hangNode, failNode, toyHost, type ToyServices } from '../../support/toy-nodes.ts';

// An engine process over toy nodes, with ways to die.

function toy(type: string, run: NodeDefinition<ToyServices>['run']): NodeDefinition<ToyServices> {
  return { ...sumNode, type, title: type, run };
}

const nodes: readonly NodeDefinition<ToyServices>[] = [
  sumNode, hangNode, failNode,
  toy('Kill', () => { process.kill(process.pid, 'SIGKILL'); return new Promise(() => undefined); }),
  toy('Abort', () => { process.stderr.write('toy: assertion failed in kernel\n'); process.abort(); }),
  toy('Exit', () => { process.exit(7); }),
  toy('Babble', () => { process.send?.({ kind: 'nonsense' }); return new Promise(() => undefined); }),
  toy('Pid', () => Promise.resolve({ total: process.pid })),
  toy('Tell', async (context) => {
    context.progress({ done: 1, total: 2, message: 'half', figures: { loss: 0.5 } });
    context.preview(Uint8Array.of(1, 2, 3), 'small');
    context.warn({ code: 'toy.warning', kind: 'run', where: 'Tell', rule: 'must be told' });
    context.artifact({ kind: 'data', path: '/x', sha256: 'abc' });
    return { total: 1 };
  }),
  // Works in steps that block the thread, as native runs do, and yields between them.
  toy('Steps', async (context) => {
    for (let step = 0; ; step += 1) {
      const until = performance.now() + 50;
      while (performance.now() < until);
      context.progress({ done: step, total: 1000 });
      await new Promise((resolve) => setImmediate(resolve));
      if (context.signal.aborted) throw new Error('stopped');
    }
  }),
];

async function create(): Promise<EngineRunner> {
  if (process.env['TOY_FAIL_START'] !== undefined) process.exit(3);
  const host = toyHost({ nodes });
  const sizes = { resident: process.pid, private: undefined, mapped: undefined, peakResident: undefined };
  return Object.assign(host, { probeDevices: async () => [], memory: async () => sizes, explainPrompts: async () => ({ streams: [], tables: [], prompts: [] }) });
}

process.on('disconnect', () => process.exit(0));
serveEngine({ send: (message) => void process.send?.(message), onMessage: (listener) => void process.on('message', listener) }, create, () => process.disconnect());
