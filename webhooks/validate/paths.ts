// Paths inside a source: relative, and inside.
import { refuse, type Finding, type Rule } from '../rule.ts';
import { textsAt } from '../fields.ts';

const fields: Readonly<Record<string, readonly string[]>> = {
  Kustomization: ['spec.path', 'spec.components[]'],
  GitRepository: ['spec.sparseCheckout[]', 'spec.include[].fromPath', 'spec.include[].toPath'],
  HelmChart: ['spec.valuesFiles[]'],
  HelmRelease: ['spec.chart.spec.valuesFiles[]'],
  ImageUpdateAutomation: ['spec.update.path'],
};

export const paths: Rule = {
  id: 'paths',
  kinds: Object.keys(fields),
  why: 'A path that leaves its source is cut back to the root or fails: either way something else is built than was meant.',
  check({ object }) {
    const findings: Finding[] = [];
    for (const { path, value } of (fields[object.kind] ?? []).flatMap((field) => textsAt(object, field))) {
      // Components are next to the path and may go up, as long as the build stays inside: only kustomize can tell.
      const mayGoUp = path.startsWith('spec.components');
      if (/^([a-z][a-z0-9+.-]*:\/\/|git@|git::|gh:)/i.test(value) && mayGoUp) {
        findings.push(
          refuse(path, value, 'must be local and relative', 'add the component to the source and write its path'),
        );
      } else if (value.includes('\0')) {
        findings.push(refuse(path, value, 'must not contain NUL characters'));
      } else if (!mayGoUp && leaves(value)) {
        findings.push(
          refuse(path, value, 'must not lead out of the source', 'write a path below the root, such as ./deploy'),
        );
      }
    }
    return findings;
  },
};

function leaves(path: string): boolean {
  let depth = 0;
  for (const part of path.split('/')) {
    if (part === '..') depth--;
    else if (part !== '' && part !== '.') depth++;
    if (depth < 0) return true;
  }
  return false;
}
