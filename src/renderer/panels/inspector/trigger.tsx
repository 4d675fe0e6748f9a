import type { VNode } from 'preact';
import { describeError } from '../../../contract/errors.ts';
import type { NodeSchema } from '../../../contract/node.ts';
import type { TriggerHit, TriggerReport, TriggerStream } from '../../../contract/studio-api.ts';
import { figure } from '../kit/format.ts';
import { useAsked, useSettled } from '../kit/use-call.ts';
import { useStudio } from '../studio/studio.ts';
import { addedWithin, overlapSpans, strongestAddition, wholeAddition } from './trigger-spans.ts';
import { acts, firing, whyIdle } from './trigger-state.ts';

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
  const document = useSettled(documents.state.value.document);
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

function PromptReport({ report, prompt }: { readonly report: TriggerReport; readonly prompt: TriggerReport['prompts'][number] }): VNode {
  const idle = whyIdle(report, prompt);
  const silent = prompt.silent && !prompt.negative; // who names the concept in what is not wanted is the exception
  return (
    <div class={silent ? 'trigger silent' : 'trigger'}>
      <div class="cut" title={prompt.text}>{prompt.negative && <span class="tag">negative</span>} {prompt.text === '' ? <span class="muted">empty prompt</span> : prompt.text}</div>
      {silent && <div class="error-text" role="alert">No attached table fires: the prompt holds none of {firing(report, prompt).map((trigger) => `"${trigger}"`).join(', ')}.</div>}
      {idle !== undefined && <div class="muted">{idle}</div>}
      {idle === undefined && !prompt.silent && prompt.streams.length > 1 && <StreamShares streams={prompt.streams.filter(({ tables }) => tables.length > 0)} />}
      {prompt.streams.map((stream) => <StreamReport key={stream.stream} stream={stream} report={report} idle={idle !== undefined} />)}
    </div>
  );
}

