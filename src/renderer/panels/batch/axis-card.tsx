import { ArrowUp, Link2, Plus, X } from 'lucide';
import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import type { BatchFileInput } from '../../../contract/batch-file.ts';
import { describeError, type ErrorData } from '../../../contract/errors.ts';
import type { ParamSchema } from '../../../contract/params.ts';
import { Button } from '../kit/button.tsx';
import { useStudio } from '../studio/studio.ts';
import { addAxis, axisFor, freshName, raiseGroup, removeAxis, renameAxis, setAxis, sourceKind, SOURCES, targetsOf, withTargets, type Axis } from './draft.ts';
import type { Target } from './graph-targets.ts';
import { LabelledField, NumberInput, SourceFields } from './source-fields.tsx';
import { TargetMenu } from './target-menu.tsx';

interface GroupCardProps {
  readonly batch: BatchFileInput;
  readonly group: number;
  /** Params of the graph; empty when another graph is open. */
  readonly targets: readonly Target[];
  readonly faults: readonly ErrorData[];
}

/** A group of axes: one that varies by itself, or several that advance together. */
export function GroupCard({ batch, group, targets, faults }: GroupCardProps): VNode {
  const { batches } = useStudio();
  const axes = Object.entries(batch.groups?.[group] ?? {});
  const zip = ({ target, schema, value }: Target): void => batches.edit((now) => addAxis(now, freshName(now, target, schema.kind.endsWith('list')), axisFor(target, schema, value), group));
  return (
    <div class="card batch-group" role="group" aria-label={axes.map(([name]) => name).join(' with ')}>
      {axes.map(([name, axis]) => <AxisFields key={name} batch={batch} group={group} name={name} axis={axis} targets={targets} faults={faults.filter(({ where }) => where.includes(`group ${group + 1}`) && where.includes(`axis "${name}"`))} />)}
      <div class="row">
        {axes.length > 1 && <span class="muted small">These advance together.</span>}
        <span class="grow" />
        {group > 0 && <Button quiet icon={ArrowUp} label="Vary this more slowly" onClick={() => batches.edit((now) => raiseGroup(now, group))} />}
        <TargetMenu quiet icon={Link2} label="Add an axis that advances together with these" targets={targets} onChoose={zip} />
      </div>
    </div>
  );
}

interface AxisFieldsProps extends GroupCardProps { readonly name: string; readonly axis: Axis }

function AxisFields({ batch: _batch, group, name, axis, targets, faults }: AxisFieldsProps): VNode {
  const { batches } = useStudio();
  const put = (next: Axis): void => batches.edit((now) => setAxis(now, group, name, next));
  const schema = targets.find(({ target }) => target === targetsOf(axis)[0])?.schema;
  const kind = sourceKind(axis.values);
  const change = (title: string): void => {
    const chosen = SOURCES.find((source) => source.title === title);
    if (chosen && chosen.kind !== kind) put({ ...axis, values: chosen.make() });
  };
  return (
    <div class="batch-axis">
      <div class="row">
        <AxisName group={group} name={name} />
        <select aria-label={`Where the values of ${name} come from`} value={SOURCES.find((source) => source.kind === kind)?.title} onChange={(event) => change(event.currentTarget.value)}>
          {SOURCES.map((source) => <option key={source.kind}>{source.title}</option>)}
        </select>
        <Button quiet icon={X} label={`Remove ${name}`} onClick={() => batches.edit((now) => removeAxis(now, group, name))} />
      </div>
      <Targets name={name} axis={axis} targets={targets} onChange={put} />
      <SourceFields axis={name} source={axis.values} schema={schema} onChange={(values) => put({ ...axis, values })} />
      {hasTexts(schema, axis) && <Wildcards name={name} axis={axis} onChange={put} />}
      {faults.map((fault, index) => <div key={index} class="message error">{describeError(fault)}</div>)}
    </div>
  );
}

/** Braces mean something in texts alone: values that aren't known to be something else. */
function hasTexts(schema: ParamSchema | undefined, axis: Axis): boolean {
  return axis.wildcards !== undefined || schema === undefined || schema.kind === 'text' || schema.kind === 'text-list';
}

function AxisName({ group, name }: { readonly group: number; readonly name: string }): VNode {
  const { batches } = useStudio();
  const [typed, setTyped] = useState(name);
  return <input type="text" class="grow axis-name" aria-label="Name of the axis" title="The name in file names, sheets and the gallery" value={typed} maxLength={64} spellcheck={false} onInput={(event) => setTyped(event.currentTarget.value)} onChange={() => batches.edit((now) => renameAxis(now, group, name, typed.trim()))} />;
}

function Targets({ name, axis, targets, onChange }: { readonly name: string; readonly axis: Axis; readonly targets: readonly Target[]; readonly onChange: (axis: Axis) => void }): VNode {
  const set = targetsOf(axis);
  if (targets.length === 0) {
    return <LabelledField title="Sets"><input type="text" spellcheck={false} placeholder="NODE.PARAM" value={set.join(', ')} onChange={(event) => onChange(withTargets(axis, event.currentTarget.value.split(/[\s,]+/).filter((part) => part !== '')))} /></LabelledField>;
  }
  return (
    <div class="row wrap">
      <span class="muted small">{set.length === 0 ? 'Sets nothing: a name for files and sheets' : 'Sets'}</span>
      {set.map((target) => (
        <span key={target} class="tag chip" title={target}>{targets.find((one) => one.target === target)?.label ?? target}
          <button type="button" aria-label={`${name} sets ${target} no more`} onClick={() => onChange(withTargets(axis, set.filter((one) => one !== target)))}>×</button></span>
      ))}
      <TargetMenu quiet icon={Plus} label={`Choose a param that ${name} sets`} targets={targets.filter(({ target }) => !set.includes(target))} onChoose={({ target }) => onChange(withTargets(axis, [...set, target]))} />
    </div>
  );
}

function Wildcards({ name, axis, onChange }: { readonly name: string; readonly axis: Axis; readonly onChange: (axis: Axis) => void }): VNode {
  const { wildcards, ...plain } = axis;
  const mode = wildcards === undefined ? 'off' : wildcards === 'all' ? 'all' : 'draw';
  const choose = (next: string): void => onChange(next === 'off' ? plain : { ...plain, wildcards: next === 'all' ? 'all' : { draw: 3, seed: 1 } });
  return (
    <div class="row wrap">
      <label class="row"><span class="muted small">Wildcards {'{a|b}'}</span>
        <select aria-label={`Wildcards in ${name}`} value={mode} onChange={(event) => choose(event.currentTarget.value)}><option value="off">are plain text</option><option value="all">give every combination</option><option value="draw">are drawn</option></select></label>
      {typeof wildcards === 'object' && (
        <>
          <label class="row"><NumberInput value={wildcards.draw} onValue={(draw) => onChange({ ...axis, wildcards: { ...wildcards, draw } })} /><span class="muted small">draws each</span></label>
          <label class="row"><span class="muted small">seed</span><NumberInput value={wildcards.seed} onValue={(seed) => onChange({ ...axis, wildcards: { ...wildcards, seed } })} /></label>
        </>
      )}
    </div>
  );
}
