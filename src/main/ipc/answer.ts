import { inputError, toErrorData, type ErrorData } from '../../contract/errors.ts';
import { findJsonFault, MAX_JSON_DEPTH } from '../../contract/plain-json.ts';
import { STUDIO_CALLS, type StudioAnswer, type StudioCallName } from '../../contract/studio-api.ts';
import { GraphFaults } from '../runtime/read-graph.ts';
import { boundFaults } from './bound-faults.ts';
import type { StudioHandlers } from './studio-calls.ts';

/** How deep in an input a file's own content may lie. */
const INPUT_DEPTH = 2;

function errorsOf(thrown: unknown, name: string): readonly ErrorData[] {
  if (!(thrown instanceof GraphFaults)) return [toErrorData(thrown, `Studio call ${name}`)];
  return thrown.faults.length > 0 ? boundFaults(thrown.faults) : [thrown.data];
}

/**
 * Answers one call of a window: checks the input, runs the handler, turns whatever is thrown into data. Never rejects.
 * @param name Untrusted, like the input.
 */
export async function answerCall(handlers: StudioHandlers, name: string, input: unknown): Promise<StudioAnswer> {
  if (!Object.hasOwn(STUDIO_CALLS, name)) return { ok: false, errors: [inputError('studio.unknown-call', 'Studio', 'must know the call', { got: name.slice(0, 100) }).data] };
  const call = name as StudioCallName;
  const fault = findJsonFault(input, MAX_JSON_DEPTH + INPUT_DEPTH);
  if (fault !== undefined) return { ok: false, errors: [inputError('studio.input', `${call} ${fault.path}`.trim(), fault.rule).data] };
  const parsed = STUDIO_CALLS[call].input.safeParse(input);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const where = `${call} ${issue?.path.map(String).join('.') ?? ''}`.trim();
    return { ok: false, errors: [inputError('studio.input', where, issue?.message ?? 'must fit the contract').data] };
  }
  try {
    return { ok: true, value: await handlers[call](parsed.data as never) };
  } catch (thrown) {
    return { ok: false, errors: [...errorsOf(thrown, call)] };
  }
}
