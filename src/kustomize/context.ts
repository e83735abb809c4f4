// What all kustomizations of one build share.
import { builtinConfig } from './config/defaults.ts';
import type { ChartRenderer } from './generate/charts.ts';
import type { TransformerConfig } from './config/transformer-config.ts';
import { ParseCache, readDocuments } from './documents.ts';
import { Effects } from './effects.ts';
import { limitError } from './errors.ts';
import { DEFAULT_LIMITS, type BuildLimits } from './limits.ts';
import type { LoadRestrictions, LoaderContext, Remote } from './loader.ts';
import { Resource } from './resource.ts';
import { Schema } from './schema/schema.ts';

export interface BuildOptions {
  /** May files lie outside of the kustomization that names them? @default 'rootOnly' */
  readonly loadRestrictions?: LoadRestrictions;
  /** Order of the result where the kustomization does not say. @default 'legacy' */
  readonly sort?: 'legacy' | 'fifo';
  /** Remote bases and files are refused without it. */
  readonly remote?: Remote | undefined;
  /** Charts are refused without it. */
  readonly helm?: HelmOptions | undefined;
  /** The version in the label that `managedByLabel` asks for. @default '(devel)' */
  readonly managedByVersion?: string;
  /** Sets that label whatever the kustomization says. @default false */
  readonly addManagedByLabel?: boolean;
  readonly limits?: Partial<BuildLimits>;
  /** Parsed files, shared with other builds. */
  readonly cache?: ParseCache;
  /** Receives warnings, one line each. */
  readonly warn?: (text: string) => void;
}

export interface HelmOptions {
  readonly renderer: ChartRenderer;
  /** Win over what the kustomization says. */
  readonly apiVersions?: readonly string[];
  readonly kubeVersion?: string;
}

/** One attempt at a build; what was fetched outlives it in `effects`. */
export class BuildContext {
  readonly schema = new Schema();
  readonly limits: BuildLimits;
  readonly effects: Effects;
  readonly options: BuildOptions;
  readonly loaderContext: LoaderContext;
  readonly warn: (text: string) => void;
  readonly defaultConfig: TransformerConfig = builtinConfig();
  readonly #cache: ParseCache;
  #kustomizations = 0;
  #resources = 0;
  #patches = 0;

  constructor(options: BuildOptions, effects: Effects) {
    this.options = options;
    this.effects = effects;
    this.limits = limitsOf(options);
    this.warn = options.warn ?? ((): void => undefined);
    this.#cache = options.cache ?? new ParseCache();
    this.loaderContext = {
      restrictions: options.loadRestrictions ?? 'rootOnly',
      limits: this.limits,
      effects,
      remote: options.remote,
      budget: { bytes: 0 },
    };
  }

  /** The resources of a text. */
  read(source: string | Buffer): Resource[] {
    const nodes = readDocuments(source, this.#cache, this.limits);
    this.#resources += nodes.length;
    if (this.#resources > this.limits.resources) {
      throw limitError(`the build has more than ${this.limits.resources} resources`);
    }
    return nodes.map((node) => new Resource(node, this.schema));
  }

  countKustomization(): void {
    if (++this.#kustomizations > this.limits.kustomizations) {
      throw limitError(`the build has more than ${this.limits.kustomizations} kustomizations`);
    }
  }

  countPatches(count: number): void {
    this.#patches += count;
    if (this.#patches > this.limits.patches) {
      throw limitError(`the build has more than ${this.limits.patches} patches`);
    }
  }
}

export function limitsOf(options: BuildOptions): BuildLimits {
  return { ...DEFAULT_LIMITS, ...options.limits };
}
