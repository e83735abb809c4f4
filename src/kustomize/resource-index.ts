// Finds resources by what they are and by what they were.
import { idKey, type ResId } from './resid.ts';
import type { Resource } from './resource.ts';

interface PastKeys {
  readonly ids: readonly string[];
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

/** What resources are and were, by identity and by name; made when it is first asked for. */
class Past {
  readonly ids = new Groups();
  readonly names = new Groups();
  readonly #keys = new Map<Resource, PastKeys>();

  add(resource: Resource): void {
    const keys = pastKeysOf(resource);
    this.#keys.set(resource, keys);
    for (const key of keys.ids) this.ids.add(key, resource);
    for (const name of keys.names) this.names.add(name, resource);
  }

  remove(resource: Resource): void {
    const keys = this.#keys.get(resource);
    if (keys === undefined) return;
    this.#keys.delete(resource);
    for (const key of keys.ids) this.ids.remove(key, resource);
    for (const name of keys.names) this.names.remove(name, resource);
  }
}

export class ResourceIndex {
  readonly #current = new Groups();
  readonly #keys = new Map<Resource, string>();
  /** Identities held by more than one resource. */
  readonly #shared = new Set<string>();
  #past: Past | undefined;

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
    return this.#history().ids.get(idKey(id));
  }

  /** Those that have or had this name, in the order of the list. */
  byAnyName(name: string): readonly Resource[] {
    const found = this.#history().names.get(name);
    return found.length < 2 ? found : found.toSorted((a, b) => a.position - b.position);
  }

  add(resource: Resource): void {
    if (resource.isEmpty) return;
    const key = idKey(resource.id);
    this.#keys.set(resource, key);
    if (this.#current.add(key, resource) > 1) this.#shared.add(key);
    this.#past?.add(resource);
  }

  remove(resource: Resource): void {
    const key = this.#keys.get(resource);
    if (key === undefined) return;
    this.#keys.delete(resource);
    if (this.#current.remove(key, resource) < 2) this.#shared.delete(key);
    this.#past?.remove(resource);
  }

  update(resource: Resource): void {
    this.remove(resource);
    this.add(resource);
  }

  /** Layers upon layers only append; what resources were is asked for by patches and generators. */
  #history(): Past {
    if (this.#past === undefined) {
      this.#past = new Past();
      for (const resource of this.#keys.keys()) this.#past.add(resource);
    }
    return this.#past;
  }
}

function pastKeysOf(resource: Resource): PastKeys {
  const { id } = resource;
  if (resource.former.length === 0) return { ids: [idKey(id)], names: [id.name] };
  const ids = new Set([idKey(id)]);
  const names = new Set([id.name]);
  for (const former of resource.formerIds) {
    ids.add(idKey(former));
    names.add(former.name);
  }
  return { ids: [...ids], names: [...names] };
}
