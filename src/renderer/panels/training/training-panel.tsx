import { Pause, Play, Square } from 'lucide';
import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import type { NodeRunState } from '../../../contract/studio-api.ts';
import { duration } from '../../words.ts';
import { Button } from '../kit/button.tsx';
import { Empty } from '../kit/empty.tsx';
import { figure } from '../kit/format.ts';
import { Panel } from '../kit/panel.tsx';
import { useStudio } from '../studio/studio.ts';
import { Chart } from './chart.tsx';
import { rateCurves, smooth, type Curve } from './curves.ts';
import { SampleSlider } from './sample-slider.tsx';

const LOSS = 'loss';

/** Nodes of the last run that tell figures, by id: what trains. */
export function curvedNodes(nodes: Readonly<Record<string, NodeRunState>>): readonly (readonly [string, NodeRunState])[] {
  return Object.entries(nodes).filter(([, { curves }]) => Object.keys(curves).length > 0);
}

/** Training as it goes: loss, rates, time left, samples; and the way to stop and go on. */
export function TrainingPanel(): VNode {
  const { runs, documents } = useStudio();
  const run = runs.run.value;
  const nodes = curvedNodes(run?.nodes ?? {});
  const [picked, setPicked] = useState<string>();
  const shown = nodes.find(([id]) => id === picked) ?? nodes.at(-1);
  return (
    <Panel title="Training">
      {!shown && <Empty>The loss of a training run shows here while it runs. Run a graph that trains a table.</Empty>}
      {nodes.length > 1 && <div class="row wrap">{nodes.map(([id]) => <Button key={id} label={documents.view.value.node(id)?.title ?? id} pressed={id === shown?.[0]} onClick={() => setPicked(id)} />)}</div>}
      {shown && <NodeTraining id={shown[0]} node={shown[1]} />}
    </Panel>
  );
}

function NodeTraining({ id, node }: { readonly id: string; readonly node: NodeRunState }): VNode {
  const [smoothing, setSmoothing] = useState(0.9);
  const loss: Curve = node.curves[LOSS] ?? [];
  const rates = rateCurves(node.curves, LOSS);
  const { progress } = node;
  return (
    <>
      <div class="section stack">
        <Progress node={node} />
        <Controls id={id} />
        <p class="muted small">Pausing and stopping save a checkpoint; training goes on from it step for step, after a crash too.</p>
      </div>
      <div class="section">
        <h3>Loss{loss.length > 0 && <span class="muted numeric"> {figure(loss.at(-1)?.[1] ?? 0)}</span>}</h3>
        {loss.length > 0 ? <Chart label="Loss by step" curves={[{ name: 'raw', points: loss, faint: true }, { name: 'smoothed', points: smooth(loss, smoothing) }]} /> : <p class="muted small">No loss was told yet.</p>}
        <label class="setting"><span>Smoothing</span><input type="range" min={0} max={0.99} step={0.01} value={smoothing} onInput={(event) => setSmoothing(Number(event.currentTarget.value))} /></label>
      </div>
      <SampleSlider key={id} id={id} node={node} />
      {rates.map(({ name, points }) => <div key={name} class="section"><h3>{name} <span class="muted numeric">{figure(points.at(-1)?.[1] ?? 0)}</span></h3><Chart label={`${name} by step`} curves={[{ name, points }]} /></div>)}
      {progress?.message !== undefined && <p class="muted small">{progress.message}</p>}
    </>
  );
}

/** The node of the graph itself that an id of a run belongs to: `use/inner` lies inside a use of a sub-graph. */
function topLevel(id: string): string {
  return id.split('/')[0] ?? id;
}

/** Pause, stop and go on: a run of this window that stands still goes on, one that has ended is run again up to this node. */
function Controls({ id }: { readonly id: string }): VNode {
  const { runs } = useStudio();
  const active = runs.active.value;
  const paused = runs.run.value?.status === 'paused';
  return (
    <div class="row wrap">
      {active && !paused && <Button icon={Pause} label="Save and pause" onClick={() => void runs.togglePause()} />}
      {active && paused && <Button icon={Play} label="Go on training" onClick={() => void runs.togglePause()} />}
      {active && <Button icon={Square} label="Save and stop" onClick={() => void runs.cancel()} />}
      {!active && <Button icon={Play} label="Go on training" onClick={() => void runs.start([topLevel(id)])} />}
    </div>
  );
}

function Progress({ node: { progress, state } }: { readonly node: NodeRunState }): VNode | null {
  if (!progress) return null;
  const share = progress.total > 0 ? progress.done / progress.total : 0;
  return (
    <>
      <div class="row numeric"><span class="grow">step {progress.done} of {progress.total}</span>{state === 'running' && progress.secondsLeft !== undefined && <span class="muted">{duration(progress.secondsLeft)} left</span>}</div>
      <div class="bar" role="progressbar" aria-label="Training" aria-valuenow={Math.round(share * 100)} aria-valuemin={0} aria-valuemax={100}><div style={{ width: `${share * 100}%` }} /></div>
    </>
  );
}
