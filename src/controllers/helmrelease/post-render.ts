// What is done to rendered manifests before they are applied and recorded: the post-renderers of the spec, common
// metadata, and the labels that say whose they are. Documents come out as kustomize writes them, as upstream's do.
import type { HelmRelease } from '#api/helm/helmrelease';
import { sigsMarshal, type GoObject } from '#goyaml/index';
import {
  type Hook,
  type HelmWarning,
  installOrder,
  isHook,
  type Manifest,
  type ManifestHead,
  manifestText,
  sortByKind,
  toHook,
} from '#helm/index';
import { CodedError, errorMessage } from '#lib/errors';
import { applyCommonMetadata, buildLocal, MemoryFiles } from '#kustomize/index';
import { originNameLabel, originNamespaceLabel } from './helmrelease.ts';

export interface PostRendering {
  readonly owner: { readonly name: string; readonly namespace: string };
  readonly commonMetadata?: HelmRelease['spec']['commonMetadata'];
  readonly renderers?: HelmRelease['spec']['postRenderers'];
  /** Whether hooks are seen. @default 'nohooks', as in Flux 2.7 */
  readonly strategy?: HelmRelease['spec']['postRenderStrategy'];
}

interface RenderedParts {
  readonly manifests: readonly Manifest[];
  readonly hooks: readonly Hook[];
}

export interface PostRendered {
  /** In the order they are installed. */
  readonly objects: readonly GoObject[];
  readonly hooks: readonly Hook[];
}

type PostRenderers = NonNullable<HelmRelease['spec']['postRenderers']>;

export function postRender(
  { manifests, hooks }: RenderedParts,
  rendering: PostRendering,
  warn: (warning: HelmWarning) => void,
): PostRendered {
  const { strategy = 'nohooks' } = rendering;
  if (strategy === 'nohooks') return { objects: transform(manifestText(manifests), rendering), hooks };
  const ofHooks = hooks.map(({ path, manifest }) => ({ path, content: manifest }));
  const groups = strategy === 'combined' ? [[...ofHooks, ...manifests]] : [ofHooks, manifests];
  const objects = groups.flatMap((documents) => transform(withPaths(documents), rendering));
  return apart(objects, warn);
}

/** Everything that is done to documents, one after another. */
function transform(documents: string, { owner, commonMetadata, renderers = [] }: PostRendering): GoObject[] {
  let text = documents;
  for (const { kustomize } of renderers) {
    if (kustomize === undefined) continue;
    const { patches, images } = kustomize;
    text = textOf(build(text, { ...(patches && { patches }), ...(images && { images }) }));
  }
  const objects = build(text, {});
  if (commonMetadata !== undefined) {
    const { labels, annotations } = commonMetadata;
    applyCommonMetadata(objects, { ...(labels && { labels }), ...(annotations && { annotations }) });
  }
  applyCommonMetadata(objects, {
    labels: { [originNameLabel]: owner.name, [originNamespaceLabel]: owner.namespace },
  });
  return objects;
}

/** The object says which template it came from, by Helm's own annotation. */
const pathAnnotation = 'postrenderer.helm.sh/postrender-filename';

function withPaths(documents: readonly { readonly path: string; readonly content: string }[]): string {
  const files = Map.groupBy(documents, ({ path }) => path);
  const objects = [...files].map(([path, contents]) => {
    const made = build(contents.map(({ content }) => content).join('\n---\n'), {});
    applyCommonMetadata(made, { annotations: { [pathAnnotation]: path } });
    return textOf(made);
  });
  return objects.join('---\n');
}

/** Tells hooks from the rest by what they are now, in the order they are installed. */
function apart(rendered: readonly GoObject[], warn: (warning: HelmWarning) => void): PostRendered {
  const objects: GoObject[] = [];
  const hooks: Hook[] = [];
  for (const [index, object] of rendered.entries()) {
    const path = takePath(object) ?? `generated-by-postrender-${index}.yaml`;
    const head = headOf(object);
    if (!isHook(head)) {
      objects.push(object);
      continue;
    }
    const hook = toHook(head, { path, document: sigsMarshal(object) });
    if (hook !== undefined) hooks.push(hook);
    else warn({ site: 'manifest_sorter.go:199', message: `info: skipping unknown hook in ${path}` });
  }
  const order = installOrder(3);
  return {
    objects: sortByKind(objects, order, (object) => headOf(object).kind),
    hooks: sortByKind(hooks, order, ({ kind }) => kind),
  };
}

type Metadata = { name?: string; annotations?: Record<string, string> };

function headOf(object: GoObject): ManifestHead {
  const { name = '', annotations = {} } = (object['metadata'] ?? {}) as Metadata;
  const text = (key: string): string => (typeof object[key] === 'string' ? object[key] : '');
  return { apiVersion: text('apiVersion'), kind: text('kind'), name, annotations };
}

/** Undefined where a patch took it away. */
function takePath(object: GoObject): string | undefined {
  const metadata = (object['metadata'] ?? {}) as Metadata;
  const { [pathAnnotation]: path, ...annotations } = metadata.annotations ?? {};
  if (Object.keys(annotations).length > 0) metadata.annotations = annotations;
  else delete metadata.annotations;
  return path;
}

const output = 'helm-output.yaml';

function build(text: string, changes: Partial<PostRenderers[number]['kustomize'] & object>): GoObject[] {
  if (!/\S/.test(text.replaceAll(/^(---|#).*$/gm, ''))) return [];
  const kustomization = {
    apiVersion: 'kustomize.config.k8s.io/v1beta1',
    kind: 'Kustomization',
    resources: [output],
    ...changes,
  };
  const files = new MemoryFiles([
    ['/kustomization.yaml', JSON.stringify(kustomization)],
    [`/${output}`, text],
  ]);
  try {
    return buildLocal({ files, path: '/', options: { loadRestrictions: 'none', sort: 'fifo' } }).objects();
  } catch (error) {
    throw new CodedError('POST_RENDER_FAILED', `error while running post render on files: ${errorMessage(error)}`, {
      cause: error,
    });
  }
}

function textOf(objects: readonly GoObject[]): string {
  return objects.map((object) => sigsMarshal(object)).join('---\n');
}
