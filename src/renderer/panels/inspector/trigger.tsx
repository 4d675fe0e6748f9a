import type { VNode } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { describeError } from '../../../contract/errors.ts';
import type { NodeSchema } from '../../../contract/node.ts';
import type { TriggerHit, TriggerReport, TriggerStream } from '../../../contract/studio-api.ts';
import { figure } from '../kit/format.ts';
import { useAsked } from '../kit/use-call.ts';
import { useStudio } from '../studio/studio.ts';
import { addedWithin, overlapSpans, strongestAddition } from './trigger-spans.ts';

const ASK_AFTER_MS = 400;

/** Whether a node turns prompts into text states: then tables may act in it. */
export function encodesPrompts(schema: NodeSchema | undefined): boolean {
  const takes = Object.values(schema?.inputs ?? {}).some(({ type }) => type === 'TextEncoders');
  return takes && Object.values(schema?.outputs ?? {}).some(({ type }) => type === 'Conditioning');
}

/** Under every prompt: its tokens per text stream, and what the attached tables do to them. */
export function TriggerSection({ id }: { readonly id: string }): VNode | null {
  const { documents } = useStudio();
  if (!encodesPrompts(documents.view.value.schema(id))) return null;
  return <TriggerInspector id={id} />;
}

function TriggerInspector({ id }: { readonly id: string }): VNode {
  const { client, documents } = useStudio();
  const document = useSettled(documents.state.value.document, ASK_AFTER_MS);
  const { value: report, error, loading } = useAsked(() => client.call('inspect.trigger', { graph: document, path: documents.file.value.path, node: id }), [document, id]);
  const problem = error ?? report?.unavailable;
  return (
    <div class="section" aria-live="polite">
      <h3>Trigger inspector</h3>
      {problem && <div class="message">{describeError(problem)}</div>}
      {report && !report.unavailable && report.prompts.map((prompt, index) => <PromptReport key={index} report={report} prompt={prompt} />)}
      {!report && !problem && loading && <p class="muted small">Reading the prompt</p>}
    </div>
  );
}

/** A value once it has not changed for a while. */
function useSettled<T>(value: T, ms: number): T {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), ms);
    return () => clearTimeout(timer);
  }, [value]);
  return settled;
}

function PromptReport({ report, prompt }: { readonly report: TriggerReport; readonly prompt: TriggerReport['prompts'][number] }): VNode {
  const attached = report.tables.length > 0;
  const silent = attached && prompt.silent && !prompt.negative; // who names the concept in what is not wanted is the exception
  const idle = attached && prompt.negative && !report.tables.some(({ negative }) => negative);
  return (
    <div class={silent ? 'trigger silent' : 'trigger'}>
      <div class="cut" title={prompt.text}>{prompt.negative && <span class="tag">negative</span>} {prompt.text === '' ? <span class="muted">empty prompt</span> : prompt.text}</div>
      {silent && <div class="error-text" role="alert">No attached table fires: the prompt holds none of {report.tables.map(({ trigger }) => `"${trigger}"`).join(', ')}.</div>}
      {idle && <div class="muted">Tables leave negative prompts alone unless they are told to act there.</div>}
      {!attached && <div class="muted">No table is attached to these text encoders.</div>}
      {prompt.streams.map((stream) => <StreamReport key={stream.stream} stream={stream} report={report} />)}
    </div>
  );
}

function StreamReport({ stream, report }: { readonly stream: TriggerStream; readonly report: TriggerReport }): VNode {
  const last = stream.tokens.findLastIndex((token) => token.inText);
  const shown = stream.tokens.slice(0, last + 2);
  const used = stream.tokens.filter((token) => token.inText).length;
  const most = strongestAddition(stream.tokens);
  return (
    <>
      <div class="row muted"><span class="grow">{stream.stream}</span><span class="numeric">{used} tokens, {stream.maxLength} with the model's marks fit</span></div>
      <div class="tokens">{shown.map((token) => <Token key={token.position} token={token} stream={stream} />)}</div>
      {stream.truncated.length > 0 && <div class="error-text" role="alert">Cut off: {stream.truncated.join(' ')}</div>}
      {stream.hits.length > 0 && <Hits stream={stream} report={report} />}
      {most && <div class="muted">Adds most at <b>{most.text}</b>: norm {figure(most.added)} to states of {figure(most.base)} ({figure(most.added / most.base * 100)}%).</div>}
      {overlapSpans(stream.hits).map(({ table, start, end }) => <div key={`${table} ${start}`} class="muted">Rows of "{report.tables[table]?.trigger ?? ''}" overlap on {start === end ? `token ${start}` : `tokens ${start} to ${end}`}.</div>)}
      {stream.contested.map(({ start, length }) => <div key={start} class="warning-text">Tokens {start} to {start + length - 1} are changed by several tables.</div>)}
      {stream.warnings.map((warning, index) => <div key={index} class="warning-text">{describeError({ kind: 'input', ...warning })}</div>)}
    </>
  );
}

function Token({ token, stream }: { readonly token: TriggerStream['tokens'][number]; readonly stream: TriggerStream }): VNode {
  const inside = ({ start, length }: { readonly start: number; readonly length: number }): boolean => token.position >= start && token.position < start + length;
  const classes = ['token', token.inText ? '' : 'special', stream.hits.some(inside) ? 'hit' : '', stream.contested.some(inside) ? 'contested' : ''].filter((name) => name !== '').join(' ');
  const norms = token.addedNorm === undefined ? '' : `, adds ${figure(token.addedNorm)}${token.baseNorm === undefined ? '' : ` to ${figure(token.baseNorm)}`}`;
  return <span class={classes} title={`token ${token.position}, id ${token.id}${norms}`}>{token.text}</span>;
}

function added(hit: TriggerHit, { tokens }: TriggerStream): string {
  const norm = addedWithin(hit, tokens);
  return norm === undefined ? '' : figure(norm);
}

function Hits({ stream, report }: { readonly stream: TriggerStream; readonly report: TriggerReport }): VNode {
  return (
    <table class="table">
      <thead><tr><th>N-gram</th><th>Table</th><th class="number">Row</th><th class="number">Strength</th><th class="number" title="Norm of the row's own vector">Norm</th><th class="number" title="Norm of what is added where it is most">Adds</th></tr></thead>
      <tbody>
        {stream.hits.map((hit) => (
          <tr key={`${hit.table} ${hit.row} ${hit.start}`}>
            <td>{hit.text}</td><td>{report.tables[hit.table]?.trigger ?? ''}</td><td class="number">{hit.row}</td>
            <td class="number">{figure(report.tables[hit.table]?.strength ?? 0)}</td><td class="number">{figure(hit.vectorNorm)}</td><td class="number">{added(hit, stream)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
