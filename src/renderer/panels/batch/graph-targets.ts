import type { ParamSchema, ParamValue } from '../../../contract/params.ts';
import { GraphView } from '../../graph/index.ts';
import { words } from '../../words.ts';
import type { Studio } from '../studio/studio.ts';

/** A param of the graph that an axis can set. */
export interface Target {
  /** `NODE.PARAM`. */
  readonly target: string;
  /** For people: `Sample engram: steps`. */
  readonly label: string;
  readonly schema: ParamSchema;
  readonly value: ParamValue;
}

/** What the axes of a batch of the open graph can set: all params of its nodes but names of outputs, which the batch gives. */
export function graphTargets({ documents }: Pick<Studio, 'documents'>): readonly Target[] {
  const { document } = documents.state.value;
  const view = new GraphView(document, undefined, documents.view.value.catalogue);
  return Object.entries(view.nodes).flatMap(([id, node]) => {
    const schema = view.schema(id);
    return Object.entries(schema?.params ?? {}).filter(([, param]) => param.kind !== 'path' || param.access === 'read').map(([name, param]): Target => ({
      target: `${id}.${name}`, label: `${node.title ?? schema?.title ?? id}: ${words(name)}`, schema: param,
      value: Object.hasOwn(node.params, name) ? (node.params[name] as ParamValue) : param.default,
    }));
  });
}
