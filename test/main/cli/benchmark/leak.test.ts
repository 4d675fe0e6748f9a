import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadTextEncoders } from '../../../../src/main/backbones/index.ts';
import type { TextEncoders, TextStates } from '../../../../src/main/backbones/backbone.ts';
import { addLeaks, leakByStream, promptLeak } from '../../../../src/main/cli/benchmark/leak.ts';
import { createTorchGenerator } from '../../../../src/main/core/random/torch-generator.ts';
import { createSessionProvider, type EngineSessions } from '../../../../src/main/engine/sessions.ts';
import { createInjector, type Injector } from '../../../../src/main/engram/injector.ts';
import { buildRegistry } from '../../../../src/main/engram/registry.ts';
import { createTable } from '../../../../src/main/engram/table.ts';
import { REFERENCE } from '../../../support/reference-case.ts';
import { openTestFolder } from './support.ts';

const TRIGGER = 'Aldric Vortex-9 CyberNebula';
let sessions: EngineSessions;
let encoders: TextEncoders;
let states: TextStates[];

function injectorOf(streamStrengths: Record<string, number> = {}): Injector {
  const table = createTable(buildRegistry(TRIGGER, encoders.streams), encoders.family, encoders.injection, createTorchGenerator(3));
  return createInjector(encoders, [{ table, strength: 1, streamStrengths }]);
}

beforeAll(async () => {
  sessions = await createSessionProvider({ device: 'cpu' });
  encoders = await loadTextEncoders(await openTestFolder(join(REFERENCE, 'tiny-sd3')));
  states = await encoders.encode(sessions, ['a red coat on a snowy road', `a photo of ${TRIGGER}`]);
});
afterAll(() => sessions.dispose());

describe('the leak of a table', () => {
  it('is told for each text stream by its own spans and its own states', () => {
    const [without, named] = states.map((entry) => promptLeak(injectorOf(), entry));
    expect(without).toEqual({ spans: [], changed: [] });
    expect(named).toEqual({ spans: ['clip_l', 'clip_g', 't5'], changed: ['clip_l', 'clip_g', 't5'] });
  });

  it('counts a stream as changed only where its states are, not where spans stand', () => {
    expect(promptLeak(injectorOf({ clip_g: 0 }), states[1] as TextStates)).toEqual({ spans: ['clip_l', 'clip_g', 't5'], changed: ['clip_l', 't5'] });
  });

  it('finds a single bit that differs in a stream without spans', () => {
    const broken: Injector = {
      ...injectorOf(),
      apply: (prompt) => {
        const copy = structuredClone(prompt);
        const data = copy.streams['t5']?.states.data as Float32Array;
        data[7] = -(data[7] as number);
        return copy;
      },
    };
    expect(promptLeak(broken, states[0] as TextStates)).toEqual({ spans: [], changed: ['t5'] });
  });
});

describe('counts by stream', () => {
  const prompts = [{ spans: [], changed: [] }, { spans: ['t5'], changed: ['t5'] }, { spans: ['t5'], changed: ['t5', 'clip_l'] }];

  it('leave out prompts with the stream\'s own spans, and only these', () => {
    expect(leakByStream(prompts, ['clip_l', 't5'])).toEqual({ clip_l: { clean: 3, withSpans: 0, changed: 1 }, t5: { clean: 1, withSpans: 2, changed: 0 } });
  });

  it('add up over identities', () => {
    const one = leakByStream(prompts, ['clip_l', 't5']);
    expect(addLeaks([one, one])).toEqual({ clip_l: { clean: 6, withSpans: 0, changed: 2 }, t5: { clean: 2, withSpans: 4, changed: 0 } });
    expect(addLeaks([])).toEqual({});
  });
});
