// Labels and annotations, in metadata and wherever else they belong.
import { compareBytes } from '#goyaml/index';
import { SpecList, type Creation, type FieldSpec } from '../fields/field-spec.ts';
import { setField, stringNode } from '../fields/node.ts';
import type { TextMap } from '../kustomization/types.ts';
import type { Step } from './step.ts';

const MAP: Creation = { kind: 'mapping', tag: '!!map' };

/** Sets entries in the maps that the specs lead to. */
export function entriesStep(entries: TextMap, fieldSpecs: readonly FieldSpec[]): Step {
  const keys = Object.keys(entries).toSorted(compareBytes);
  const specs = new SpecList(fieldSpecs);
  return (resources) => {
    if (keys.length === 0) return;
    for (const resource of resources.resources) {
      if (resource.isEmpty) continue;
      specs.visit(resource.root, resource.gvk, MAP, (node) => {
        for (const key of keys) setField(node, key, stringNode(entries[key] ?? ''));
      });
    }
    // A label or annotation is no part of an identity, but a spec may lead anywhere.
    if (fieldSpecs.some(({ path }) => !/labels|annotations|selector|Labels/i.test(path))) resources.changed();
  };
}
