// Replica counts, by name.
import { SpecList, type Creation, type FieldSpec } from '../fields/field-spec.ts';
import { setScalar } from '../fields/node.ts';
import { KustomizeError } from '../errors.ts';
import { listText } from '../go-text.ts';
import type { Replica } from '../kustomization/types.ts';
import { gvkText, isSelected } from '../resid.ts';
import type { Step } from './step.ts';

const COUNT: Creation = { kind: 'scalar', tag: '!!int' };

export function replicasStep(replica: Replica, fieldSpecs: readonly FieldSpec[]): Step {
  const name = replica.name ?? '';
  const count = String(replica.count ?? 0);
  return (resources) => {
    let found = false;
    const candidates = resources.index.byAnyName(name);
    for (const spec of fieldSpecs) {
      const only = new SpecList([spec]);
      for (const resource of candidates) {
        const ids = [...resource.formerIds, resource.id];
        if (!ids.some((id) => id.name === name && isSelected(id, spec))) continue;
        found = true;
        only.visit(resource.root, resource.gvk, COUNT, (node) => setScalar(node, count, '!!int'));
      }
    }
    if (!found) {
      throw new KustomizeError(
        `resource with name ${name} does not match a config with the following GVK ${listText(fieldSpecs.map(gvkText))}`,
      );
    }
  };
}
