import type { IconNode } from 'lucide';
import type { VNode } from 'preact';
import { useRef, useState } from 'preact/hooks';
import { fuzzy } from '../kit/fuzzy.ts';
import { Icon } from '../kit/icon.tsx';
import { Popover } from '../kit/popover.tsx';
import { SearchList } from '../kit/search-list.tsx';
import type { Target } from './graph-targets.ts';

interface TargetMenuProps {
  readonly label: string;
  readonly icon: IconNode;
  readonly targets: readonly Target[];
  readonly onChoose: (target: Target) => void;
  /** Only the icon is seen. */
  readonly quiet?: boolean;
}

/** A button that opens a list of the graph's params, with search. */
export function TargetMenu({ label, icon, targets, onChoose, quiet = false }: TargetMenuProps): VNode {
  const button = useRef<HTMLButtonElement>(null);
  const [open, setOpen] = useState(false);
  const choose = (target: Target): void => {
    setOpen(false);
    onChoose(target);
    button.current?.focus();
  };
  return (
    <>
      <button ref={button} type="button" class={quiet ? 'button quiet' : 'button'} aria-haspopup="listbox" aria-expanded={open} aria-label={quiet ? label : undefined} title={quiet ? label : undefined} onClick={() => setOpen(!open)}>
        <Icon icon={icon} />{!quiet && <span>{label}</span>}
      </button>
      {open && button.current && (
        <Popover anchor={button.current} onClose={() => setOpen(false)}>
          <SearchList label="Search params" find={(text) => fuzzy(targets, text, (one) => `${one.label} ${one.target}`)} keyOf={(one) => one.target} draw={(one) => <><span class="cut">{one.label}</span><code class="muted">{one.target}</code></>}
            onChoose={choose} onClose={() => { setOpen(false); button.current?.focus(); }} none="No param like that" />
        </Popover>
      )}
    </>
  );
}
