// What is done to rendered manifests before they are applied and recorded: the post-renderers of the spec, common
// metadata, and the labels that say whose they are. Documents come out as kustomize writes them, as upstream's do.
import type { HelmRelease } from '#api/helm/helmrelease';
import { sigsMarshal, type GoObject } from '#goyaml/index';
import { manifestText, type Manifest } from '#helm/index';
import { CodedError, errorMessage } from '#lib/errors';
import { applyCommonMetadata, buildLocal, MemoryFiles } from '#kustomize/index';
import { originNameLabel, originNamespaceLabel } from './helmrelease.ts';

export interface PostRendering {
  readonly owner: { readonly name: string; readonly namespace: string };
  readonly commonMetadata?: HelmRelease['spec']['commonMetadata'];
}

type PostRenderers = NonNullable<HelmRelease['spec']['postRenderers']>;

/** The objects of a release, in their order. */
export function postRender(
  manifests: readonly Manifest[],
  { owner, commonMetadata }: PostRendering,
  renderers: PostRenderers = [],
): GoObject[] {
  let text = manifestText(manifests);
  for (const { kustomize } of renderers) {
    if (kustomize === undefined) continue;
    const { patches, images } = kustomize;
    text = build(text, { ...(patches && { patches }), ...(images && { images }) })
      .map((object) => sigsMarshal(object))
      .join('---\n');
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
