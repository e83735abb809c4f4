// How an ImagePolicy orders tags: in exactly one way.
import { fieldsAt } from '../fields.ts';
import { refuse, warn, type Rule } from '../rule.ts';

/** In the order in which they count. */
const ways = ['semver', 'alphabetical', 'numerical'] as const;

export const imagePolicy: Rule = {
  id: 'image-policy',
  kinds: ['ImagePolicy'],
  why: 'Without an order no tag is ever picked; of several orders only one counts, silently.',
  check({ object }) {
    const [found] = fieldsAt(object, 'spec.policy');
    const policy = (found?.value ?? {}) as Partial<Record<(typeof ways)[number], unknown>>;
    const [winner, ...others] = ways.filter((way) => policy[way] !== undefined && policy[way] !== null);
    if (winner === undefined) {
      const hint = 'set exactly one of semver, alphabetical and numerical';
      return [refuse('spec.policy', found?.value ?? null, 'given ImagePolicyChoice object is invalid', hint)];
    }
    if (others.length === 0) return [];
    const ignored = others.map((way) => `spec.policy.${way}`).join(', ');
    return [
      warn(`spec.policy.${winner}`, `counts; ${ignored} ${others.length === 1 ? 'has' : 'have'} no effect beside it`),
    ];
  },
};
