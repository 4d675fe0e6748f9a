import { RefreshCw } from 'lucide';
import { Fragment, type VNode } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { describeError } from '../../../contract/errors.ts';
import type { ModelEntry } from '../../../contract/studio-api.ts';
import { Button } from '../kit/button.tsx';
import { Empty } from '../kit/empty.tsx';
import { bytes } from '../kit/format.ts';
import { Panel } from '../kit/panel.tsx';
import { useAsked } from '../kit/use-call.ts';
import { useStudio } from '../studio/studio.ts';

/** Models in the watched folders, and which of them this graph asks for in vain. */
export function ModelsPanel(): VNode {
  const { client, documents } = useStudio();
  const { value: list, error, reload } = useAsked(() => client.call('models.list', {}), []);
  useEffect(() => client.on('models', reload), [reload]);
  const missing = documents.faults.value.filter(({ code }) => /missing|not-found|no-such|file/.test(code));
  return (
    <Panel title="Models" tools={<Button quiet icon={RefreshCw} label="Look again" onClick={reload} />}>
      {error && <div class="message error">{describeError(error)}</div>}
      {missing.length > 0 && <div class="section"><h3>Missing for this graph</h3>{missing.map((fault, index) => <div key={index} class="message error">{describeError(fault)}</div>)}</div>}
      {list?.models.length === 0 && <Empty>No model is in the watched folders</Empty>}
      {list?.models.map((model) => <Model key={model.path} model={model} />)}
      {list && (
        <div class="section"><h3>Watched folders</h3>
          <dl class="facts">{list.roots.map((root) => <Fragment key={root.name}><dt>{root.name}</dt><dd>{root.path}{!root.exists && <span class="error-text"> is not there</span>}</dd></Fragment>)}</dl>
        </div>
      )}
    </Panel>
  );
}

function Model({ model }: { readonly model: ModelEntry }): VNode {
  const { client, notices } = useStudio();
  const [hash, setHash] = useState(model.hash);
  const compute = (): void => void notices.attempt(() => client.call('models.hash', { value: model.value })).then((answer) => setHash(answer?.hash));
  return (
    <div class="card">
      <div class="row"><b class="grow cut">{model.name}</b><span class="tag">{model.family ?? 'unknown family'}</span></div>
      {model.error && <div class="message error">{describeError(model.error)}</div>}
      <dl class="facts">
        <dt>In graphs</dt><dd><code>{model.value}</code></dd>
        <dt>Size</dt><dd class="numeric">{bytes(model.size)}</dd>
        {model.parts.map((part) => <Fragment key={part.name}><dt>{part.name}</dt><dd class="numeric">{bytes(part.size)}</dd></Fragment>)}
        <dt>Hash</dt><dd>{hash === undefined ? <Button label="Compute" onClick={compute} /> : <code>{hash}</code>}</dd>
      </dl>
      {model.licence !== undefined && <details><summary class="small">Licence</summary><pre class="small">{model.licence}</pre></details>}
    </div>
  );
}
