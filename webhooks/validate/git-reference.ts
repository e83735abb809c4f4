// What a GitRepository checks out: one thing, well-formed.
import { fieldsAt } from '../fields.ts';
import { refuse, warn, type Finding, type Rule } from '../rule.ts';

/** In the order in which they count. */
const precedence = ['commit', 'name', 'tag', 'semver', 'branch'] as const;
type RefField = (typeof precedence)[number];

export const gitReference: Rule = {
  id: 'git-reference',
  kinds: ['GitRepository'],
  why: 'Of several references only one counts, silently; and a short commit hash is never found.',
  check({ object }) {
    const ref = fieldsAt(object, 'spec.ref')[0]?.value as Partial<Record<RefField, string>> | undefined;
    if (ref === undefined || ref === null) return [];
    const findings: Finding[] = [];
    const { commit, name } = ref;
    if (commit && !/^[0-9a-f]{40}$/i.test(commit)) {
      findings.push(
        refuse('spec.ref.commit', commit, 'is not a full commit hash', 'write all 40 characters, 0-9 and a-f'),
      );
    }
    if (name && (name.startsWith('/') || name.endsWith('/'))) {
      findings.push(
        refuse('spec.ref.name', name, "must not begin or end with '/'", 'write a full name such as refs/heads/main'),
      );
    }
    for (const field of ['branch', 'tag', 'name'] as const) {
      const value = ref[field];
      if (value && !isValidName(value)) {
        findings.push(refuse(`spec.ref.${field}`, value, 'is not a name Git accepts', 'see git-check-ref-format'));
      }
    }
    const set = precedence.filter((field) => ref[field]);
    const [winner, ...losers] = set;
    // A commit with a branch (or a name) is one reference: the commit, fetched by way of the branch.
    const ignored = losers.filter((field) => !(winner === 'commit' && (field === 'branch' || field === 'name')));
    if (ignored.length > 0) {
      const fields = ignored.map((field) => `spec.ref.${field}`).join(', ');
      findings.push(
        warn(`spec.ref.${winner}`, `counts; ${fields} ${ignored.length === 1 ? 'has' : 'have'} no effect beside it`),
      );
    }
    return findings;
  },
};

/** The rules of git-check-ref-format that concern a part of a name. */
function isValidName(name: string): boolean {
  if (/[\0-\x20\x7f~^:?*[\\]/.test(name.replace(/\^\{\}$/, ''))) return false;
  if (name.includes('..') || name.includes('@{') || name.includes('//') || name.endsWith('.')) return false;
  return name.split('/').every((part) => !part.startsWith('.') && !part.endsWith('.lock'));
}
