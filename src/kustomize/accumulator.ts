// What a layer has gathered: resources, the configuration of its transformers, vars.
import { emptyConfig, mergeConfigs, type TransformerConfig } from './config/transformer-config.ts';
import { KustomizeError } from './errors.ts';
import { inherit, mergeData } from './generate/config-objects.ts';
import { quote } from './go-text.ts';
import { originOf, setOrigin } from './origin.ts';
import type { ResId } from './resid.ts';
import { ResMap } from './resmap.ts';
import type { Resource } from './resource.ts';
import { VarSet } from './transform/vars.ts';

export class Accumulator {
  readonly resources = new ResMap();
  readonly vars = new VarSet();
  readonly #defaultConfig: TransformerConfig;
  #config: TransformerConfig | undefined;

  constructor(defaultConfig: TransformerConfig) {
    this.#defaultConfig = defaultConfig;
  }

  get config(): TransformerConfig | undefined {
    return this.#config;
  }

  /** Merging is done even into nothing: a spec for all kinds gives way to those for some that come before it. */
  mergeConfig(config: TransformerConfig): void {
    this.#config = mergeConfigs(this.#config ?? (config === this.#defaultConfig ? config : emptyConfig()), config);
  }

  /** Takes in what another layer has gathered. */
  merge(other: Accumulator): void {
    this.resources.appendAll(other.resources.resources);
    if (other.config !== undefined) this.mergeConfig(other.config);
    this.vars.addAll(other.vars);
  }

  /** Adds what a generator made: a new resource, or one that replaces or merges with one that is there. */
  absorb(made: readonly Resource[]): void {
    for (const resource of made) this.#absorbOne(resource);
  }

  #absorbOne(resource: Resource): void {
    const { id, behavior } = resource;
    const matches = this.resources.index.byAnyId(id);
    const [old, second] = matches;
    if (old === undefined) {
      if (behavior === 'merge' || behavior === 'replace') {
        throw new KustomizeError(`id ${goText(id)} does not exist; cannot merge or replace`);
      }
      this.resources.append(resource);
      return;
    }
    if (second !== undefined) {
      throw new KustomizeError(`found multiple objects that could accept merge of ${goText(id)}`);
    }
    if (behavior !== 'merge' && behavior !== 'replace') {
      throw new KustomizeError(`id ${goText(id)} exists; behavior must be merge or replace`);
    }
    const origin = behavior === 'merge' ? originOf(old) : undefined;
    inherit(resource, old);
    if (behavior === 'merge') mergeData(resource, old);
    if (origin !== undefined) setOrigin(resource, origin);
    this.resources.replace(old, resource);
  }
}

/** An identity as Go prints the struct. */
function goText({ group, version, kind, clusterScoped, name, namespace }: ResId): string {
  const gvk = `resid.Gvk{Group:${quote(group)}, Version:${quote(version)}, Kind:${quote(kind)}, isClusterScoped:${clusterScoped}}`;
  return `resid.ResId{Gvk:${gvk}, Name:${quote(name)}, Namespace:${quote(namespace)}}`;
}
