import type { NodeDefinition, ValueCodec } from '../../src/contract/node.ts';
import { NodeHost } from '../../src/main/runtime/node-host.ts';
import { NodeRegistry } from '../../src/main/runtime/node-registry.ts';
import { ValueStore, type ByteCache } from '../../src/main/runtime/value-store.ts';

/** What toy nodes tell a test. */
export interface ToyServices {
  readonly ran: string[];
}

const report = { type: 'Report', doc: 'a number' } as const;

/** Adds its inputs and a constant: a node over plain numbers that counts its runs. */
export const sumNode: NodeDefinition<ToyServices> = {
  type: 'Sum', version: 1, category: 'toy', title: 'Sum', doc: 'Adds.',
  inputs: { terms: { type: 'Report', doc: 'numbers', many: true, optional: true } },
  outputs: { total: report },
  params: { constant: { kind: 'integer', min: -1000, max: 1000, default: 0, doc: 'a term' } },
  run: (context, inputs, params) => {
    context.services.ran.push(context.nodeId);
    const terms = inputs['terms'] as number[];
    return Promise.resolve({ total: terms.reduce((sum, term) => sum + term, params['constant'] as number) });
  },
};

/** Fails, always. */
export const failNode: NodeDefinition<ToyServices> = { ...sumNode, type: 'Fail', title: 'Fail', run: () => Promise.reject(new Error('it broke')) };

/** Never ends unless it is cancelled. */
export const hangNode: NodeDefinition<ToyServices> = {
  ...sumNode, type: 'Hang', title: 'Hang',
  run: (context) => new Promise((_resolve, reject) => { context.signal.addEventListener('abort', () => { reject(new Error('stopped')); }); }),
};

/** Wanted for its effect. */
export const printNode: NodeDefinition<ToyServices> = {
  ...sumNode, type: 'Print', title: 'Print', sideEffects: true,
  inputs: { value: { type: 'Report', doc: 'what to print' } },
  outputs: {},
  run: (context, inputs) => {
    context.services.ran.push(context.nodeId);
    context.artifact({ kind: 'data', path: `/printed/${String(inputs['value'])}`, sha256: '0' });
    return Promise.resolve({});
  },
};

/** A port of another type, for link faults. */
export const imageNode: NodeDefinition<ToyServices> = { ...sumNode, type: 'Picture', title: 'Picture', inputs: {}, outputs: { image: { type: 'Image', doc: 'a picture' } }, run: () => Promise.resolve({ image: 1 }) };

export const numberCodec: ValueCodec = {
  type: 'Report',
  encode: (value) => new TextEncoder().encode(String(value)),
  decode: (bytes) => Number(new TextDecoder().decode(bytes)),
  describe: (value) => ({ facts: { number: value as number } }),
};

/** A byte cache in memory. */
export function memoryCache(): ByteCache & { readonly entries: Map<string, Uint8Array> } {
  const entries = new Map<string, Uint8Array>();
  return {
    entries,
    has: (name) => Promise.resolve(entries.has(name)),
    get: (name) => Promise.resolve(entries.get(name)),
    put: (name, bytes) => { entries.set(name, bytes); return Promise.resolve(true); },
  };
}

/** A host over the toy nodes. */
export function toyHost(options: { disk?: ByteCache; memoryLimit?: number; device?: () => string; nodes?: readonly NodeDefinition<ToyServices>[]; codec?: ValueCodec } = {}): NodeHost<ToyServices> & { readonly ran: string[] } {
  const ran: string[] = [];
  const host = new NodeHost<ToyServices>({
    registry: new NodeRegistry(options.nodes ?? [sumNode, failNode, hangNode, printNode, imageNode]),
    store: new ValueStore([options.codec ?? numberCodec], options.disk, options.memoryLimit ?? 1e9),
    servicesFor: () => Promise.resolve({ ran }),
    deviceKey: () => Promise.resolve(options.device?.() ?? 'toy'),
    dispose: () => Promise.resolve(),
  });
  return Object.assign(host, { ran });
}
