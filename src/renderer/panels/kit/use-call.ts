import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { toErrorData, type ErrorData } from '../../../contract/errors.ts';

/** Something that is asked for: not there yet, there, or why not. */
export interface Asked<T> {
  readonly value: T | undefined;
  readonly error: ErrorData | undefined;
  readonly loading: boolean;
  readonly reload: () => void;
}

/** How long a person has to pause for what they edit to be asked about. */
const SETTLED_AFTER_MS = 400;

/** A value once it has not changed for a while. */
export function useSettled<T>(value: T): T {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), SETTLED_AFTER_MS);
    return () => clearTimeout(timer);
  }, [value]);
  return settled;
}

/** Asks for something when a component shows and whenever `inputs` change; answers that come too late are dropped. What was there stays until the new is. */
export function useAsked<T>(ask: () => Promise<T>, inputs: readonly unknown[]): Asked<T> {
  const [state, setState] = useState<Omit<Asked<T>, 'reload'>>({ value: undefined, error: undefined, loading: true });
  const turn = useRef(0);
  const reload = useCallback(() => {
    turn.current += 1;
    const mine = turn.current;
    setState((before) => ({ ...before, loading: true }));
    ask().then(
      (value) => { if (mine === turn.current) setState({ value, error: undefined, loading: false }); },
      (thrown: unknown) => { if (mine === turn.current) setState({ value: undefined, error: toErrorData(thrown), loading: false }); },
    );
  }, inputs);
  useEffect(() => {
    reload();
    return () => { turn.current += 1; };
  }, [reload]);
  return { ...state, reload };
}
