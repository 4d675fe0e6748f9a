import type { Redis } from 'ioredis';
import { inputError } from '../../../contract/errors.ts';
import type { FleetView } from '../../../contract/fleet.ts';
import type { FleetAction } from '../../../contract/studio-api.ts';
import type * as FleetServices from '../fleet/index.ts';
import type { RedisAddress } from '../fleet/redis-address.ts';

type Fleet = typeof FleetServices;

interface Connected {
  readonly fleet: Fleet;
  readonly redis: Redis;
  readonly address: RedisAddress;
}

/** The studio's connection to a fleet: there is none until the person gives an address, and it is never made by itself. */
export class FleetLink {
  private connected: Connected | undefined;

  /** Address of the fleet without its password; null without one. */
  get address(): string | null {
    return this.connected?.address.printable ?? null;
  }

  /**
   * Connects in place of a connection that is there.
   * @param password Wins over one in the address; kept in memory alone.
   * @throws AppError `fleet.address`, `fleet.unreachable`, `fleet.access`.
   */
  async connect(address: string, password?: string): Promise<FleetView> {
    const fleet = await import('../fleet/index.ts');
    // A window names the host: what this process has in its environment must not go there.
    const read = await fleet.readRedisAddress({ address }, password === undefined || password === '' ? {} : { REDIS_PASSWORD: password });
    const redis = await fleet.connectRedis(read);
    this.disconnect();
    this.connected = { fleet, redis, address: read };
    return fleet.readFleet(redis, read.printable);
  }

  disconnect(): void {
    this.connected?.redis.disconnect();
    this.connected = undefined;
  }

  /** How the fleet stands; null without a connection. */
  async view(): Promise<FleetView | null> {
    if (this.connected === undefined) return null;
    const { fleet, redis, address } = this.connected;
    return fleet.readFleet(redis, address.printable);
  }

  /** @throws AppError `fleet.no-batch`, `fleet.not-connected`. */
  async act(id: string, action: FleetAction): Promise<void> {
    const { fleet, redis } = this.required();
    const control = new fleet.FleetControl(redis);
    await control[action](await control.find(id));
  }

  /** @throws AppError `fleet.no-batch`, `fleet.not-connected`. */
  async setPriority(id: string, priority: number): Promise<void> {
    const { fleet, redis } = this.required();
    const control = new fleet.FleetControl(redis);
    await control.setPriority(await control.find(id), priority);
  }

  /** A connection of its own to the same fleet, for a batch: closing the fleet's panel doesn't end it. @throws AppError `fleet.not-connected`, `fleet.*`. */
  async openOther(): Promise<{ readonly fleet: Fleet; readonly redis: Redis }> {
    const { fleet, address } = this.required();
    return { fleet, redis: await fleet.connectRedis(address) };
  }

  private required(): Connected {
    if (this.connected === undefined) throw inputError('fleet.not-connected', 'Fleet', 'must be connected first', { hint: 'Give its address in the Fleet panel' });
    return this.connected;
  }
}
