import { PackagePlus, Plug, RotateCcw } from 'lucide';
import type { VNode } from 'preact';
import { useId } from 'preact/hooks';
import { checkParam, type ParamSchema } from '../../../contract/params.ts';
import { sameValue } from '../../graph/commands/set-param.ts';
import { shownInputs } from '../../graph/index.ts';
import { words } from '../../words.ts';
import { useStudio } from '../studio/studio.ts';
import { Button } from '../kit/button.tsx';
import { ChoiceField } from './choice-field.tsx';
import { NumberField } from './number-field.tsx';
import { useParamSetter, useWantedFocus, type ParamEdit } from './param-edit.ts';
import { PathField } from './path-field.tsx';
import { SeedField } from './seed-field.tsx';
import { StreamFactorsField } from './stream-factors-field.tsx';
import { IntegersField, LinesField, ProseField, TextField } from './text-fields.tsx';

/** One param: its name, its input, what is wrong with it, and the way back to its default. */
export function ParamField({ node, name, schema, value }: { readonly node: string; readonly name: string; readonly schema: ParamSchema; readonly value: unknown }): VNode {
  const id = useId();
  const fault = checkParam(schema, value, '', name)?.data;
  const setter = useParamSetter(node, name);
  const edit: ParamEdit = { id, node, name, schema, value, fault: fault?.rule, ...setter };
  const changed = !sameValue(value, schema.default);
  const source = useSource(node, name);
  return (
    <div class="field">
      <div class="field-head">
        <label id={`${id}-label`} for={id} title={schema.doc}>{words(name)}</label>
        <div class="field-tools">
          <ParamTools node={node} name={name} />
          {changed && <Button quiet icon={RotateCcw} label={`Reset ${words(name)} to its default`} onClick={() => setter.set(undefined)} />}
        </div>
      </div>
      {source === undefined ? <Input edit={edit} /> : <div class="field-note">Comes from {source}</div>}
      {source === undefined && fault && <div class="field-note error-text" role="alert">{fault.rule}</div>}
    </div>
  );
}

/** The node that gives a param its value by a link. */
function useSource(node: string, param: string): string | undefined {
  const view = useStudio().documents.view.value;
  const link = view.into(node).find(({ to }) => to.port === param);
  return link && view.where(link.from.node);
}

/** The param as an input port, and, inside a sub-graph, as a param of that. */
function ParamTools({ node, name }: { readonly node: string; readonly name: string }): VNode {
  const { documents } = useStudio();
  const view = documents.view.value;
  const shown = shownInputs(view, node).some((input) => input.isParam && input.name === name);
  const linked = view.into(node).some(({ to }) => to.port === name);
  return (
    <>
      <Button quiet icon={Plug} label={`Input port for ${words(name)}`} pressed={shown} disabled={linked} onClick={() => documents.dispatch({ type: 'show-param-port', node, param: name, shown: !shown })} />
      {documents.state.value.scope !== undefined && <Button quiet icon={PackagePlus} label={`Show ${words(name)} on the sub-graph`} onClick={() => documents.dispatch({ type: 'expose-param', node, param: name, shown: true })} />}
    </>
  );
}

function Input({ edit }: { readonly edit: ParamEdit }): VNode {
  const { schema } = edit;
  switch (schema.kind) {
    case 'integer':
    case 'number': return <NumberField edit={{ ...edit, schema }} />;
    case 'seed': return <SeedField edit={{ ...edit, schema }} />;
    case 'boolean': return <BooleanField edit={edit} />;
    case 'text': return schema.multiline === true ? <ProseField edit={{ ...edit, schema }} /> : <TextField edit={edit} />;
    case 'text-list': return schema.streamFactors === true ? <StreamFactorsField edit={{ ...edit, schema }} /> : <LinesField edit={{ ...edit, schema }} />;
    case 'integer-list': return <IntegersField edit={{ ...edit, schema }} />;
    case 'choice': return <ChoiceField edit={{ ...edit, schema }} />;
    case 'path': return <PathField edit={{ ...edit, schema }} />;
  }
}

function BooleanField({ edit }: { readonly edit: ParamEdit }): VNode {
  const element = useWantedFocus<HTMLInputElement>(edit.node, edit.name);
  return (
    <div class="field-line">
      <input ref={element} id={edit.id} type="checkbox" role="switch" checked={edit.value === true} onChange={(event) => edit.setOnce(event.currentTarget.checked)} />
    </div>
  );
}
