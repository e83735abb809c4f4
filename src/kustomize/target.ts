// One kustomization of a build: gathers its resources and those below it, and lets its transformers run over them.
import { sigsUnmarshal, type GoValue, isObject } from '#goyaml/index';
import { Accumulator } from './accumulator.ts';
import {
  configFromCrds,
  mergeConfigs,
  emptyConfig,
  parseConfig,
  type TransformerConfig,
} from './config/transformer-config.ts';
import type { BuildContext } from './context.ts';
import { KustomizeError, Suspended, withPrefix, wrapError } from './errors.ts';
import { listText, quote } from './go-text.ts';
import { readKustomization } from './kustomization/read.ts';
import type { Kustomization } from './kustomization/types.ts';
import type { Loader } from './loader.ts';
import { appendPath, setOrigin, type Origin } from './origin.ts';
import { namingFile } from './plugins.ts';
import { runGenerators } from './run-generators.ts';
import { runTransformers, runValidators } from './run-transformers.ts';
import type { Resource } from './resource.ts';
import { bindVars, varsText } from './transform/vars.ts';

export class Target {
  readonly kustomization: Kustomization;
  readonly fileName: string;
  readonly loader: Loader;
  readonly context: BuildContext;
  /** Set when the top kustomization asks for build metadata. */
  origin: Origin | undefined;

  constructor(loader: Loader, context: BuildContext, buildMetadata?: readonly string[]) {
    context.countKustomization();
    this.loader = loader;
    this.context = context;
    const { kustomization, fileName } = readKustomization(loader, context.warn);
    this.kustomization = buildMetadata === undefined ? kustomization : { ...kustomization, buildMetadata };
    this.fileName = fileName;
  }

  /** Lets the `openapi` field take effect. */
  configureSchema(): void {
    const { openapi = {} } = this.kustomization;
    const path = Object.hasOwn(openapi, 'path') ? openapi['path'] : undefined;
    const version = Object.hasOwn(openapi, 'version') ? openapi['version'] : undefined;
    if (path === undefined) {
      this.context.schema.configure(version, undefined);
      return;
    }
    const content = this.loader.load(path);
    this.context.schema.configure(version, () => {
      const value: GoValue = sigsUnmarshal(content.toString('utf8'));
      return isObject(value) ? value : {};
    });
  }

  /** Fills an accumulator: an own one, or, for a component, that of the kustomization that uses it. */
  accumulate(into: Accumulator): void {
    const { kustomization } = this;
    withPrefix('accumulating resources', () => {
      this.accumulateResources(into, kustomization.resources ?? []);
    });
    into.mergeConfig(this.#readConfigurations(kustomization.configurations ?? []));
    const { crds = [] } = kustomization;
    if (crds.length > 0) {
      into.mergeConfig(withPrefix(`loading CRDs ${listText(crds)}`, () => this.#readCrds(crds)));
    }
    runGenerators(this, into);
    withPrefix('accumulating components', () => {
      for (const path of kustomization.components ?? []) this.#accumulateComponent(into, path);
    });
    runTransformers(this, into);
    runValidators(this, into);
    const { vars = [] } = kustomization;
    withPrefix(
      () => `merging vars ${varsText(vars)}`,
      () => {
        bindVars(vars, into.vars, into.resources);
      },
    );
  }

  #readConfigurations(paths: readonly string[]): TransformerConfig {
    const { defaultConfig } = this.context;
    if (paths.length === 0) return defaultConfig;
    let config = emptyConfig();
    for (const path of paths) config = mergeConfigs(config, parseConfig(this.loader.load(path).toString('utf8')));
    return mergeConfigs(defaultConfig, config);
  }

  #readCrds(paths: readonly string[]): TransformerConfig {
    let config = emptyConfig();
    for (const path of paths) {
      const text = this.loader.load(path).toString('utf8');
      const found = withPrefix(`unable to parse open API definition from '${path}'`, () => configFromCrds(text));
      config = mergeConfigs(config, found);
    }
    return config;
  }

  /** Each entry is a file, or else a directory or repository with a kustomization. */
  accumulateResources(into: Accumulator, paths: readonly string[]): void {
    for (const path of paths) this.#accumulateResource(into, path);
  }

  #accumulateResource(into: Accumulator, path: string): void {
    let fileError: unknown;
    try {
      this.#accumulateFile(into, path);
      return;
    } catch (error) {
      if (error instanceof Suspended || isFinal(error)) throw error;
      fileError = error;
    }
    const text = fileError instanceof Error ? fileError.message : String(fileError);
    let child: Loader;
    try {
      child = this.loader.child(path);
    } catch (error) {
      if (error instanceof Suspended || isFinal(error)) throw error;
      // A broken file is most likely no base: that it is no directory either helps nobody.
      const timedOut = error instanceof KustomizeError && error.kind === 'timeout';
      if (text.includes('MalformedYAMLError') && !timedOut) throw fileError;
      throw wrapError(error, `accumulation err='${text}'`);
    }
    withPrefix(`accumulation err='${text}'`, () => {
      this.#accumulateDirectory(into, child, { path, component: false });
    });
  }

