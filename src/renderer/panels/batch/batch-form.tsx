import { FolderOpen, Plus, Save, X } from 'lucide';
import type { VNode } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import { describeError } from '../../../contract/errors.ts';
import { Button } from '../kit/button.tsx';
import { folderOf } from '../inspector/path-dialog.tsx';
import { useAsked } from '../kit/use-call.ts';
import type { Draft } from '../studio/batches.ts';
import { useStudio } from '../studio/studio.ts';
import { GroupCard } from './axis-card.tsx';
import { BatchPlanSection } from './batch-plan.tsx';
import { addAxis, axisFor, freshName } from './draft.ts';
import { graphTargets, type Target } from './graph-targets.ts';
import { OutputFields } from './output-fields.tsx';
import { TargetMenu } from './target-menu.tsx';

const ENDING = '.batch.json';

/** Where a batch begins: with the open graph, or with a file. */
export function BatchStart(): VNode {
  const { client, documents, batches } = useStudio();
  const { path, name } = documents.file.value;
  const found = useAsked(() => client.call('batches.find', { base: folderOf(path) }), [path]);
  return (
    <>
      <div class="section stack">
        <p>A batch runs a graph for every combination of the values that you list: prompts, seeds, tables, strengths. It is a file, and goes on wherever it was left.</p>
        {path === null ? <p class="message warning">Save the graph first: a batch names its file.</p> : <div><Button primary icon={Plus} label={`New batch of ${name}`} onClick={() => void batches.begin(path)} /></div>}
      </div>
      <div class="section">
        <h3>Batch files</h3>
        <ul class="list">{(found.value ?? []).map((file) => <li key={file.path}><button type="button" class="list-item" title={file.path} onClick={() => void batches.open(file.path)}><b class="cut">{file.name}</b><span class="grow muted small cut">{folderOf(file.path)}</span></button></li>)}</ul>
        {found.value?.length === 0 && <p class="muted small">Batches that you save beside this graph are listed here.</p>}
        {found.error && <div class="message error">{describeError(found.error)}</div>}
      </div>
    </>
  );
}

/** The batch as a form, what it comes to, and its start. */
export function BatchForm({ draft }: { readonly draft: Draft }): VNode {
  const studio = useStudio();
  const { documents, batches } = studio;
  const { document } = documents.state.value;
  const isOpen = draft.graphPath !== null && draft.graphPath === documents.file.value.path;
  const targets = useMemo(() => (isOpen ? graphTargets(studio) : []), [isOpen, document]);
  const { faults } = batches.planned.value;
  const used = new Set((draft.batch.groups ?? []).flatMap((group) => Object.values(group).flatMap(({ set }) => set ?? [])));
  const add = ({ target, schema, value }: Target): void => batches.edit((now) => addAxis(now, freshName(now, target, schema.kind.endsWith('list')), axisFor(target, schema, value)));
  return (
    <>
      <FileLine draft={draft} />
      <GraphLine draft={draft} isOpen={isOpen} />
      <div class="section">
        <h3>What varies</h3>
        {(draft.batch.groups ?? []).length === 0 && <p class="muted small">Nothing yet: one run. Add the params that shall vary; every combination is run.</p>}
        {(draft.batch.groups ?? []).map((_group, index) => <GroupCard key={index} batch={draft.batch} group={index} targets={targets} faults={faults} />)}
        <div class="row wrap batch-add">
          {targets.length > 0 ? <TargetMenu icon={Plus} label="Add what varies" targets={targets.filter(({ target }) => !used.has(target))} onChoose={add} />
            : <Button icon={Plus} label="Add what varies" onClick={() => batches.edit((now) => addAxis(now, freshName(now, 'axis', false), { values: [''] }))} />}
        </div>
      </div>
      <OutputFields batch={draft.batch} />
      <BatchPlanSection draft={draft} />
    </>
  );
}

function FileLine({ draft }: { readonly draft: Draft }): VNode {
  const { batches } = useStudio();
  const folder = folderOf(draft.path) ?? '';
  const stem = (draft.path.split(/[\\/]/).at(-1) ?? '').replace(ENDING, '');
  const [typed, setTyped] = useState<string>();
  const rename = (name: string): void => {
    setTyped(undefined);
    if (name.trim() !== '' && name.trim() !== stem) batches.rename(`${folder}/${name.trim()}${ENDING}`);
  };
  return (
    <div class="section stack">
      <div class="row">
        <input type="text" class="grow" aria-label="Name of the batch" value={typed ?? stem} maxLength={120} spellcheck={false} onInput={(event) => setTyped(event.currentTarget.value)} onChange={(event) => rename(event.currentTarget.value)} />
        <span class="muted small">{ENDING}</span>
        {draft.dirty && <span class="dirty" title="Not saved">●<span class="hidden-text">not saved</span></span>}
        <Button quiet icon={Save} label="Save the batch" disabled={!draft.dirty && draft.revision !== null} onClick={() => void batches.save()} />
        <Button quiet icon={X} label="Close the batch" onClick={() => batches.close()} />
      </div>
      <p class="muted small cut" title={folder}>in {folder}</p>
    </div>
  );
}

/** Which graph it runs, and what of the window's graph it doesn't know. */
function GraphLine({ draft, isOpen }: { readonly draft: Draft; readonly isOpen: boolean }): VNode | null {
  const { documents } = useStudio();
  const { graphPath } = draft;
  if (isOpen && documents.dirty.value) {
    return <div class="message warning row section"><span class="grow">The graph in the window has changes that are not saved. The batch runs the saved file.</span><Button label="Save the graph" onClick={() => void documents.save()} /></div>;
  }
  if (isOpen || graphPath === null) return null;
  return (
    <div class="message row section"><span class="grow">This batch runs {graphPath.split(/[\\/]/).at(-1)}, which is not the graph in the window. Open it to choose params by name.</span>
      {!documents.dirty.value && <Button icon={FolderOpen} label="Open it" onClick={() => void documents.open(graphPath)} />}</div>
  );
}
