import { afterEach, describe, expect, it, vi } from 'vitest';
import { ensureSystemPackages } from '../../../tools/lib/system-packages.mjs';

const absent = { why: 'it is needed', isPresent: () => false };

describe.runIf(process.platform === 'linux')('ensureSystemPackages', () => {
  afterEach(() => {
    vi.unstubAllEnvs();
    vi.restoreAllMocks();
  });

  /** As a person without the right to install. */
  function asUser(): string[] {
    vi.spyOn(process, 'getuid').mockReturnValue(1000);
    return [];
  }

  it('says nothing when all are present', () => {
    const lines = asUser();
    ensureSystemPackages((line) => lines.push(line), [{ name: 'here', why: 'x', required: true, isPresent: () => true }]);
    expect(lines).toEqual([]);
  });

  it('names a required package that it cannot install, and the command that does', () => {
    const lines = asUser();
    const check = (): void => ensureSystemPackages((line) => lines.push(line), [{ ...absent, name: 'libmissing1', required: true }]);
    expect(check).toThrow(/Missing system package libmissing1: it is needed\.\nWhat to do: .*apt-get install libmissing1/);
  });

  it('only tells of an optional package', () => {
    const lines = asUser();
    ensureSystemPackages((line) => lines.push(line), [{ ...absent, name: 'libextra1', required: false }]);
    expect(lines).toEqual(['Not installed (optional): libextra1, for it is needed']);
  });
});
