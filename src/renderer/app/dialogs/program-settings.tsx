import type { VNode } from 'preact';
import { describeError } from '../../../contract/errors.ts';
import { DEVICE_CHOICES } from '../../../contract/devices.ts';
import type { ProgramSettings } from '../../../contract/studio-api.ts';
import { bytes } from '../../panels/kit/format.ts';
import { useAsked } from '../../panels/kit/use-call.ts';
import { useStudio } from '../../panels/studio/studio.ts';

const GIGABYTE = 1e9;

/** What the program uses: device, threads, folders, memory. Takes effect with the next engine process. */
export function ProgramSettingsForm(): VNode {
  const { client, notices } = useStudio();
  const { value: settings, error, reload } = useAsked(() => client.call('settings.read', {}), []);
  const write = (change: Partial<ProgramSettings>): void => void notices.attempt(() => client.call('settings.write', change)).then(reload);
  if (error) return <div class="message error">{describeError(error)}</div>;
  if (!settings) return <p class="muted">Reading the settings</p>;
  return (
    <>
      <label class="setting"><span>Device</span>
        <select value={settings.device} onChange={(event) => write({ device: event.currentTarget.value as ProgramSettings['device'] })}>{DEVICE_CHOICES.map((device) => <option key={device} value={device}>{device}</option>)}</select>
      </label>
      <label class="setting"><span>Threads</span>
        <input type="number" min={1} max={256} placeholder="as many as there are cores" value={settings.threads ?? ''} onChange={(event) => write({ threads: event.currentTarget.value === '' ? null : Number(event.currentTarget.value) })} /></label>
      <label class="setting"><span>Results go to</span><input type="text" value={settings.outputFolder} onChange={(event) => write({ outputFolder: event.currentTarget.value })} /></label>
      <label class="setting"><span>Cache folder</span><input type="text" value={settings.cacheFolder} onChange={(event) => write({ cacheFolder: event.currentTarget.value })} /></label>
      <label class="setting"><span>Cache on disk, at most (GB)</span>
        <input type="number" min={0.1} step={0.1} value={settings.cacheLimit / GIGABYTE} onChange={(event) => write({ cacheLimit: Number(event.currentTarget.value) * GIGABYTE })} /></label>
      <p class="muted small">Values in memory take at most {bytes(settings.valueMemory)}. Changes take effect with the next run.</p>
    </>
  );
}
