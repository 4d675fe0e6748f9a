import type { ComponentChildren, VNode } from 'preact';

/** A panel: title, tools, content that scrolls. */
export function Panel({ title, tools, children, flush = false }: { readonly title: string; readonly tools?: ComponentChildren; readonly children: ComponentChildren; readonly flush?: boolean }): VNode {
  return (
    <section class="panel" aria-label={title}>
      <header class="panel-head">
        <h2>{title}</h2>
        <div class="panel-tools">{tools}</div>
      </header>
      <div class={flush ? 'panel-body flush' : 'panel-body'} tabIndex={flush ? undefined : 0} role={flush ? undefined : 'group'} aria-label={flush ? undefined : `${title}, content`}>{children}</div>
    </section>
  );
}