/** Streams that tables have a part in, side by side: where they act, and how much they add there. */
function StreamShares({ streams }: { readonly streams: readonly TriggerStream[] }): VNode {
  return (
    <table class="table" aria-label="What is added in each text stream">
      <thead><tr><th>Stream</th><th class="number" title="Registered n-grams that stand in the prompt">Spans</th><th class="number" title="Tokens whose states are changed">Tokens</th><th class="number" title="Norm of what is added, relative to that of the states there">Adds</th><th class="number" title="Mean size of the gate over channels">Gate</th></tr></thead>
      <tbody>
        {streams.map(({ stream, hits, tokens, tables }) => {
          const whole = wholeAddition(tokens);
          return (
            <tr key={stream}>
              <td>{stream}</td><td class="number">{hits.length}</td><td class="number">{whole?.tokens ?? 0}</td><td class="number">{percent(whole?.ratio ?? 0)}</td>
              <td class="number">{tables.map(({ strength, gateMean }) => (strength === 0 ? 'off' : figure(gateMean))).join(', ')}</td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

function percent(ratio: number): string {
  return `${figure(ratio * 100)}%`;
}

function StreamReport({ stream, report, idle }: { readonly stream: TriggerStream; readonly report: TriggerReport; /** That no table can act here has been said. */ readonly idle: boolean }): VNode {
  const last = stream.tokens.findLastIndex((token) => token.inText);
  const shown = stream.tokens.slice(0, last + 2);
  const used = stream.tokens.filter((token) => token.inText).length;
  const most = strongestAddition(stream.tokens);
  const whole = wholeAddition(stream.tokens);
  const site = report.streams.find((one) => one.stream === stream.stream)?.site;
  return (
    <>
      <div class="row muted"><span class="grow" title={site}>{stream.stream}</span><span class="numeric nowrap" title="The model's own marks of start and end count too">{used} tokens, {stream.maxLength} fit with marks</span></div>
      <div class="tokens">{shown.map((token) => <Token key={token.position} token={token} stream={stream} />)}</div>
      {!idle && stream.tables.length === 0 && <div class="muted">No table that may act in this prompt has a part in this stream.</div>}
      {stream.truncated.length > 0 && <div class="error-text" role="alert">Cut off: {stream.truncated.join(' ')}</div>}
      {stream.hits.length > 0 && <Hits stream={stream} report={report} />}
      {most && whole && <div class="muted">Adds {percent(whole.ratio)} of the states' norm on {whole.tokens === 1 ? 'one token' : `${whole.tokens} tokens`}, most at <b>{most.text}</b>: {figure(most.added)} to {figure(most.base)} ({percent(most.added / most.base)}).</div>}
      {stream.hits.length > 0 && stream.tables.map((gate) => <Gate key={gate.table} gate={gate} trigger={report.tables[gate.table]?.trigger ?? ''} several={stream.tables.length > 1} />)}
      {overlapSpans(stream.hits.filter((hit) => acts(hit, stream))).map(({ table, start, end }) => <div key={`${table} ${start}`} class="muted">Rows of "{report.tables[table]?.trigger ?? ''}" overlap on {start === end ? `token ${start}` : `tokens ${start} to ${end}`}.</div>)}
      {stream.contested.map(({ start, length }) => <div key={start} class="warning-text">Tokens {start} to {start + length - 1} are changed by several tables.</div>)}
      {stream.warnings.map((warning, index) => <div key={index} class="warning-text">{describeError({ kind: 'input', ...warning })}</div>)}
    </>
  );
}

/** How strongly a table acts in a stream: its gate, and the strength that was asked for. */
function Gate({ gate: { strength, gateMean, gateMax }, trigger, several }: { readonly gate: TriggerStream['tables'][number]; readonly trigger: string; readonly several: boolean }): VNode {
  return <div class="muted">{several && <>"{trigger}": </>}{strength === 0 ? 'Turned off here' : <>Gate {figure(gateMean)} on average, at most {figure(gateMax)}, times strength {figure(strength)}</>}.</div>;
}

function Token({ token, stream }: { readonly token: TriggerStream['tokens'][number]; readonly stream: TriggerStream }): VNode {
  const inside = ({ start, length }: { readonly start: number; readonly length: number }): boolean => token.position >= start && token.position < start + length;
  const hits = stream.hits.filter(inside);
  const classes = ['token', token.inText ? '' : 'special', hits.some((hit) => acts(hit, stream)) ? 'hit' : hits.length > 0 ? 'off' : '', stream.contested.some(inside) ? 'contested' : ''].filter((name) => name !== '').join(' ');
  const norms = token.addedNorm === undefined ? '' : `, adds ${figure(token.addedNorm)}${token.baseNorm === undefined ? '' : ` to ${figure(token.baseNorm)}`}`;
  return <span class={classes} title={`token ${token.position}, id ${token.id}${norms}`}>{token.text}</span>;
}

function added(hit: TriggerHit, stream: TriggerStream): string {
  if (!acts(hit, stream)) return 'off';
  const norm = addedWithin(hit, stream.tokens);
  return norm === undefined ? '' : figure(norm);
}

/** More rows than these stay folded until they are asked for. */
const OPEN_HITS = 12;

function Hits({ stream, report }: { readonly stream: TriggerStream; readonly report: TriggerReport }): VNode {
  const several = report.tables.length > 1;
  return (
    <details open={stream.hits.length <= OPEN_HITS}>
      <summary>{stream.hits.length === 1 ? 'One registered n-gram stands' : `${stream.hits.length} registered n-grams stand`} in it</summary>
      <table class="table">
        <thead><tr><th>N-gram</th>{several && <th>Table</th>}<th class="number">Row</th><th class="number" title="Norm of the row's own vector">Norm</th><th class="number" title="Norm of what is added where it is most">Adds</th></tr></thead>
        <tbody>
          {stream.hits.map((hit) => (
            <tr key={`${hit.table} ${hit.row} ${hit.start}`}>
              <td>{hit.text}</td>{several && <td>{report.tables[hit.table]?.trigger ?? ''}</td>}<td class="number">{hit.row}</td><td class="number">{figure(hit.vectorNorm)}</td><td class="number">{added(hit, stream)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </details>
  );
}
