// Builds a kustomization: gathers, names, resolves, sorts, and hands out objects or YAML.
import { sigsMarshal, type GoObject } from '#goyaml/index';
import { valueOfNode } from './fields/value-node.ts';
import { Accumulator } from './accumulator.ts';
import { BuildContext, limitsOf, type BuildOptions } from './context.ts';
import { checkMetadata } from './documents.ts';
import { Effects } from './effects.ts';
import { KustomizeError, Suspended, withPrefix } from './errors.ts';
import type { FileSystem } from './files/file-system.ts';
import type { Kustomization } from './kustomization/types.ts';
import { Loader } from './loader.ts';
import { sortResources } from './order.ts';
import { effectiveNamespace, idText } from './resid.ts';
import type { ResMap } from './resmap.ts';
import { ORIGIN, TRANSFORMATIONS, stripState } from './resource-state.ts';
import type { Resource } from './resource.ts';
import { Target } from './target.ts';
import { hashStep } from './transform/hash.ts';
import { entriesStep } from './transform/metadata.ts';
import { fixNameReferences } from './transform/name-references.ts';
import { replaceVars } from './transform/vars.ts';

export interface BuildRequest {
  readonly files: FileSystem;
  /** The directory to build, or a Git URL when remote resources are allowed. */
  readonly path: string;
  readonly options?: BuildOptions;
}

/** The result of a build. */
export class Built {
  readonly #resources: readonly Resource[];

  constructor(resources: readonly Resource[]) {
    this.#resources = resources;
  }

  get size(): number {
    return this.#resources.length;
  }

  /** Plain values; integers beyond 2^53 are bigints. */
  objects(): GoObject[] {
    return this.#resources.map(valueOf);
  }

  /** As `kustomize build` prints it. */
  yaml(): string {
    return this.documents().join('---\n');
  }

  /** One text for each object. */
  documents(): string[] {
    return this.#resources.map((resource) => sigsMarshal(valueOf(resource)));
  }

  /** One file for each object, as `kustomize build -o DIR` names them. */
  files(): [name: string, text: string][] {
    const namespaces = new Set(
      this.#resources.filter(({ id }) => !id.clusterScoped).map(({ id }) => effectiveNamespace(id)),
    );
    return this.#resources.map((resource) => {
      const { id } = resource;
      const gvk = [id.group, id.version, id.kind].filter((part) => part !== '').join('_');
      const name = `${gvk}_${id.name}.yaml`.toLowerCase();
      const prefix = id.clusterScoped || namespaces.size < 2 ? '' : `${effectiveNamespace(id).toLowerCase()}_`;
      return [prefix + name, sigsMarshal(valueOf(resource))];
    });
  }
}

/** Builds; what is remote is fetched by the interfaces of the options between attempts. */
export async function build(request: BuildRequest): Promise<Built> {
  const options = request.options ?? {};
  const effects = new Effects(limitsOf(options).remotes);
  for (;;) {
    // Warnings of an attempt that has to be made again would be told twice.
    const warnings: string[] = [];
    try {
      const built = attempt(request, { ...options, warn: (text) => warnings.push(text) }, effects);
      for (const text of warnings) options.warn?.(text);
      return built;
    } catch (error) {
      if (error instanceof Suspended) {
        await error.pending;
        continue;
      }
      for (const text of warnings) options.warn?.(text);
      throw error;
    }
  }
}

/** Builds what is all there; fails where something remote is needed. */
export function buildLocal(request: BuildRequest): Built {
  const options = request.options ?? {};
  try {
    return attempt(request, options, new Effects(0));
  } catch (error) {
    if (error instanceof Suspended) throw new KustomizeError('remote resources are not allowed here');
    throw error;
  }
}

function attempt(request: BuildRequest, options: BuildOptions, effects: Effects): Built {
  const context = new BuildContext(options, effects);
  const loader = Loader.at(context.loaderContext, request.files, request.path);
  const target = new Target(loader, context);
  const { kustomization } = target;
  const { buildMetadata = [] } = kustomization;
  if (buildMetadata.length > 0) target.origin = {};
  target.configureSchema();
  const gathered = new Accumulator(context.defaultConfig);
  target.accumulate(gathered);
  const { resources } = gathered;
  hashStep()(resources);
  const config = gathered.config ?? context.defaultConfig;
  fixNameReferences(resources, config.nameReference);
  replaceVars(resources, gathered.vars, { fieldSpecs: config.varReference, warn: context.warn });
  dropLocal(resources);
  sort(resources, kustomization, options);
  if (options.addManagedByLabel === true || buildMetadata.includes('managedByLabel')) {
    const version = options.managedByVersion ?? '(devel)';
    const label = { 'app.kubernetes.io/managed-by': `kustomize-${version}` };
    entriesStep(label, [{ path: 'metadata/labels', create: true }])(resources);
  }
  clean(resources, buildMetadata);
  return new Built(resources.resources);
}

/** What has no form as JSON is refused with the name of its object, not with its whole content. */
function valueOf(resource: Resource): GoObject {
  return withPrefix(
    () => idText(resource.id),
    () => valueOfNode(resource.root),
  );
}

/** Resources that only configure the build are no part of its result. */
function dropLocal(resources: ResMap): void {
  const kept = resources.resources.filter((resource) => {
    if (resource.isEmpty) return false;
    checkMetadata(resource.root);
    return (resource.annotations.get('config.kubernetes.io/local-config') ?? 'false') === 'false';
  });
  if (kept.length < resources.resources.length) resources.reorder(kept);
  resources.checkUnique();
}

function sort(resources: ResMap, { sortOptions }: Kustomization, options: BuildOptions): void {
  if (sortOptions !== undefined) sortResources(resources, sortOptions);
  else if (options.sort !== 'fifo') sortResources(resources, { order: 'legacy' });
}

/** Takes off what the build has noted on its resources; annotations come out as strings. */
function clean(resources: ResMap, buildMetadata: readonly string[]): void {
  const keepOrigin = buildMetadata.includes('originAnnotations');
  const keepTransformations = buildMetadata.includes('transformerAnnotations');
  for (const resource of resources.resources) {
    const { annotations } = resource;
    stripState(annotations);
    if (!keepOrigin) annotations.delete(ORIGIN);
    if (!keepTransformations) annotations.delete(TRANSFORMATIONS);
    resource.setAnnotations(annotations);
  }
}
