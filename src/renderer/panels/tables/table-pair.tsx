import type { VNode } from 'preact';
import { describeError } from '../../../contract/errors.ts';
import { figure } from '../kit/format.ts';
import { useAsked } from '../kit/use-call.ts';
import { useStudio } from '../studio/studio.ts';

/** How two tables relate: keys that both have, and how alike their vectors are. */
export function TablePairDetails({ a, b }: { readonly a: string; readonly b: string }): VNode {
  const { client } = useStudio();
  const { value: pair, error } = useAsked(() => client.call('inspect.tablePair', { a, b }), [a, b]);
  if (error) return <div class="message error">{describeError(error)}</div>;
  if (!pair) return <p class="muted">Comparing</p>;
  return (
    <div class="section">
      <h3>Compared</h3>
      {pair.streams.map((stream) => (
        <div key={stream.stream}>
          <div class="row"><span class="grow">{stream.stream}</span><span class="numeric">similarity {figure(stream.meanCosine)}</span></div>
          {!stream.sameTokenizer && <p class="muted small">Their keys were made by different tokenizers and can't be compared.</p>}
          {stream.sameTokenizer && stream.shared.length === 0 && <p class="ok-text small">No key is in both: they can act in one prompt without meeting.</p>}
          {stream.shared.length > 0 && <p class="warning-text small">{stream.shared.length} keys are in both: where they stand, both act.</p>}
          {stream.shared.slice(0, 50).map((row) => <div key={`${row.a} ${row.b}`} class="row small">{row.text === undefined ? <code class="grow">{row.ids.join(' ')}</code> : <span class="grow">{row.text}</span>}<span class="numeric">{figure(row.cosine)}</span></div>)}
        </div>
      ))}
    </div>
  );
}
