import { z } from 'zod';
import type { FleetView } from '../fleet.ts';

/** Made by our own code on the other side; only that it is a view is checked. */
export const fleetViewSchema = z.custom<FleetView>((value) => z.object({ redis: z.looseObject({ address: z.string() }), workers: z.array(z.looseObject({ id: z.string() })), batches: z.array(z.looseObject({ id: z.string() })), failures: z.array(z.unknown()) }).safeParse(value).success);

const id = z.string().min(1).max(200);
const none = z.null();

/** What can be done with a batch on a fleet. */
export const FLEET_ACTIONS = ['pause', 'resume', 'cancel', 'retry'] as const;
export type FleetAction = (typeof FLEET_ACTIONS)[number];

/** Calls about a fleet. Nothing connects before the person has given an address. */
export const FLEET_CALLS = {
  /** `redis://[USER@]HOST[:PORT][/DATABASE]`, or rediss://. The password is kept in memory alone. @throws AppError `fleet.address`, `fleet.unreachable`, `fleet.access`. */
  'fleet.connect': { input: z.strictObject({ address: z.string().max(2000), password: z.string().max(2000).optional() }), output: fleetViewSchema },
  'fleet.disconnect': { input: z.strictObject({}), output: none },
  /** Null as long as there is no connection. */
  'fleet.view': { input: z.strictObject({}), output: fleetViewSchema.nullable() },
  /** `id`: of the batch on the fleet's board. @throws AppError `fleet.no-batch`, `fleet.not-connected`. */
  'fleet.act': { input: z.strictObject({ id, action: z.enum(FLEET_ACTIONS) }), output: none },
  'fleet.priority': { input: z.strictObject({ id, priority: z.int().min(-1000).max(1000) }), output: none },
} as const;
