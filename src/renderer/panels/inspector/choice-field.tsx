import { ChevronDown } from 'lucide';
import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import type { ChoiceParam } from '../../../contract/params.ts';
import { Icon } from '../kit/icon.tsx';
import { Popover } from '../kit/popover.tsx';
import { SearchList } from '../kit/search-list.tsx';
import { fuzzy } from '../kit/fuzzy.ts';
import { useWantedFocus, type ParamEdit } from './param-edit.ts';

const MOST_PLAIN = 6;

/** One of several: the system's own list for a few, a list with search for many. */
export function ChoiceField({ edit }: { readonly edit: ParamEdit<ChoiceParam> }): VNode {
  return edit.schema.options.length <= MOST_PLAIN ? <PlainChoice edit={edit} /> : <SearchedChoice edit={edit} />;
}

function PlainChoice({ edit }: { readonly edit: ParamEdit<ChoiceParam> }): VNode {
  const element = useWantedFocus<HTMLSelectElement>(edit.node, edit.name);
  const value = String(edit.value);
  const options = edit.schema.options.includes(value) ? edit.schema.options : [value, ...edit.schema.options];
  return (
    <div class="field-line">
      <select ref={element} id={edit.id} value={value} aria-invalid={edit.fault !== undefined} onChange={(event) => edit.setOnce(event.currentTarget.value)}>
        {options.map((option) => <option key={option} value={option}>{option}</option>)}
      </select>
    </div>
  );
}

function SearchedChoice({ edit }: { readonly edit: ParamEdit<ChoiceParam> }): VNode {
  const button = useWantedFocus<HTMLButtonElement>(edit.node, edit.name);
  const [open, setOpen] = useState(false);
  const close = (): void => {
    setOpen(false);
    button.current?.focus();
  };
  const choose = (option: string): void => {
    edit.setOnce(option);
    close();
  };
  return (
    <div class="combo">
      <button ref={button} id={edit.id} type="button" class="button" aria-haspopup="listbox" aria-expanded={open} aria-labelledby={`${edit.id}-label ${edit.id}`} onClick={() => setOpen(!open)}>
        <span class="cut">{String(edit.value)}</span>
        <Icon icon={ChevronDown} size={14} />
      </button>
      {open && button.current && (
        <Popover anchor={button.current} onClose={() => setOpen(false)}>
          <SearchList label={`Search ${edit.name}`} find={(text) => fuzzy(edit.schema.options, text, (option) => option)} keyOf={(option) => option} draw={(option) => option}
            start={Math.max(0, edit.schema.options.indexOf(String(edit.value)))} onChoose={choose} onClose={close} none="Nothing like that" />
        </Popover>
      )}
    </div>
  );
}
