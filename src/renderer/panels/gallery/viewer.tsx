import { ArrowLeft, ArrowRight, Copy, FolderSearch, Share2, X } from 'lucide';
import type { VNode } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { describeError } from '../../../contract/errors.ts';
import type { ImportedGraph, Result } from '../../../contract/studio-api.ts';
import { Button } from '../kit/button.tsx';
import { when } from '../kit/format.ts';
import { useAsked } from '../kit/use-call.ts';
import { dataUrl } from '../studio/pictures.ts';
import { useStudio, type Viewing } from '../studio/studio.ts';
import { Compare } from './compare.tsx';

/** One picture large; the graph that made it, its seed, and another one held against it. */
export function Viewer({ viewing }: { readonly viewing: Viewing }): VNode {
  const studio = useStudio();
  const frame = useRef<HTMLDivElement>(null);
  const id = viewing.results[viewing.index];
  const close = (): void => { studio.viewing.value = undefined; };
  const go = (step: number): void => {
    const index = Math.max(0, Math.min(viewing.results.length - 1, viewing.index + step));
    studio.viewing.value = { ...viewing, index };
  };
  useEffect(() => {
    const before = document.activeElement;
    frame.current?.focus();
    return () => { if (before instanceof HTMLElement) before.focus(); };
  }, []);
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === 'Escape') close();
    else if (event.target instanceof HTMLInputElement) return;
    else if (event.key === 'ArrowRight') go(1);
    else if (event.key === 'ArrowLeft') go(-1);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  if (id === undefined) return <div />;
  return (
    <div ref={frame} class="viewer" role="dialog" aria-modal="true" aria-label="Picture" tabIndex={-1} onKeyDown={onKeyDown}>
      <header>
        <Button quiet icon={ArrowLeft} label="Picture before" disabled={viewing.index === 0} onClick={() => go(-1)} />
        <Button quiet icon={ArrowRight} label="Next picture" disabled={viewing.index >= viewing.results.length - 1} onClick={() => go(1)} />
        <span class="grow numeric">{viewing.index + 1} of {viewing.results.length}</span>
        <Button quiet icon={X} label="Close" onClick={close} />
      </header>
      <div class="viewer-stage">{viewing.against === undefined ? <Single id={id} /> : <Compare a={id} b={viewing.against} />}</div>
      <aside class="viewer-side" aria-label="About the picture"><About id={id} viewing={viewing} /></aside>
    </div>
  );
}

function Single({ id }: { readonly id: string }): VNode {
  const { client } = useStudio();
  const { value, error } = useAsked(() => client.call('images.full', { id }), [id]);
  if (error) return <div class="message error">{describeError(error)}</div>;
  return <div class="compare">{value && <img alt="The picture" src={dataUrl(value)} />}</div>;
}

/** What the list of results knows of a picture. */
function Facts({ result: { name, prompt, seed, width, height, graphName, node, createdAt } }: { readonly result: Result }): VNode {
  return (
    <dl class="facts">
      <dt>File</dt><dd>{name}</dd>
      {prompt !== undefined && <><dt>Prompt</dt><dd>{prompt}</dd></>}
      {seed !== undefined && <><dt>Seed</dt><dd class="numeric">{seed}</dd></>}
      {width !== undefined && height !== undefined && <><dt>Size</dt><dd class="numeric">{width} x {height}</dd></>}
      <dt>Made by</dt><dd>{graphName}, {node}</dd>
      <dt>Made</dt><dd>{when(createdAt, Date.now())}</dd>
    </dl>
  );
}

/** Seeds to copy: the picture's own, or where it has none, a contact sheet say, all of its graph. */
function seedsOf(result: Result | undefined, made: ImportedGraph | undefined): readonly number[] {
  if (result?.seed !== undefined) return [result.seed];
  return Object.values(made?.graph.nodes ?? {}).flatMap(({ params }) => [params['seeds'] ?? params['seed'] ?? []].flat()).map(Number);
}

function About({ id, viewing }: { readonly id: string; readonly viewing: Viewing }): VNode {
  const studio = useStudio();
  const { client, documents, notices } = studio;
  const { value: made, error } = useAsked(() => client.call('results.graph', { id }), [id]);
  const { value: result } = useAsked(() => client.call('results.read', { id }), [id]);
  const [text, setText] = useState('');
  const openGraph = (): void => {
    if (!made) return;
    if (documents.dirty.value) return notices.tell('Save or discard your changes first.');
    documents.take(made.graph, made.name);
    studio.viewing.value = undefined;
  };
  const reveal = (): void => void notices.attempt(() => client.call('results.reveal', { id }));
  const seeds = seedsOf(result, made);
  const copySeeds = (): void => void navigator.clipboard.writeText(seeds.join(', ')).then(() => setText(`Copied ${seeds.join(', ')}`), () => setText('The clipboard can\'t be reached'));
  return (
    <div class="stack">
      {error && <div class="message">{describeError(error)}</div>}
      {result && <Facts result={result} />}
      <Button icon={Share2} label="Open the graph that made it" disabled={!made} onClick={openGraph} />
      <Button icon={Copy} label={seeds.length === 1 ? 'Copy seed' : 'Copy seeds'} disabled={seeds.length === 0} onClick={copySeeds} />
      {studio.info.shell === 'desktop' && <Button icon={FolderSearch} label="Show the file" onClick={reveal} />}
      {text !== '' && <p class="muted small" role="status">{text}</p>}
      {viewing.against === undefined && viewing.results.length > 1 && (
        <Button label="Compare with the next" onClick={() => { const next = viewing.results[viewing.index + 1] ?? viewing.results[viewing.index - 1]; if (next !== undefined) studio.viewing.value = { ...viewing, against: next }; }} />
      )}
      {viewing.against !== undefined && <Button label="Stop comparing" onClick={() => { const { against: _against, ...rest } = viewing; studio.viewing.value = rest; }} />}
    </div>
  );
}
