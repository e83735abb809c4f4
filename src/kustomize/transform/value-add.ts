// The ValueAdd transformer: one value put into fields, or into a position of a path that a field holds.
import { KustomizeError } from '../errors.ts';
import { expectKind, setScalar } from '../fields/node.ts';
import { lookupCreate } from '../fields/path.ts';
import type { Selector } from '../kustomization/types.ts';
import { selectResources } from '../selector.ts';
import { namespaceStep } from './namespace.ts';
import type { Step } from './step.ts';

export interface ValueTarget {
  readonly selector?: Selector;
  readonly fieldPath?: string;
  readonly filePathPosition?: number;
}

export function valueAddStep(value: string, targets: readonly ValueTarget[]): Step {
  if (targets.length === 0) throw new KustomizeError('must specify at least one target');
  for (const { fieldPath = '', filePathPosition = 0 } of targets) {
    if (fieldPath === '') throw new KustomizeError('fieldPath cannot be empty');
    if (filePathPosition < 0) {
      throw new KustomizeError(`value of FilePathPosition (${filePathPosition}) cannot be negative`);
    }
  }
  const move = namespaceStep({ namespace: value, fieldSpecs: [] });
  return (resources) => {
    for (const { selector, fieldPath = '', filePathPosition = 0 } of targets) {
      if (fieldPath === 'metadata/namespace' && selector === undefined) {
        move(resources);
        continue;
      }
      const path = splitFieldPath(fieldPath);
      const selected = selector === undefined ? resources.resources : selectResources(resources, selector);
      for (const resource of selected) {
        const node = lookupCreate(resource.root, 'scalar', path);
        expectKind(node, 'scalar');
        setScalar(node, filePathPosition > 0 ? insertPart(node.value, filePathPosition - 1, value) : value, '');
      }
      resources.changed();
    }
  };
}

function splitFieldPath(path: string): string[] {
  const out: string[] = [];
  for (const part of path.split('/')) {
    const last = out.at(-1);
    if (last?.endsWith('\\') === true) out[out.length - 1] = `${last.slice(0, -1)}/${part}`;
    else out.push(part);
  }
  return out;
}

/** Positions count from the start of the path; a leading slash stays where it is. */
function insertPart(path: string, position: number, part: string): string {
  const isAbsolute = path.startsWith('/');
  const parts = path.split('/').filter((piece) => piece !== '');
  parts.splice(Math.min(position, parts.length), 0, part);
  return (isAbsolute ? '/' : '') + parts.join('/');
}
