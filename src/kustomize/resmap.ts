// The resources of a layer in order, found by identity without searching through all of them.
import { KustomizeError } from './errors.ts';
import type { Resource } from './resource.ts';
import { ResourceIndex } from './resource-index.ts';
import { idText, type ResId } from './resid.ts';

export class ResMap {
  #list: Resource[];
  #index: ResourceIndex | undefined;

  constructor(resources: readonly Resource[] = []) {
    this.#list = [...resources];
  }

  get resources(): readonly Resource[] {
    return this.#list;
  }

  /** Made when it is needed; dropped by `changed`. */
  get index(): ResourceIndex {
    this.#index ??= new ResourceIndex(this.#list);
    return this.#index;
  }

  /** Adds a resource; an identity is there only once. */
  append(resource: Resource): void {
    const { id } = resource;
    if (this.index.byId(id).length > 0) throw duplicateError(id);
    resource.position = this.#list.length;
    this.#list.push(resource);
    this.index.add(resource);
  }

  appendAll(resources: readonly Resource[]): void {
    for (const resource of resources) this.append(resource);
  }

  /** Puts a resource in the place of another. */
  replace(old: Resource, by: Resource): void {
    const at = this.#list.indexOf(old);
    this.#list[at] = by;
    this.#index?.remove(old);
    by.position = old.position;
    this.#index?.add(by);
  }

  /** To be told after a change that may touch the identity of any resource. */
  changed(): void {
    this.#index = undefined;
  }

  /** To be told after a change to one resource. */
  touched(resource: Resource): void {
    this.#index?.update(resource);
  }

  /** Drops what patches have deleted or emptied. */
  dropEmpty(): void {
    if (!this.#list.some((resource) => resource.isEmpty)) return;
    this.#list = this.#list.filter((resource) => {
      if (!resource.isEmpty) return true;
      this.#index?.remove(resource);
      return false;
    });
  }

  reorder(resources: readonly Resource[]): void {
    this.#list = [...resources];
    this.#index = undefined;
  }

  /** Fails when two resources have become one. */
  checkUnique(): void {
    if (!this.index.hasDuplicates) return;
    const seen = new Set<string>();
    for (const { id } of this.#list) {
      const key = this.index.keyOf(id);
      if (seen.has(key)) throw duplicateError(id);
      seen.add(key);
    }
  }
}

function duplicateError(id: ResId): KustomizeError {
  return new KustomizeError(`may not add resource with an already registered id: ${idText(id)}`);
}
