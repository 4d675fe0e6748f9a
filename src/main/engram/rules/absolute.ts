import type { InjectionRuleDefinition } from './rule.ts';

/** h += m_k * g (paper eq. 1): the vector carries direction and length. */
export const absolute: InjectionRuleDefinition = {
  id: 'absolute',
  title: 'Absolute: vector times scale',
  direction(vector, out) {
    out.set(vector);
  },
  backward(_vector, upstream, gradient) {
    // du/dm = 1
    for (let channel = 0; channel < upstream.length; channel += 1) gradient[channel]! += upstream[channel]!;
  },
  amplitude() {
    return 1;
  },
};
