import { Plug, Unplug } from 'lucide';
import type { VNode } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { describeError, toErrorData, type ErrorData } from '../../../contract/errors.ts';
import type { FleetView } from '../../../contract/fleet.ts';
import { Button } from '../kit/button.tsx';
import { bytes } from '../kit/format.ts';
import { Panel } from '../kit/panel.tsx';
import { useStudio } from '../studio/studio.ts';
import { FleetBatches } from './fleet-batches.tsx';
import { FleetFailures } from './fleet-failures.tsx';
import { FleetWorkers } from './fleet-workers.tsx';

const LOOK_EVERY_MS = 2000;

/** The machines that render together: workers, what waits, what failed. Nothing connects before the person gives an address. */
export function FleetPanel(): VNode {
  const { fleet } = useStudio();
  const view = fleet.view.value;
  const isConnected = view !== undefined;
  useEffect(() => void fleet.look(), []);
  useEffect(() => {
    if (!isConnected) return undefined;
    const timer = setInterval(() => void fleet.look(), LOOK_EVERY_MS);
    return () => clearInterval(timer);
  }, [isConnected]);
  return (
    <Panel title="Fleet" tools={isConnected && <Button icon={Unplug} label="Disconnect" onClick={() => void fleet.disconnect()} />}>
      {fleet.error.value && <div class="message error section">{describeError(fleet.error.value)}</div>}
      {view === undefined ? <ConnectForm /> : <Connected view={view} />}
    </Panel>
  );
}

function ConnectForm(): VNode {
  const { fleet, preferences } = useStudio();
  const [address, setAddress] = useState(preferences.values.fleetAddress.value);
  const [password, setPassword] = useState('');
  const [fault, setFault] = useState<ErrorData>();
  const [busy, setBusy] = useState(false);
  const connect = async (): Promise<void> => {
    setBusy(true);
    setFault(undefined);
    try {
      await fleet.connect(address.trim(), password);
      // As Redis prints it: without a password that somebody has put into the address.
      preferences.set('fleetAddress', fleet.view.value?.redis.address ?? '');
      setPassword('');
    } catch (thrown) {
      setFault(toErrorData(thrown));
    }
    setBusy(false);
  };
  return (
    <form class="stack" onSubmit={(event) => { event.preventDefault(); void connect(); }}>
      <p>Several machines can render one batch: each runs <code>engram worker</code>, and a Redis server holds their queue. Nothing connects before you say so.</p>
      <label class="batch-field"><span class="muted small">Address of Redis</span><input type="text" value={address} placeholder="redis://render-1:6379" spellcheck={false} onInput={(event) => setAddress(event.currentTarget.value)} /></label>
      <label class="batch-field"><span class="muted small">Password, if it has one (is not kept)</span><input type="password" value={password} autocomplete="off" onInput={(event) => setPassword(event.currentTarget.value)} /></label>
      {fault && <div class="message error" role="alert">{describeError(fault)}</div>}
      <div class="row"><span class="grow" /><Button primary icon={Plug} label={busy ? 'Connecting' : 'Connect'} disabled={busy || address.trim() === ''} onClick={() => void connect()} /></div>
    </form>
  );
}

function Connected({ view }: { readonly view: FleetView }): VNode {
  const { redis, workers, needs, rowsPerHour } = view;
  const living = workers.filter(({ state }) => state !== 'lost').length;
  const waiting = needs.reduce((sum, need) => sum + need.waiting, 0);
  return (
    <>
      <dl class="facts section">
        <dt>Redis</dt><dd>{redis.address}, version {redis.version}, {bytes(redis.memoryBytes)}{redis.memoryLimitBytes === 0 ? '' : ` of ${bytes(redis.memoryLimitBytes)}`}</dd>
        <dt>Workers</dt><dd class="numeric">{living}</dd>
        <dt>Speed</dt><dd class="numeric">{rowsPerHour} rows an hour</dd>
        <dt>Waiting</dt><dd class="numeric">{waiting} jobs</dd>
      </dl>
      {redis.warnings.map((warning, index) => <div key={index} class="message warning section">{describeError(warning)}</div>)}
      {needs.filter((need) => need.waiting > 0 && need.workers === 0).map(({ need, waiting: count }) => <div key={need} class="message warning section">{count} jobs wait for a worker with {need === 'any' ? 'any device' : need}: there is none.</div>)}
      <FleetWorkers workers={workers} />
      <FleetBatches batches={view.batches} />
      <FleetFailures failures={view.failures} />
    </>
  );
}
