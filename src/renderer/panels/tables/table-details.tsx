import { Fragment, type VNode } from 'preact';
import { describeError } from '../../../contract/errors.ts';
import type { Histogram, TableReport } from '../../../contract/studio-api.ts';
import { figure } from '../kit/format.ts';
import { useAsked } from '../kit/use-call.ts';
import { useStudio } from '../studio/studio.ts';
import { Heat } from './heat.tsx';

const MOST_ROWS = 200;

/** What a table holds: keys with norms, scale, similarity of its rows, where it comes from. */
export function TableDetails({ path }: { readonly path: string }): VNode {
  const { client } = useStudio();
  const { value: table, error } = useAsked(() => client.call('inspect.table', { path }), [path]);
  if (error) return <div class="message error">{describeError(error)}</div>;
  if (!table) return <p class="muted">Reading the table</p>;
  return (
    <div class="section stack">
      {table.thumbnail !== undefined && <img class="sample" alt="Thumbnail of the concept" src={`data:image/png;base64,${table.thumbnail}`} />}
      <dl class="facts">
        <dt>Trigger</dt><dd>{table.trigger}</dd>
        <dt>Family</dt><dd>{table.family}</dd>
        <dt>Rule</dt><dd>{table.rule}, scale {table.tanh ? 'through tanh' : 'as it is'}, overlaps {table.overlap}</dd>
        <dt>Longest n-gram</dt><dd class="numeric">{table.maxN}</dd>
        <dt>Fingerprint</dt><dd><code>{table.fingerprint}</code></dd>
        {table.licence !== undefined && <><dt>Licence</dt><dd>{table.licence}</dd></>}
        {Object.entries(table.provenance).map(([name, text]) => <Fragment key={name}><dt>{name}</dt><dd>{text}</dd></Fragment>)}
      </dl>
      {table.streams.map((stream) => <Stream key={stream.stream} stream={stream} />)}
    </div>
  );
}

function Stream({ stream }: { readonly stream: TableReport['streams'][number] }): VNode {
  const size = stream.rows.length;
  return (
    <div class="stack">
      <h3>{stream.stream} <span class="muted">{size} rows of {stream.width}</span></h3>
      <div class="small muted">Scale, norm {figure(stream.scaleNorm)}</div>
      <HistogramBars histogram={stream.scale} />
      {stream.cosine && size > 1 && <><div class="small muted">Similarity of rows (cosine)</div><Heat size={size} values={stream.cosine} label={`Cosine between the rows of ${stream.stream}`} /></>}
      <table class="table">
        <thead><tr><th class="number">Row</th><th>Key</th><th class="number">Norm</th></tr></thead>
        <tbody>{stream.rows.slice(0, MOST_ROWS).map((row) => <tr key={row.row}><td class="number">{row.row}</td><td>{row.text ?? row.ids.join(' ')}</td><td class="number">{figure(row.norm)}</td></tr>)}</tbody>
      </table>
      {size > MOST_ROWS && <p class="muted small">{size - MOST_ROWS} more rows</p>}
    </div>
  );
}

function HistogramBars({ histogram: { from, to, counts } }: { readonly histogram: Histogram }): VNode {
  const most = Math.max(1, ...counts);
  return (
    <div>
      <div class="histogram" role="img" aria-label={`Histogram from ${figure(from)} to ${figure(to)}`}>{counts.map((count, index) => <div key={index} title={String(count)} style={{ height: `${count / most * 100}%` }} />)}</div>
      <div class="row muted small numeric"><span class="grow">{figure(from)}</span><span>{figure(to)}</span></div>
    </div>
  );
}
