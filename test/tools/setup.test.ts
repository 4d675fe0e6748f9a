import { describe, expect, it } from 'vitest';
import { checkNodeVersion } from '../../tools/setup.mjs';

describe('checkNodeVersion', () => {
  it.each(['20.19.0', '20.20.2', '22.0.0', '26.1.3'])('accepts %s', (version) => {
    expect(() => checkNodeVersion(version)).not.toThrow();
  });

  it.each(['18.20.4', '20.18.9', '4.0.0'])('refuses %s, naming what is needed', (version) => {
    expect(() => checkNodeVersion(version)).toThrow(`Node ${version} is too old: this program needs >=20.19.0`);
  });
});
