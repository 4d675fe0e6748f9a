import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { AppError } from '../../../src/contract/errors.ts';
import { configSchema, only, oneOf, parseConfig, positive, readConfig, whole } from '../../../src/main/backbones/config-reader.ts';
import { fakeModelFolder } from '../../support/node-model-folder.ts';

const CONFIG = configSchema({
  layers: whole(1).default(2),
  widths: z.array(whole(1), { error: 'must be a list' }).default([8]),
  epsilon: positive().default(1e-5),
  activation: oneOf('silu', 'swish').default('silu'),
  dual: only(false, null),
}, ['dropout']);

function messageOf(raw: Record<string, unknown>): string {
  try {
    parseConfig(raw, 'model/unet/config.json', CONFIG);
  } catch (error) {
    expect(error).toBeInstanceOf(AppError);
    expect((error as AppError).data.kind).toBe('input');
    return (error as AppError).message;
  }
  throw new Error('accepted');
}

describe('readConfig', () => {
  it('takes known options, fills in defaults, and passes over notes and irrelevant options', () => {
    const config = parseConfig({ layers: 3, _class_name: 'X', _anything: [1], dropout: 'whatever', dual: null }, 'c.json', CONFIG);
    expect(config).toEqual({ layers: 3, widths: [8], epsilon: 1e-5, activation: 'silu', dual: null });
  });

  it.each([
    [{ gamma: { a: 1 } }, 'model/unet/config.json: option "gamma" is not known, so the model can\'t be built as it was made, got {"a":1}'],
    [{ layers: 0 }, 'model/unet/config.json: layers must be a whole number of at least 1, got 0'],
    [{ layers: 2.5 }, 'model/unet/config.json: layers must be a whole number of at least 1, got 2.5'],
    [{ layers: '2' }, 'model/unet/config.json: layers must be a whole number of at least 1, got "2"'],
    [{ widths: [8, -1] }, 'model/unet/config.json: widths[1] must be a whole number of at least 1, got -1'],
    [{ widths: 8 }, 'model/unet/config.json: widths must be a list, got 8'],
    [{ epsilon: 0 }, 'model/unet/config.json: epsilon must be a number above 0, got 0'],
    [{ activation: 'mish' }, 'model/unet/config.json: activation must be "silu" or "swish", got "mish"'],
    [{ dual: true }, 'model/unet/config.json: dual must be false or null, got true'],
  ])('refuses %j naming file, key and value', (raw, message) => {
    expect(messageOf(raw)).toBe(message);
  });

  it('names every fault, the first one in the rule', () => {
    const message = messageOf({ layers: 0, dual: true, gamma: 1 });
    expect(message).toContain('layers must be');
    expect(message).toContain('Also: ');
    expect(message).toContain('dual must be false or null, got true');
    expect(message).toContain('option "gamma" is not known');
  });

  it('knows no option by the names that every object has', () => {
    for (const key of ['constructor', 'toString', 'hasOwnProperty']) expect(messageOf({ [key]: 1 })).toContain(`option "${key}" is not known`);
  });

  it('says which file must hold an object', async () => {
    const folder = fakeModelFolder({ 'unet/config.json': { json: [1] } });
    await expect(readConfig(folder, 'unet/config.json', CONFIG)).rejects.toThrow('model/unet/config.json: must hold a JSON object, got [1]');
  });
});
