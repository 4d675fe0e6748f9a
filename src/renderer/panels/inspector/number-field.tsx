import type { VNode } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { IntegerParam, NumberParam } from '../../../contract/params.ts';
import { useWantedFocus, type ParamEdit } from './param-edit.ts';

/** More positions than this can't be picked with a slider. */
const MOST_SLIDER_STEPS = 400;

/** A number: typed, stepped, or, where the range is small, slid. */
export function NumberField({ edit }: { readonly edit: ParamEdit<NumberParam | IntegerParam> }): VNode {
  const { schema } = edit;
  const step = schema.kind === 'integer' ? 1 : schema.step ?? (schema.max - schema.min) / 100;
  const slides = (schema.max - schema.min) / step <= MOST_SLIDER_STEPS;
  const element = useWantedFocus<HTMLInputElement>(edit.node, edit.name);
  const [text, setText] = useNumberText(edit.value, element);
  const type = (typed: string): void => {
    setText(typed);
    const value = Number(typed);
    if (typed.trim() !== '' && Number.isFinite(value)) edit.set(value);
  };
  return (
    <div class="field-line">
      <input ref={element} id={edit.id} type="number" min={schema.min} max={schema.max} step={schema.kind === 'integer' ? 1 : 'any'} value={text} aria-invalid={edit.fault !== undefined}
        onFocus={edit.onFocus} onInput={(event) => type(event.currentTarget.value)} onBlur={() => setText(String(edit.value))}
        onKeyDown={(event) => stepByKey(event, schema, Number(edit.value), step, (value) => type(String(value)))} />
      {slides && (
        <input type="range" tabIndex={-1} aria-label={`${edit.name} slider`} min={schema.min} max={schema.max} step={step} value={Number(edit.value)}
          onPointerDown={edit.onFocus} onInput={(event) => type(event.currentTarget.value)} />
      )}
    </div>
  );
}

/** What stands in the field: the text as it is typed, the model's value whenever that changes otherwise (undo, the slider). */
function useNumberText(value: unknown, element: preact.RefObject<HTMLInputElement | null>): [string, (text: string) => void] {
  const [text, setText] = useState(String(value));
  const known = useRef(value);
  useEffect(() => {
    if (known.current === value) return;
    known.current = value;
    if (Number(element.current?.value) !== value) setText(String(value));
  }, [value]);
  return [text, setText];
}

/** Arrows step by the param's own step, with Shift by ten; the browser's steps would start at the minimum. */
function stepByKey(event: KeyboardEvent, { min, max }: { readonly min: number; readonly max: number }, value: number, step: number, set: (value: number) => void): void {
  if (event.key !== 'ArrowUp' && event.key !== 'ArrowDown') return;
  event.preventDefault();
  const next = value + (event.key === 'ArrowUp' ? step : -step) * (event.shiftKey ? 10 : 1);
  set(Number(Math.min(max, Math.max(min, next)).toFixed(10)));
}
