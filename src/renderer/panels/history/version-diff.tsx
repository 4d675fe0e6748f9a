import type { VNode } from 'preact';
import { describeError } from '../../../contract/errors.ts';
import { useAsked } from '../kit/use-call.ts';
import { useStudio } from '../studio/studio.ts';
import { describeDiff } from './describe-diff.ts';

/** What differs between a kept version and the graph as it is now. */
export function VersionDiff({ path, id }: { readonly path: string; readonly id: string }): VNode {
  const { client, documents } = useStudio();
  const { value: old, error } = useAsked(() => client.call('history.read', { path, id }), [path, id]);
  if (error) return <div class="message error">{describeError(error)}</div>;
  if (!old) return <p class="muted small">Reading the version</p>;
  const lines = describeDiff(old, documents.state.value.document);
  if (lines.length === 0) return <p class="muted small">The same as now.</p>;
  return <ul class="small">{lines.map((line, index) => <li key={index}>{line}</li>)}</ul>;
}
