import { ArrowDown, ArrowUp, Plus, X } from 'lucide';
import type { VNode } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { IntegerListParam, TextListParam, TextParam } from '../../../contract/params.ts';
import { Button } from '../kit/button.tsx';
import { randomSeed } from './seed-field.tsx';
import { SeedModeChoice } from './seed-mode.tsx';
import { useWantedFocus, type ParamEdit } from './param-edit.ts';

const TALLEST = 280;

/** Text on one line. */
export function TextField({ edit, placeholder = '' }: { readonly edit: ParamEdit; readonly placeholder?: string }): VNode {
  const element = useWantedFocus<HTMLInputElement>(edit.node, edit.name);
  return (
    <div class="field-line">
      <input ref={element} id={edit.id} type="text" value={String(edit.value)} placeholder={placeholder} spellcheck={false} aria-invalid={edit.fault !== undefined}
        onFocus={edit.onFocus} onInput={(event) => edit.set(event.currentTarget.value)} />
    </div>
  );
}

/** Text on several lines, as tall as it needs. */
export function ProseField({ edit }: { readonly edit: ParamEdit<TextParam> }): VNode {
  const element = useWantedFocus<HTMLTextAreaElement>(edit.node, edit.name);
  useHeight(element, edit.value);
  return (
    <textarea ref={element} id={edit.id} rows={3} value={String(edit.value)} spellcheck={false} aria-invalid={edit.fault !== undefined}
      onFocus={edit.onFocus} onInput={(event) => edit.set(event.currentTarget.value)} />
  );
}

function useHeight(element: preact.RefObject<HTMLTextAreaElement | null>, value: unknown): void {
  useLayoutEffect(() => {
    const area = element.current;
    if (!area) return;
    area.style.height = 'auto';
    area.style.height = `${Math.min(TALLEST, area.scrollHeight + 2)}px`;
  }, [value]);
}

/** A list of prompts: a field each, added, removed, reordered. */
export function LinesField({ edit }: { readonly edit: ParamEdit<TextListParam> }): VNode {
  const lines = Array.isArray(edit.value) ? edit.value.map(String) : [];
  const list = useRef<HTMLDivElement>(null);
  const wanted = useWantedFocus<HTMLDivElement>(edit.node, edit.name);
  const put = (index: number, text: string): void => edit.set(lines.map((line, at) => (at === index ? text : line)));
  const add = (): void => {
    edit.setOnce([...lines, '']);
    // The new field is there after the next drawing.
    requestAnimationFrame(() => [...list.current?.querySelectorAll('textarea') ?? []].at(-1)?.focus());
  };
  return (
    <div ref={list} class="lines" role="group" aria-labelledby={`${edit.id}-label`}>
      <div ref={wanted} tabIndex={-1} onFocus={() => list.current?.querySelector('textarea')?.focus()} />
      {lines.map((line, index) => (
        <LineItem key={index} edit={edit} text={line} index={index} count={lines.length} onText={(text) => put(index, text)}
          onRemove={() => edit.setOnce(lines.filter((_line, at) => at !== index))} onMove={(to) => edit.setOnce(moved(lines, index, to))} />
      ))}
      <div><Button icon={Plus} label="Add" onClick={add} /></div>
    </div>
  );
}

interface LineItemProps {
  readonly edit: ParamEdit; readonly text: string; readonly index: number; readonly count: number;
  readonly onText: (text: string) => void; readonly onRemove: () => void; readonly onMove: (to: number) => void;
}

function LineItem({ edit, text, index, count, onText, onRemove, onMove }: LineItemProps): VNode {
  const element = useRef<HTMLTextAreaElement>(null);
  useHeight(element, text);
  const place = `${edit.name} ${index + 1}`;
  return (
    <div class="line-item">
      <textarea ref={element} id={index === 0 ? edit.id : undefined} aria-label={place} rows={1} value={text} spellcheck={false} onFocus={edit.onFocus} onInput={(event) => onText(event.currentTarget.value)} />
      {count > 1 && index > 0 && <Button quiet icon={ArrowUp} label={`Move ${place} up`} onClick={() => onMove(index - 1)} />}
      {count > 1 && index === 0 && <Button quiet icon={ArrowDown} label={`Move ${place} down`} onClick={() => onMove(1)} />}
      <Button quiet icon={X} label={`Remove ${place}`} onClick={onRemove} />
    </div>
  );
}

function moved<T>(list: readonly T[], from: number, to: number): T[] {
  const rest = list.filter((_item, index) => index !== from);
  return [...rest.slice(0, to), ...list.slice(from, from + 1), ...rest.slice(to)];
}

/** Whole numbers with commas between them; anything else is said, and not taken. */
export function IntegersField({ edit }: { readonly edit: ParamEdit<IntegerListParam> }): VNode {
  const numbers = Array.isArray(edit.value) ? edit.value.map(Number) : [];
  const [text, setText] = useState(numbers.join(', '));
  const [wrong, setWrong] = useState<string>();
  const element = useWantedFocus<HTMLInputElement>(edit.node, edit.name);
  useEffect(() => {
    if (parseIntegers(element.current?.value ?? '')?.join() !== numbers.join()) setText(numbers.join(', '));
  }, [edit.value]);
  const type = (typed: string): void => {
    setText(typed);
    const parsed = parseIntegers(typed);
    setWrong(parsed ? undefined : 'must be whole numbers with commas between them');
    if (parsed) edit.set(parsed);
  };
  const seeds = edit.schema.seeds === true;
  return (
    <div class="stack">
      <div class="field-line">
        <input ref={element} id={edit.id} type="text" inputMode="numeric" value={text} aria-invalid={wrong !== undefined || edit.fault !== undefined} onFocus={edit.onFocus}
          onInput={(event) => type(event.currentTarget.value)} onBlur={() => { setText(numbers.join(', ')); setWrong(undefined); }} />
        {seeds && <Button quiet icon={Plus} label="Add a drawn seed" onClick={() => edit.setOnce([...numbers, randomSeed()])} />}
      </div>
      {wrong !== undefined && <div class="field-note error-text" role="alert">{wrong}</div>}
      {seeds && <SeedModeChoice node={edit.node} param={edit.name} />}
    </div>
  );
}

/** Whole numbers out of text with commas or blanks between them; undefined when something else is there. */
export function parseIntegers(text: string): number[] | undefined {
  const parts = text.split(/[\s,]+/).filter((part) => part !== '');
  const numbers = parts.map(Number);
  return numbers.every((value, index) => Number.isSafeInteger(value) && /^-?\d+$/.test(parts[index] ?? '')) ? numbers : undefined;
}
