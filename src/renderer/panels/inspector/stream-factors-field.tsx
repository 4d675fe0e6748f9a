import { X } from 'lucide';
import type { VNode } from 'preact';
import { describeError } from '../../../contract/errors.ts';
import type { TextListParam } from '../../../contract/params.ts';
import { parseStreamFactor, STREAM_FACTOR_RANGE, withStreamFactor } from '../../../contract/stream-factors.ts';
import type { TriggerReport } from '../../../contract/studio-api.ts';
import { Button } from '../kit/button.tsx';
import { useAsked, useSettled } from '../kit/use-call.ts';
import { useStudio } from '../studio/studio.ts';
import { NumberField } from './number-field.tsx';
import type { ParamEdit } from './param-edit.ts';
import { linesBeside, rangeFault, type LineBeside } from './stream-lines.ts';
import { LinesField } from './text-fields.tsx';

const FACTOR = { kind: 'number', ...STREAM_FACTOR_RANGE, step: 0.05, default: 1, doc: '' } as const;

/** A switch and a factor for every text stream of the encoders that the node takes; plain lines as long as these aren't known. */
export function StreamFactorsField({ edit }: { readonly edit: ParamEdit<TextListParam> }): VNode {
  const { client, documents } = useStudio();
  const document = useSettled(documents.state.value.document);
  const { value: report, error } = useAsked(() => client.call('inspect.trigger', { graph: document, path: documents.file.value.path, node: edit.node, prompts: [] }), [document, edit.node]);
  const problem = error ?? report?.unavailable;
  const streams = report?.streams ?? [];
  if (streams.length === 0) return <div class="stack"><LinesField edit={edit} />{problem && <div class="field-note">Streams are not known yet: {describeError(problem)}</div>}</div>;
  const lines = Array.isArray(edit.value) ? edit.value.map(String) : [];
  const beside = linesBeside(lines, streams.map(({ stream }) => stream), report?.absent ?? []);
  return (
    <div class="stack" role="group" aria-labelledby={`${edit.id}-label`}>
      {streams.map((stream) => <StreamFactorRow key={stream.stream} edit={edit} lines={lines} stream={stream} />)}
      {beside.map((other, index) => <OtherLine key={index} other={other} onRemove={() => edit.setOnce(lines.filter((line) => line !== other.line))} />)}
    </div>
  );
}

/** A line for a stream that the model was loaded without, which does nothing, or one that no run takes. */
function OtherLine({ other: { line, absent }, onRemove }: { readonly other: LineBeside; readonly onRemove: () => void }): VNode {
  return (
    <div class="line-item">
      {absent === undefined
        ? <span class="grow error-text" role="alert">"{line}" is no text stream of these encoders</span>
        : <span class="grow muted">{absent.stream} is not present in this model: its factor {absent.factor} has nothing to act on</span>}
      <Button quiet icon={X} label={`Remove ${line}`} onClick={onRemove} />
    </div>
  );
}

function StreamFactorRow({ edit, lines, stream: { stream, site } }: { readonly edit: ParamEdit<TextListParam>; readonly lines: readonly string[]; readonly stream: TriggerReport['streams'][number] }): VNode {
  const factor = lines.map(parseStreamFactor).find((read) => read?.stream === stream)?.factor ?? 1;
  const id = `${edit.id}-${stream}`;
  const fault = rangeFault(factor);
  const own: ParamEdit<typeof FACTOR> = { ...edit, id, name: `${edit.name} ${stream}`, schema: FACTOR, value: factor, fault: fault ?? edit.fault, set: (value) => edit.set(withStreamFactor(lines, { stream, factor: Number(value) })) };
  return (
    <div class="stream-factor">
      <input type="checkbox" role="switch" aria-label={`Tables act in ${stream}`} checked={factor !== 0} onChange={(event) => edit.setOnce(withStreamFactor(lines, { stream, factor: event.currentTarget.checked ? 1 : 0 }))} />
      <label for={id} title={site}>{stream}</label>
      <NumberField edit={own} />
      {fault !== undefined && <div class="field-note error-text" role="alert">{stream} {fault}</div>}
    </div>
  );
}
