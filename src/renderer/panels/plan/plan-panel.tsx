import { Play, RefreshCw } from 'lucide';
import type { VNode } from 'preact';
import { describeError } from '../../../contract/errors.ts';
import type { DryRun, DryRunNode } from '../../../contract/studio-api.ts';
import { duration } from '../../words.ts';
import { Button } from '../kit/button.tsx';
import { bytes } from '../kit/format.ts';
import { Panel } from '../kit/panel.tsx';
import { useAsked } from '../kit/use-call.ts';
import { describeReason } from '../studio/run-texts.ts';
import { useStudio } from '../studio/studio.ts';

const OUTCOMES: Readonly<Record<DryRunNode['outcome'], string>> = { runs: 'runs', memory: 'from memory', disk: 'from disk', unneeded: 'not needed', blocked: 'blocked' };

/** What a run would do, before it does it: what runs and why, what comes from the cache, time and memory by earlier runs. */
export function PlanPanel(): VNode {
  const { client, documents, runs } = useStudio();
  const { document } = documents.state.value;
  const { value: plan, error, loading, reload } = useAsked(() => client.call('run.dryRun', { graph: document, path: documents.file.value.path }), [document, runs.active.value]);
  const tools = <><Button quiet icon={RefreshCw} label="Look again" disabled={loading} onClick={reload} /><Button icon={Play} label="Run it" onClick={() => void runs.start()} /></>;
  return (
    <Panel title="What a run would do" tools={tools}>
      {error && <div class="message error">{describeError(error)}</div>}
      {!plan && loading && <p class="muted">Looking at the cache</p>}
      {plan && <Sum plan={plan} />}
      {plan && <Nodes plan={plan} />}
    </Panel>
  );
}

function Sum({ plan }: { readonly plan: DryRun }): VNode {
  const runs = plan.nodes.filter(({ outcome }) => outcome === 'runs').length;
  const cached = plan.nodes.filter(({ outcome }) => outcome === 'memory' || outcome === 'disk').length;
  return (
    <dl class="facts section">
      <dt>Nodes that run</dt><dd class="numeric">{runs}</dd>
      <dt>From the cache</dt><dd class="numeric">{cached}</dd>
      <dt>Time expected</dt><dd class="numeric">{plan.expectedMs === undefined ? `not known: ${plan.unmeasured} of them never ran` : duration(plan.expectedMs / 1000)}</dd>
      <dt>Memory expected</dt><dd class="numeric">{plan.expectedMemory === undefined ? 'not measured yet' : bytes(plan.expectedMemory)}</dd>
      {plan.faults.length > 0 && <><dt>Faults</dt><dd class="error-text">{plan.faults.length}</dd></>}
    </dl>
  );
}

function Nodes({ plan }: { readonly plan: DryRun }): VNode {
  const studio = useStudio();
  return (
    <ul class="list">
      {plan.nodes.map((node) => (
        <li key={node.id}>
          <button type="button" class="list-item" onClick={() => studio.focusNode(node.id)}>
            <span class="grow">{studio.documents.view.value.node(node.id)?.title ?? studio.documents.view.value.schema(node.id)?.title ?? node.id}
              {node.reason && node.outcome === 'runs' && <span class="muted small"> {describeReason(node.reason)}</span>}
              {node.error && <span class="error-text small"> {describeError(node.error)}</span>}</span>
            <span class={node.outcome === 'blocked' ? 'tag error' : 'tag'}>{OUTCOMES[node.outcome]}</span>
            <span class="muted small numeric">{node.expectedMs === undefined ? '' : duration(node.expectedMs / 1000)}</span>
          </button>
        </li>
      ))}
    </ul>
  );
}
