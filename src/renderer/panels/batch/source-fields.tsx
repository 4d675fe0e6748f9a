import type { ComponentChildren, VNode } from 'preact';
import { useState } from 'preact/hooks';
import type { ParamSchema } from '../../../contract/params.ts';
import { listText, parseList, type Source } from './draft.ts';

interface SourceFieldsProps {
  /** Name of the axis, for labels. */
  readonly axis: string;
  readonly source: Source;
  /** What the axis sets, where it is known. */
  readonly schema: ParamSchema | undefined;
  readonly onChange: (source: Source) => void;
}

/** The fields of a source of values, whichever kind it is: a list, or what its other kinds say by name. */
export function SourceFields({ axis, source, schema, onChange }: SourceFieldsProps): VNode {
  if (Array.isArray(source)) return <ListField axis={axis} source={source} schema={schema} onChange={onChange} />;
  const known = source as Readonly<Record<string, string | number | undefined>>;
  const put = (name: string, value: string | number | undefined): void => {
    const { [name]: _before, ...rest } = known;
    onChange((value === undefined ? rest : { ...known, [name]: value }) as Source);
  };
  return (
    <div class="batch-fields">
      {fieldsOf(source).map(({ name, title, kind, options, optional }) => (
        <LabelledField key={name} title={title}>
          {options ? <select value={String(known[name] ?? options[0]?.[0])} onChange={(event) => put(name, event.currentTarget.value)}>{options.map(([value, text]) => <option key={value} value={value}>{text}</option>)}</select>
            : kind === 'number' ? <NumberInput value={known[name] as number | undefined} onValue={(value) => put(name, value)} />
              : <input type="text" value={String(known[name] ?? '')} spellcheck={false} placeholder={optional === true ? 'the whole line' : ''} onInput={(event) => put(name, optional === true && event.currentTarget.value === '' ? undefined : event.currentTarget.value)} />}
        </LabelledField>
      ))}
    </div>
  );
}

interface SourceField { readonly name: string; readonly title: string; readonly kind: 'number' | 'text'; readonly options?: readonly (readonly [value: string, text: string])[]; readonly optional?: boolean }

const number = (name: string, title: string): SourceField => ({ name, title, kind: 'number' });
const text = (name: string, title: string): SourceField => ({ name, title, kind: 'text' });

/** What each kind of source says besides its values: the names of the format. */
const FIELDS: Readonly<Record<string, readonly SourceField[]>> = {
  to: [number('from', 'From'), number('to', 'To'), number('step', 'Step')],
  draw: [number('seeds', 'How many'), number('draw', 'Seed of the draw')],
  seeds: [number('seeds', 'How many'), number('from', 'First')],
  lines: [text('lines', 'Text file')],
  csv: [text('csv', 'CSV file'), text('column', 'Column'), { name: 'delimiter', title: 'Cells end with', kind: 'text', options: [[',', 'comma'], [';', 'semicolon'], ['\t', 'tab']] }],
  jsonl: [text('jsonl', 'JSONL file'), { name: 'column', title: 'Key', kind: 'text', optional: true }],
  folder: [text('folder', 'Folder'), { name: 'kind', title: 'Files', kind: 'text', options: [['images', 'images'], ['tables', 'concept tables'], ['graphs', 'graphs']] }],
};

function fieldsOf(source: Source): readonly SourceField[] {
  return Object.entries(FIELDS).find(([key]) => key in (source as object))?.[1] ?? [];
}

/** A field with its title above. */
export function LabelledField({ title, children }: { readonly title: string; readonly children: ComponentChildren }): VNode {
  return <label class="batch-field"><span class="muted small">{title}</span>{children}</label>;
}

/** A number as it is typed; what is none yet is kept out of the batch. */
export function NumberInput({ value, onValue, placeholder = '' }: { readonly value: number | undefined; readonly onValue: (value: number) => void; readonly placeholder?: string }): VNode {
  const [typed, setTyped] = useState<string>();
  const type = (now: string): void => {
    setTyped(now);
    if (now.trim() !== '' && Number.isFinite(Number(now))) onValue(Number(now));
  };
  return <input type="number" step="any" value={typed ?? (value === undefined ? '' : String(value))} placeholder={placeholder} onInput={(event) => type(event.currentTarget.value)} onBlur={() => setTyped(undefined)} />;
}

function ListField({ axis, source, schema, onChange }: SourceFieldsProps & { readonly source: Extract<Source, readonly unknown[]> }): VNode {
  const [typed, setTyped] = useState<string>();
  const shown = typed ?? listText(source);
  return (
    <textarea aria-label={`Values of ${axis}, one a line`} placeholder="one value a line" spellcheck={false} rows={Math.min(8, Math.max(2, shown.split('\n').length))} value={shown}
      onInput={(event) => { setTyped(event.currentTarget.value); onChange(parseList(event.currentTarget.value.replace(/\n$/, ''), schema)); }} onBlur={() => setTyped(undefined)} />
  );
}
