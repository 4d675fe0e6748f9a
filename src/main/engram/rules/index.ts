import { inputError } from '../../../contract/errors.ts';
import { absolute } from './absolute.ts';
import { relativeNorm } from './relative-norm.ts';
import type { InjectionRuleDefinition } from './rule.ts';

/** Every injection rule: add a file and a line here. */
export const injectionRules: readonly InjectionRuleDefinition[] = [absolute, relativeNorm];

const byId = new Map(injectionRules.map((rule) => [rule.id, rule]));
if (byId.size !== injectionRules.length) throw new Error('Injection rules: an id is listed twice');

/** The rule of that id. @throws AppError that lists the known ones. */
export function injectionRule(id: string, where = 'Injection'): InjectionRuleDefinition {
  const rule = byId.get(id);
  if (rule === undefined) {
    throw inputError('injection.rule', where, `the injection rule must be one of ${[...byId.keys()].join(', ')}`, { got: JSON.stringify(id) });
  }
  return rule;
}
