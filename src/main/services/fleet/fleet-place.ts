import type { Redis } from 'ioredis';
import type { BatchPlace } from '../batch/batch-ground.ts';
import { FleetRows, type FleetRowsOptions } from './fleet-rows.ts';
import { catalogueOnly } from './no-runner.ts';
import { openStore } from './stores.ts';

/** Rows of a batch on a fleet whose outputs are waited for at a time. All rows are in the fleet's queue from the start; this only bounds what is held in memory here. */
const FLEET_WINDOW = 256;

/**
 * A fleet as the place where a batch runs.
 * @param redis Is disconnected when the place is closed, or can't be opened.
 * @param store Location of the store, as typed.
 * @throws AppError `store.*`.
 */
export async function openFleetPlace(redis: Redis, store: string, options: Omit<FleetRowsOptions, 'redis' | 'store'>): Promise<BatchPlace> {
  try {
    const rows = new FleetRows({ ...options, redis, store: await openStore(store) });
    return {
      runner: catalogueOnly(options.catalogue), rowsAtOnce: FLEET_WINDOW,
      runRow: (row, _runner, place, signal) => rows.runRow(row, place, signal),
      close: async () => {
        await rows.close();
        redis.disconnect();
      },
    };
  } catch (error) {
    redis.disconnect();
    throw error;
  }
}
