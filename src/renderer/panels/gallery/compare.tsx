import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import { describeError } from '../../../contract/errors.ts';
import { figure } from '../kit/format.ts';
import { useAsked } from '../kit/use-call.ts';
import { dataUrl } from '../studio/pictures.ts';
import { useStudio } from '../studio/studio.ts';

const VIEWS = ['slider', 'A', 'B', 'difference'] as const;

/** Two pictures against each other: a slider between them, either one, or where they differ. */
export function Compare({ a, b }: { readonly a: string; readonly b: string }): VNode {
  const { client } = useStudio();
  const first = useAsked(() => client.call('images.full', { id: a }), [a]);
  const second = useAsked(() => client.call('images.full', { id: b }), [b]);
  const difference = useAsked(() => client.call('images.difference', { a, b }), [a, b]);
  const [view, setView] = useState<(typeof VIEWS)[number]>('slider');
  const [share, setShare] = useState(50);
  const error = first.error ?? second.error ?? difference.error;
  const found = difference.value;
  if (error) return <div class="message error">{describeError(error)}</div>;
  const clip = view === 'A' ? 100 : view === 'B' ? 0 : share;
  return (
    <div class="compare">
      {second.value && view !== 'difference' && <img alt="Picture B" src={dataUrl(second.value)} />}
      {first.value && view !== 'difference' && <img alt="Picture A" src={dataUrl(first.value)} style={{ clipPath: `inset(0 ${100 - clip}% 0 0)` }} />}
      {view === 'difference' && found?.map && <img alt="Where they differ" src={dataUrl(found.map)} />}
      {view === 'slider' && <div class="divider" style={{ left: `${share}%` }} />}
      <div class="corner left-corner" role="group" aria-label="View">
        {VIEWS.map((name) => <button key={name} type="button" class="button quiet" aria-pressed={view === name} onClick={() => setView(name)}>{name}</button>)}
      </div>
      {found && <div class="corner right-corner">{found.identical ? <b class="ok-text">identical pixels</b> : <span class="numeric">{found.sameSize ? `${figure(found.differingPixels / found.totalPixels * 100)}% of pixels differ, by at most ${found.maxDifference}` : 'different sizes'}</span>}</div>}
      {view === 'slider' && <input type="range" aria-label="Between A and B" min={0} max={100} value={share} onInput={(event) => setShare(Number(event.currentTarget.value))} />}
    </div>
  );
}
