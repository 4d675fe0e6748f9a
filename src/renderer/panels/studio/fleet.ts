import { signal, type Signal } from '@preact/signals';
import { toErrorData, type ErrorData } from '../../../contract/errors.ts';
import type { FleetView } from '../../../contract/fleet.ts';
import type { StudioClient } from '../../api.ts';

/** The fleet as it was last seen; there is none before the person has connected. */
export class FleetStore {
  readonly view: Signal<FleetView | undefined> = signal(undefined);
  /** Why the last look failed: Redis may be away for a while. */
  readonly error: Signal<ErrorData | undefined> = signal(undefined);

  constructor(private readonly client: StudioClient) {}

  /** Connects. @throws StudioError. */
  async connect(address: string, password: string): Promise<void> {
    this.view.value = await this.client.call('fleet.connect', { address, ...(password === '' ? {} : { password }) });
    this.error.value = undefined;
  }

  async disconnect(): Promise<void> {
    await this.client.call('fleet.disconnect', {});
    this.view.value = undefined;
    this.error.value = undefined;
  }

  /** Looks again. */
  async look(): Promise<void> {
    try {
      this.view.value = (await this.client.call('fleet.view', {})) ?? undefined;
      this.error.value = undefined;
    } catch (thrown) {
      this.error.value = toErrorData(thrown);
    }
  }
}
