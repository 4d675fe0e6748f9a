import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    environment: 'node',
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/setup/global.ts'],
    setupFiles: ['test/setup/properties.ts'],
    // Native sessions and signal handling want whole processes; two of them fill the two cores that CI has.
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // As long as a locator waits: one second is too short for a window on a busy machine.
    expect: { poll: { timeout: 30_000 } },
  },
});
