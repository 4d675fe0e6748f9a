import { boundStreams, buildRegistry, DEFAULT_MAX_N } from '../../src/main/engram/registry.ts';
import { defineNode, port } from '../define.ts';

export const triggerRegistryNode = defineNode({
  type: 'TriggerRegistry',
  version: 1,
  category: 'engram',
  title: 'Trigger Registry',
  doc: 'Turns a trigger phrase into the token n-grams that wake it, for every text stream of the model.',
  inputs: { textEncoders: port('TextEncoders', 'Whose tokenizers count.') },
  params: {
    trigger: { kind: 'text', default: 'Aldric Vortex-9 CyberNebula', doc: 'Two or three words that no ordinary prompt holds.' },
    maxNgram: { kind: 'integer', min: 2, max: 77, default: DEFAULT_MAX_N, doc: 'The longest n-gram N that is registered beside the whole trigger.' },
    leaveOut: { kind: 'text-list', default: [], doc: 'Ids of text streams that the concept is not bound to: its table has no rows for them, and they see the bare trigger. Two concepts in one picture may keep apart better so.' },
  },
  outputs: { registry: port('Registry', 'The n-grams, per stream.') },
  run({ inputs, params, context }) {
    const { streams, absent = [] } = inputs.textEncoders.encoders;
    const registry = buildRegistry(params.trigger, boundStreams(streams, params.leaveOut, absent, context.where), params.maxNgram);
    for (const warning of registry.warnings) context.warn({ kind: 'input', ...warning });
    return Promise.resolve({ registry });
  },
});
