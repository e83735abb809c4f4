// Finds resources by what they are and by what they were.
import { idKey, type ResId } from './resid.ts';
import type { Resource } from './resource.ts';

interface Keys {
  readonly current: string;
  readonly all: readonly string[];
  readonly names: readonly string[];
}

/** Groups of resources under text keys, in no order. */
class Groups {
  readonly #groups = new Map<string, Resource[]>();

  get(key: string): readonly Resource[] {
    return this.#groups.get(key) ?? NONE;
  }

  add(key: string, resource: Resource): number {
    const group = this.#groups.get(key);
    if (group === undefined) {
      this.#groups.set(key, [resource]);
      return 1;
    }
    return group.push(resource);
  }

  remove(key: string, resource: Resource): number {
    const group = this.#groups.get(key);
    if (group === undefined) return 0;
    const at = group.indexOf(resource);
    if (at >= 0) group.splice(at, 1);
    if (group.length === 0) this.#groups.delete(key);
    return group.length;
  }
}

const NONE: readonly Resource[] = [];

export class ResourceIndex {
  readonly #current = new Groups();
  readonly #any = new Groups();
  readonly #names = new Groups();
  readonly #keys = new Map<Resource, Keys>();
  /** Identities held by more than one resource. */
  #shared = new Set<string>();

  constructor(resources: readonly Resource[]) {
    for (const [i, resource] of resources.entries()) {
      resource.position = i;
      this.add(resource);
    }
  }

  keyOf(id: ResId): string {
    return idKey(id);
  }

  get hasDuplicates(): boolean {
    return this.#shared.size > 0;
  }

  /** Those that have this identity now. */
  byId(id: ResId): readonly Resource[] {
    return this.#current.get(idKey(id));
  }

  /** Those that have or had this identity. */
  byAnyId(id: ResId): readonly Resource[] {
    return this.#any.get(idKey(id));
  }

  /** Those that have or had this name, in the order of the list. */
  byAnyName(name: string): readonly Resource[] {
    const found = this.#names.get(name);
    return found.length < 2 ? found : found.toSorted((a, b) => a.position - b.position);
  }

  add(resource: Resource): void {
    if (resource.isEmpty) return;
    const keys = keysOf(resource);
    this.#keys.set(resource, keys);
    if (this.#current.add(keys.current, resource) > 1) this.#shared.add(keys.current);
    for (const key of keys.all) this.#any.add(key, resource);
    for (const name of keys.names) this.#names.add(name, resource);
  }

  remove(resource: Resource): void {
    const keys = this.#keys.get(resource);
    if (keys === undefined) return;
    this.#keys.delete(resource);
    if (this.#current.remove(keys.current, resource) < 2) this.#shared.delete(keys.current);
    for (const key of keys.all) this.#any.remove(key, resource);
    for (const name of keys.names) this.#names.remove(name, resource);
  }

  update(resource: Resource): void {
    this.remove(resource);
    this.add(resource);
  }
}

function keysOf(resource: Resource): Keys {
  const { id } = resource;
  const current = idKey(id);
  if (resource.former.length === 0) return { current, all: [current], names: [id.name] };
  const all = new Set([current]);
  const names = new Set([id.name]);
  for (const former of resource.formerIds) {
    all.add(idKey(former));
    names.add(former.name);
  }
  return { current, all: [...all], names: [...names] };
}
