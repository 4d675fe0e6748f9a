import { Plus, RefreshCw, X } from 'lucide';
import { Fragment, type VNode } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { describeError } from '../../../contract/errors.ts';
import type { ModelEntry, ModelList, NeededFile } from '../../../contract/studio-api.ts';
import { Button } from '../kit/button.tsx';
import { Empty } from '../kit/empty.tsx';
import { bytes } from '../kit/format.ts';
import { Panel } from '../kit/panel.tsx';
import { useAsked } from '../kit/use-call.ts';
import { useStudio } from '../studio/studio.ts';

/** Models in the watched folders, which of them this graph uses, and what it asks for in vain. */
export function ModelsPanel(): VNode {
  const { client, documents } = useStudio();
  const { document } = documents.state.value;
  const { path } = documents.file.value;
  const { value: list, error, loading, reload } = useAsked(() => client.call('models.list', {}), []);
  const { value: needed, reload: look } = useAsked(() => client.call('models.needed', { graph: document, path }), [document, path]);
  const again = (): void => {
    reload();
    look();
  };
  useEffect(() => client.on('models', again), [reload, look]);
  const nodesOf = new Map((needed ?? []).map(({ path: at, nodes }) => [at, nodes]));
  return (
    <Panel title="Models" tools={<Button quiet icon={RefreshCw} label="Look again" disabled={loading} onClick={again} />}>
      {error && <div class="message error">{describeError(error)}</div>}
      <Missing files={(needed ?? []).filter((file) => file.path === null)} />
      {!list && loading && <p class="muted">Looking into the folders</p>}
      <div class="section">
        {list?.models.length === 0 && <Empty>No model is in the watched folders. Put one there in diffusers layout: a folder with model_index.json, or watch another folder.</Empty>}
        {list?.models.map((model) => <Model key={model.path} model={model} nodes={nodesOf.get(model.path) ?? []} />)}
      </div>
      {list && <Folders list={list} />}
    </Panel>
  );
}

function Missing({ files }: { readonly files: readonly NeededFile[] }): VNode | null {
  const studio = useStudio();
  if (files.length === 0) return null;
  const open = (id: string): void => {
    const [node] = id.split('/');
    if (node !== undefined) studio.focusNode(node);
  };
  return (
    <div class="section" role="group" aria-label="Missing for this graph">
      <h3>Missing for this graph</h3>
      {files.map(({ value, nodes, error }) => (
        <div key={value} class="message error">
          <b>{value}</b> {error ? `${error.rule}${error.hint === undefined ? '' : `. ${error.hint}`}` : 'is not there'}
          <div class="row wrap">{nodes.map((id) => <Button key={id} label={studio.documents.view.value.where(id.split('/')[0] ?? id)} onClick={() => open(id)} />)}</div>
        </div>
      ))}
    </div>
  );
}

function Model({ model, nodes }: { readonly model: ModelEntry; readonly nodes: readonly string[] }): VNode {
  const { client, notices } = useStudio();
  const [hash, setHash] = useState(model.hash);
  const [busy, setBusy] = useState(false);
  const compute = (): void => {
    setBusy(true);
    void notices.attempt(() => client.call('models.hash', { value: model.value })).then((answer) => {
      setHash(answer?.hash);
      setBusy(false);
    });
  };
  return (
    <article class="card stack" aria-label={`Model ${model.name}`}>
      <div class="row"><b class="grow cut" title={model.path}>{model.name}</b>{nodes.length > 0 && <span class="tag ok">used here</span>}<span class="tag">{model.family ?? 'unknown family'}</span></div>
      {model.error && <div class="message error">{describeError(model.error)}</div>}
      <dl class="facts">
        <dt>In graphs</dt><dd><code>{model.value}</code></dd>
        <dt>Size</dt><dd class="numeric">{bytes(model.size)}</dd>
        <dt>Hash</dt><dd>{hash === undefined ? <Button label={busy ? 'Reading all files' : 'Compute'} disabled={busy} onClick={compute} /> : <code>{hash}</code>}</dd>
        <dt>Licence</dt><dd>{model.licence === undefined ? <span class="muted">no licence file is in its folder</span> : 'below'}</dd>
      </dl>
      <details><summary class="small">Parts</summary><dl class="facts">{model.parts.map((part) => <Fragment key={part.name}><dt>{part.name}</dt><dd class="numeric">{bytes(part.size)}</dd></Fragment>)}</dl></details>
      {model.licence !== undefined && <details><summary class="small">Licence text</summary><pre class="licence small" tabIndex={0}>{model.licence}</pre></details>}
    </article>
  );
}

/** The watched folders; those of the settings can be changed. */
function Folders({ list }: { readonly list: ModelList }): VNode {
  const { client, notices } = useStudio();
  const settings = useAsked(() => client.call('settings.read', {}), []);
  const own = settings.value?.modelRoots ?? {};
  const [name, setName] = useState('');
  const [path, setPath] = useState('');
  const write = (modelRoots: Record<string, string>): void => void notices.attempt(async () => {
    await client.call('settings.write', { modelRoots });
    settings.reload();
    setName('');
    setPath('');
    notices.tell('Folders are watched from the next start of the program on.');
  });
  const roots = [...list.roots, ...Object.entries(own).filter(([added]) => !list.roots.some((root) => root.name === added)).map(([added, at]) => ({ name: added, path: at, exists: true, fixed: false }))];
  return (
    <div class="section"><h3>Watched folders</h3>
      {roots.map((root) => (
        <div key={root.name} class="row"><code>{root.name}:</code><span class="grow small cut" title={root.path}>{root.path}{!root.exists && <span class="error-text"> is not there</span>}</span>
          {root.fixed || !Object.hasOwn(own, root.name) ? <span class="tag">{root.fixed ? 'built in' : 'until the next start'}</span> : <Button quiet icon={X} label={`Watch ${root.name} no more`} onClick={() => write(Object.fromEntries(Object.entries(own).filter(([other]) => other !== root.name)))} />}</div>
      ))}
      <form class="row models-add" onSubmit={(event) => { event.preventDefault(); write({ ...own, [name.trim()]: path.trim() }); }}>
        <input type="text" aria-label="Name of the folder in graphs" placeholder="name" value={name} maxLength={64} spellcheck={false} onInput={(event) => setName(event.currentTarget.value)} />
        <input type="text" class="grow" aria-label="Path of the folder" placeholder="its path" value={path} spellcheck={false} onInput={(event) => setPath(event.currentTarget.value)} />
        <Button icon={Plus} label="Watch" disabled={name.trim() === '' || path.trim() === ''} onClick={() => write({ ...own, [name.trim()]: path.trim() })} />
      </form>
    </div>
  );
}
