import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import type { NodeRunState } from '../../../contract/studio-api.ts';
import { dataUrl } from '../studio/pictures.ts';

/** The samples that training has shown so far, always of the same prompts and noise, and a slider through them. It follows the newest until it is moved back. */
export function SampleSlider({ id, node }: { readonly id: string; readonly node: NodeRunState }): VNode {
  const samples = node.samples ?? [];
  const [step, setStep] = useState<number>();
  const last = samples.length - 1;
  const found = step === undefined ? last : samples.findLastIndex((sample) => sample.step <= step);
  const at = Math.max(0, found);
  const shown = samples[at];
  if (!shown) return <p class="muted small">Set how often a sample is drawn in the training node, to see the concept grow here.</p>;
  const go = (index: number): void => setStep(index === last ? undefined : samples[index]?.step);
  return (
    <div class="section">
      <h3>Samples <span class="muted numeric">{samples.length}</span></h3>
      <img class="sample" alt={`Sample of ${id}: ${shown.label}`} src={dataUrl(shown.picture)} />
      <input type="range" aria-label="Samples by step" aria-valuetext={`step ${shown.step}`} disabled={samples.length < 2} min={0} max={Math.max(1, last)} value={at} onInput={(event) => go(Number(event.currentTarget.value))} />
      <p class="muted small">{shown.label}</p>
    </div>
  );
}
