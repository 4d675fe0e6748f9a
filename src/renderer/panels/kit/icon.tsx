import type { IconNode } from 'lucide';
import { h, type VNode } from 'preact';

/** Draws an icon of the one set that the studio uses. It says nothing by itself: what it stands on carries the words. */
export function Icon({ icon, size = 16 }: { readonly icon: IconNode; readonly size?: number }): VNode {
  return (
    <svg class="icon" width={size} height={size} viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true" focusable="false">
      {icon.map(([tag, attributes], index) => h(tag, { ...attributes, key: index }))}
    </svg>
  );
}
