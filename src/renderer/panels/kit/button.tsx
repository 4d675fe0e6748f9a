import type { IconNode } from 'lucide';
import type { ComponentChildren, VNode } from 'preact';
import { Icon } from './icon.tsx';

interface ButtonProps {
  readonly icon?: IconNode;
  readonly label: string;
  /** Only the icon is seen; the label is read out and shown on hover. */
  readonly quiet?: boolean;
  readonly primary?: boolean;
  readonly danger?: boolean;
  readonly pressed?: boolean | undefined;
  readonly disabled?: boolean;
  /** Key combination, for the hover text. */
  readonly keys?: string | undefined;
  readonly onClick: (event: MouseEvent) => void;
  readonly children?: ComponentChildren;
  readonly menu?: boolean;
}

/** A button with an icon, a label, or both. */
export function Button({ icon, label, quiet = false, primary = false, danger = false, pressed, disabled = false, keys, onClick, children, menu = false }: ButtonProps): VNode {
  const classes = ['button', quiet ? 'quiet' : '', primary ? 'primary' : '', danger ? 'danger' : ''].filter((name) => name !== '').join(' ');
  return (
    <button type="button" class={classes} disabled={disabled} aria-pressed={pressed} aria-label={quiet ? label : undefined} aria-haspopup={menu ? 'menu' : undefined}
      title={keys === undefined || keys === '' ? (quiet ? label : undefined) : `${label} (${keys})`} onClick={onClick}>
      {icon && <Icon icon={icon} />}
      {!quiet && <span>{label}</span>}
      {children}
    </button>
  );
}
