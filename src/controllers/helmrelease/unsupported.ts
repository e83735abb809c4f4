// Fields whose meaning is not implemented: named to the user, never passed over.
import type { HelmRelease } from '#api/helm/helmrelease';

/** The first field that asks for something that cannot be done here; undefined when there is none. */
export function unsupportedField({ spec }: Pick<HelmRelease, 'spec'>): string | undefined {
  const found: readonly (readonly [string, boolean])[] = [
    ['spec.kubeConfig.configMapRef', spec.kubeConfig?.configMapRef !== undefined],
    [
      `spec.postRenderStrategy: ${spec.postRenderStrategy ?? ''}`,
      spec.postRenderStrategy !== undefined &&
        spec.postRenderStrategy !== 'nohooks' &&
        (spec.postRenderers ?? []).length > 0,
    ],
  ];
  return found.find(([, isUsed]) => isUsed)?.[0];
}
