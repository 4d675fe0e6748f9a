import type { VNode } from 'preact';

interface TabsProps<T extends string> {
  readonly label: string;
  readonly tabs: readonly T[];
  readonly value: T;
  readonly onChange: (tab: T) => void;
  /** What stands behind a tab's name, such as a count. */
  readonly note?: (tab: T) => string;
}

/** A line of tabs: arrow keys go from one to the next, around the ends. What a tab shows stands in a `role="tabpanel"` below. */
export function Tabs<T extends string>({ label, tabs, value, onChange, note = () => '' }: TabsProps<T>): VNode {
  const onKeyDown = (event: KeyboardEvent): void => {
    const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
    const next = tabs[(tabs.indexOf(value) + step + tabs.length) % tabs.length];
    if (step !== 0 && next !== undefined) onChange(next);
  };
  return (
    <div class="row wrap section" role="tablist" aria-label={label} onKeyDown={onKeyDown}>
      {tabs.map((tab) => (
        <button key={tab} type="button" role="tab" class="button" aria-selected={value === tab} tabIndex={value === tab ? 0 : -1}
          ref={(element) => { if (value === tab && element?.parentElement?.contains(document.activeElement) === true) element.focus(); }} onClick={() => onChange(tab)}>{tab}{note(tab)}</button>
      ))}
    </div>
  );
}