  #accumulateFile(into: Accumulator, path: string): void {
    const resources = withPrefix(`accumulating resources from '${path}'`, () => this.#readFile(path));
    if (this.origin !== undefined) {
      const origin = appendPath(this.origin, path);
      for (const resource of resources) setOrigin(resource, origin);
    }
    withPrefix(`merging resources from '${path}'`, () => {
      into.resources.appendAll(resources);
    });
  }

  #readFile(path: string): Resource[] {
    const content = this.loader.load(path);
    try {
      return this.context.read(content);
    } catch (error) {
      throw namingFile(error, path);
    }
  }

  #accumulateComponent(into: Accumulator, path: string): void {
    let child: Loader;
    try {
      child = this.loader.child(path);
    } catch (error) {
      if (error instanceof Suspended || isFinal(error)) throw error;
      throw new KustomizeError(`loader.New ${quote(messageOf(error))}`, { cause: error });
    }
    try {
      this.#accumulateDirectory(into, child, { path, component: true });
    } catch (error) {
      if (error instanceof Suspended || isFinal(error)) throw error;
      throw new KustomizeError(`accumulateDirectory: ${quote(messageOf(error))}`, { cause: error });
    }
  }

  #accumulateDirectory(
    into: Accumulator,
    loader: Loader,
    { path, component }: { readonly path: string; readonly component: boolean },
  ): void {
    const { root } = loader;
    const child = withPrefix(
      `couldn't make target for path '${root}'`,
      () => new Target(loader, this.context, this.kustomization.buildMetadata ?? []),
    );
    if (this.origin !== undefined) child.origin = appendPath(this.origin, path);
    child.configureSchema();
    const { kind = '' } = child.kustomization;
    if (component && kind !== 'Component') {
      throw new KustomizeError(`expected kind 'Component' for path '${root}' but got '${kind}'`);
    }
    if (!component && kind === 'Component') {
      throw new KustomizeError(`expected kind != 'Component' for path '${root}'`);
    }
    if (component) {
      withPrefix(`recursed accumulation of path '${root}'`, () => {
        child.accumulate(into);
      });
      return;
    }
    const gathered = new Accumulator(this.context.defaultConfig);
    withPrefix(`recursed accumulation of path '${root}'`, () => {
      child.accumulate(gathered);
    });
    withPrefix(`recursed merging from path '${root}'`, () => {
      into.merge(gathered);
    });
  }

  /** The origin of what a field of this kustomization does. */
  originOfField(kind: string): Origin | undefined {
    if (this.origin === undefined) return undefined;
    const { repo, ref } = this.origin;
    return {
      ...(repo === undefined ? {} : { repo }),
      ...(ref === undefined ? {} : { ref }),
      configuredIn: appendPath({ path: this.origin.path ?? '' }, this.fileName).path ?? this.fileName,
      configuredBy: { apiVersion: 'builtin', kind },
    };
  }
}

/** Errors that no second attempt can change. */
function isFinal(error: unknown): boolean {
  return error instanceof KustomizeError && (error.kind === 'http' || error.kind === 'limit');
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
