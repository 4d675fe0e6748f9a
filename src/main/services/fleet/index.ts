/** What programs use of a fleet. It is imported when a command needs it: Redis clients take time to load, and no other command wants them. */
export { FleetControl, wasCancelled } from './control.ts';
export { EngineRows } from './engine-rows.ts';
export { FleetFiles } from './fleet-files.ts';
export { openFleetPlace } from './fleet-place.ts';
export { FleetRows } from './fleet-rows.ts';
export { readRedisAddress, type RedisAddress } from './redis-address.ts';
export { connectRedis, inspectRedis, refuseUnsafeRedis } from './redis-connection.ts';
export { catalogueOnly } from './no-runner.ts';
export { openStore } from './stores.ts';
export { submitToFleet, type Submission } from './submit.ts';
export { readFleet } from './fleet-view.ts';
export { FleetWorker, type WorkerEvent } from './worker.ts';
export { openScratch } from './worker-scratch.ts';
