// Name prefixes and suffixes.
import { compileSpec, visitSpec, type Creation, type FieldSpec } from '../fields/field-spec.ts';
import { setScalar } from '../fields/node.ts';
import { isSelected, type GvkSelector } from '../resid.ts';
import type { Step } from './step.ts';

/** Names of these kinds mean something and stay. */
const SKIPPED: readonly GvkSelector[] = [
  { kind: 'CustomResourceDefinition' },
  { kind: 'APIService', group: 'apiregistration.k8s.io' },
  { kind: 'Namespace' },
];

const NAME: Creation = { kind: 'scalar', tag: '!!str' };

export function affixStep(kind: 'prefix' | 'suffix', affix: string, fieldSpecs: readonly FieldSpec[]): Step {
  const specs = fieldSpecs.map(compileSpec);
  return (resources) => {
    for (const resource of resources.resources) {
      const original = resource.originalId;
      if (resource.isEmpty || SKIPPED.some((selector) => isSelected(original, selector))) continue;
      for (const spec of specs) {
        if (!isSelected(original, spec.spec)) continue;
        if (spec.spec.path === 'metadata/name') {
          if (kind === 'prefix') resource.addPrefix(affix);
          else resource.addSuffix(affix);
          if (affix !== '') resource.rememberId();
        }
        if (!isSelected(resource.gvk, spec.spec)) continue;
        visitSpec(resource.root, spec, NAME, (node) => {
          setScalar(node, kind === 'prefix' ? affix + node.value : node.value + affix, '');
        });
      }
    }
    resources.changed();
  };
}
