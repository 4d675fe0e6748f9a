import { useEffect, useRef } from 'preact/hooks';
import type { ParamSchema, ParamValue } from '../../../contract/params.ts';
import { useStudio } from '../studio/studio.ts';

/** A param under edit: what it is, and how it is set. */
export interface ParamEdit<P extends ParamSchema = ParamSchema> {
  readonly id: string;
  readonly node: string;
  readonly name: string;
  readonly schema: P;
  readonly value: unknown;
  /** Why the value is wrong. */
  readonly fault: string | undefined;
  /** Sets the value; sets between a focus and a blur are one step of undo. */
  readonly set: (value: ParamValue | undefined) => void;
  /** Begins a step of undo of its own: one press, one choice. */
  readonly setOnce: (value: ParamValue) => void;
  readonly onFocus: () => void;
}

/** Functions that set a param, with gestures for undo. */
export function useParamSetter(node: string, param: string): Pick<ParamEdit, 'set' | 'setOnce' | 'onFocus'> {
  const { documents } = useStudio();
  const gesture = useRef<string | undefined>(undefined);
  return {
    set: (value) => {
      gesture.current ??= documents.editor.newGesture();
      documents.dispatch({ type: 'set-param', node, param, value }, { gesture: gesture.current });
    },
    setOnce: (value) => void documents.dispatch({ type: 'set-param', node, param, value }),
    onFocus: () => { gesture.current = documents.editor.newGesture(); },
  };
}

/** Puts the focus into a field when the canvas asked for its param. */
export function useWantedFocus<E extends HTMLElement>(node: string, param: string): preact.RefObject<E | null> {
  const element = useRef<E>(null);
  const { wantedParam } = useStudio();
  const wanted = wantedParam.value;
  useEffect(() => {
    if (wanted?.node !== node || wanted.param !== param || !element.current) return;
    element.current.focus();
    element.current.scrollIntoView({ block: 'nearest' });
    wantedParam.value = undefined;
  }, [wanted, node, param]);
  return element;
}
