import type { VNode } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { NodeRunState, PictureData } from '../../../contract/studio-api.ts';
import { dataUrl } from '../studio/pictures.ts';

const MOST_KEPT = 200;

/** The samples that training has shown since this panel is open, and a slider through them. */
export function SampleSlider({ id, node }: { readonly id: string; readonly node: NodeRunState }): VNode | null {
  const samples = useRef<{ readonly label: string; readonly picture: PictureData }[]>([]);
  const [at, setAt] = useState(-1);
  const { preview } = node;
  useEffect(() => {
    if (!preview || samples.current.at(-1)?.picture === preview.picture) return;
    const follows = at === -1 || at === samples.current.length - 1;
    samples.current = [...samples.current, preview].slice(-MOST_KEPT);
    if (follows) setAt(samples.current.length - 1);
  }, [preview]);
  const shown = samples.current[at] ?? preview;
  if (!shown) return <p class="muted small">Set how often a sample is drawn in the training node, to see the concept grow here.</p>;
  return (
    <div class="section">
      <h3>{shown.label}</h3>
      <img class="sample" alt={`Sample of ${id}: ${shown.label}`} src={dataUrl(shown.picture)} />
      {samples.current.length > 1 && <input type="range" aria-label="Samples by step" min={0} max={samples.current.length - 1} value={at} onInput={(event) => setAt(Number(event.currentTarget.value))} />}
    </div>
  );
}
