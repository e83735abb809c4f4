// Addresses of sources: complete, and without passwords in them.
import { refuse, warn, type Finding, type Rule } from '../rule.ts';
import { textsAt } from '../fields.ts';

export const urls: Rule = {
  id: 'urls',
  kinds: ['GitRepository', 'OCIRepository', 'HelmRepository', 'HelmPullRequest', 'Provider'],
  why: 'A broken address is found out only when the first fetch fails; a password in one is readable by all who may read the object.',
  check({ object }) {
    const findings: Finding[] = [];
    for (const { path, value } of [...textsAt(object, 'spec.url'), ...textsAt(object, 'spec.address')]) {
      if (object.kind === 'Provider' && !value.includes('://')) continue;
      if (!URL.canParse(value)) {
        findings.push(refuse(path, withoutPassword(value), 'is not a URL', 'write scheme://host/path'));
        continue;
      }
      const url = new URL(value);
      if (url.hostname === '') {
        findings.push(refuse(path, withoutPassword(value), 'has no host', 'write scheme://host/path'));
      }
      if (url.password !== '') {
        findings.push(
          warn(path, 'holds a password that everybody who may read the object can read: use spec.secretRef'),
        );
      }
      if (object.kind === 'OCIRepository' && /:[^/:@]+$/.test(url.pathname)) {
        const tag = url.pathname.slice(url.pathname.lastIndexOf(':') + 1);
        findings.push(refuse(path, value, 'must not have a tag', `remove ":${tag}" and set spec.ref.tag to ${tag}`));
      }
    }
    return findings;
  },
};

function withoutPassword(text: string): string {
  return text.replace(/(:\/\/[^/:@]*):[^/@]*@/, '$1:***@');
}
