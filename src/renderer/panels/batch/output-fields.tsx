import type { VNode } from 'preact';
import type { BatchFileInput } from '../../../contract/batch-file.ts';
import { useStudio } from '../studio/studio.ts';
import { namesOf, setOutput } from './draft.ts';
import { LabelledField, NumberInput } from './source-fields.tsx';

const AS_THE_GRAPH = 'as the graph says';
const FORMATS = ['png', 'webp', 'avif', 'jpeg'] as const;

/** Names and form of the outputs, and what is made of all of them together. */
export function OutputFields({ batch }: { readonly batch: BatchFileInput }): VNode {
  const { batches } = useStudio();
  const { output = {}, width = 'auto', gallery = true, needs = {} } = batch;
  const put = (change: Parameters<typeof setOutput>[1]): void => batches.edit((now) => setOutput(now, change));
  return (
    <details class="section">
      <summary class="section-title">Outputs</summary>
      <div class="batch-fields">
        <LabelledField title="File names"><input type="text" spellcheck={false} value={output.name ?? ''} placeholder="{row:4}" title={`Tokens: ${['row', 'graph', 'batch', ...namesOf(batch)].map((name) => `{${name}}`).join(' ')}; {name:slug} makes words with dashes of it`} onInput={(event) => put({ name: event.currentTarget.value === '' ? undefined : event.currentTarget.value })} /></LabelledField>
        <LabelledField title="Format"><select value={output.format ?? AS_THE_GRAPH} onChange={(event) => put({ format: FORMATS.find((format) => format === event.currentTarget.value) })}><option>{AS_THE_GRAPH}</option>{FORMATS.map((format) => <option key={format}>{format}</option>)}</select></LabelledField>
        <LabelledField title="Quality"><NumberInput value={output.quality} placeholder={AS_THE_GRAPH} onValue={(quality) => put({ quality })} /></LabelledField>
        <LabelledField title="Prompt and graph in files"><select value={output.metadata ?? AS_THE_GRAPH} onChange={(event) => put({ metadata: (['full', 'none'] as const).find((one) => one === event.currentTarget.value) })}><option>{AS_THE_GRAPH}</option><option value="full">yes</option><option value="none">no, for sharing</option></select></LabelledField>
        <LabelledField title="Stop at, on the disk"><input type="text" spellcheck={false} value={output.quota === undefined ? '' : String(output.quota)} placeholder="10 GB" onInput={(event) => put({ quota: event.currentTarget.value === '' ? undefined : event.currentTarget.value })} /></LabelledField>
        <LabelledField title="Images per model run"><input type="text" inputMode="numeric" value={String(width)} title="auto: as many as memory allows; fixed when the batch is started" onChange={(event) => batches.edit((now) => ({ ...now, width: /^\d+$/.test(event.currentTarget.value) ? Number(event.currentTarget.value) : 'auto' }))} /></LabelledField>
        <LabelledField title="Worker memory (fleet)"><input type="text" spellcheck={false} value={needs.memory === undefined ? '' : String(needs.memory)} placeholder="6 GB" onInput={(event) => batches.edit((now) => withNeeds(now, event.currentTarget.value))} /></LabelledField>
      </div>
      <label class="row"><input type="checkbox" role="switch" checked={gallery} onChange={(event) => batches.edit((now) => ({ ...now, gallery: event.currentTarget.checked }))} /><span>Make a gallery page that opens without this program</span></label>
      <Sheets batch={batch} />
    </details>
  );
}

function withNeeds(batch: BatchFileInput, memory: string): BatchFileInput {
  const { needs, ...rest } = batch;
  const { memory: _memory, ...others } = needs ?? {};
  const next = memory === '' ? others : { ...others, memory };
  return Object.keys(next).length === 0 ? rest : { ...rest, needs: next };
}

/** A labelled grid of two axes. */
function Sheets({ batch }: { readonly batch: BatchFileInput }): VNode | null {
  const { batches } = useStudio();
  const names = namesOf(batch);
  const [sheet] = batch.sheets ?? [];
  if (names.length < 2) return null;
  const choose = (rows: string, columns: string): void => batches.edit((now) => {
    const { sheets, ...rest } = now;
    const others = (sheets ?? []).slice(1);
    return rows === '' ? { ...rest, ...(others.length === 0 ? {} : { sheets: others }) } : { ...rest, sheets: [{ rows, columns }, ...others] };
  });
  const other = (name: string): string => (sheet !== undefined && sheet.columns !== name ? sheet.columns : names.find((one) => one !== name) ?? '');
  return (
    <div class="row wrap">
      <label class="row"><span class="muted small">Sheet with rows of</span><select value={sheet?.rows ?? ''} onChange={(event) => choose(event.currentTarget.value, other(event.currentTarget.value))}><option value="">nothing</option>{names.map((name) => <option key={name}>{name}</option>)}</select></label>
      {sheet && <label class="row"><span class="muted small">and columns of</span><select value={sheet.columns} onChange={(event) => choose(sheet.rows, event.currentTarget.value)}>{names.filter((name) => name !== sheet.rows).map((name) => <option key={name}>{name}</option>)}</select></label>}
    </div>
  );
}
