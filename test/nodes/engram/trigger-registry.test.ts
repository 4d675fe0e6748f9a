import { describe, expect, it } from 'vitest';
import { faultOf } from '../../support/fault.ts';
import { nodeBench } from '../../support/node-bench.ts';
import { registerTrigger } from '../../support/tiny-tables.ts';

const bench = nodeBench();

describe('Trigger Registry', () => {
  it('registers every n-gram of the trigger as the model tokenizes it', async () => {
    const { tokenizer } = (await bench.tiny()).textEncoders.encoders.streams[0]!;
    const { registry } = (await registerTrigger(bench, 'Aldric Vortex-9', 3)).values;
    const ids = tokenizer.encode('Aldric Vortex-9');
    expect(registry.streams[0]?.triggerIds).toEqual(ids);
    expect(registry.streams[0]?.keys).toContainEqual(ids.slice(0, 2));
    expect(registry.streams[0]?.keys.at(-1)).toEqual(ids);
    expect(Math.max(...registry.streams[0]!.keys.slice(0, -1).map((key) => key.length))).toBe(3);
  });

  it('warns of keys that ordinary prompts hold, and refuses a trigger without a token', async () => {
    expect((await registerTrigger(bench, 'Aldric Vortex-9')).warnings).toMatchObject([{ code: 'registry.ordinary-key', kind: 'input', got: '"- 9"' }]);
    expect((await registerTrigger(bench, 'Aldric Vortex')).warnings).toEqual([]);
    expect(await faultOf(() => registerTrigger(bench, '  '))).toMatchObject({ code: 'registry.empty-trigger' });
  });
});
