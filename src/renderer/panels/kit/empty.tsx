import type { ComponentChildren, VNode } from 'preact';

/** What a panel shows when there is nothing: what would be here, and how it comes here. */
export function Empty({ children }: { readonly children: ComponentChildren }): VNode {
  return <div class="empty">{children}</div>;
}
