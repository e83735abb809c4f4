// The end of a HelmRelease: its release is uninstalled and its HelmChart deleted, unless it was suspended.
import { isForbidden, isNotFound } from '#kube/status-error';
import { errorMessage } from '#lib/errors';
import type { ReleaseContext } from './action.ts';
import { KubeConfigMissingError } from '../apply/kubeconfig.ts';
import { catchUp } from './catch-up.ts';
import { deleteOwnChart, type TemplateContext } from './chart-template.ts';
import type { HelmCluster } from './cluster.ts';
import { setReady } from './conditions.ts';
import type { HelmReleaseDraft } from './helmrelease.ts';
import { latest } from './snapshot.ts';
import { NoLatestError, uninstallRelease } from './uninstall.ts';

export interface FinalizeContext {
  readonly clusterFor: (object: HelmReleaseDraft) => Promise<HelmCluster>;
  readonly contextOf: (cluster: HelmCluster) => ReleaseContext;
  readonly chart: TemplateContext;
  readonly now: () => number;
  readonly signal: AbortSignal;
}

export async function finalize(object: HelmReleaseDraft, context: FinalizeContext): Promise<void> {
  if (object.spec.suspend === true) return;
  if (object.status?.storageNamespace || (await hasUntoldRelease(object, context))) await uninstall(object, context);
  await deleteOwnChart(object, context.chart);
}

/** A process that died while it installed could not write down that there is a release. */
async function hasUntoldRelease(
  object: HelmReleaseDraft,
  { clusterFor, contextOf, signal }: FinalizeContext,
): Promise<boolean> {
  let cluster: HelmCluster;
  try {
    cluster = await clusterFor(object);
  } catch {
    signal.throwIfAborted();
    // Where it was not to be had before either, nothing was installed.
    return false;
  }
  try {
    await catchUp(contextOf(cluster));
  } catch (error) {
    if (!isForbidden(error) && !isNotFound(error)) throw error;
  }
  return latest(object.status?.history) !== undefined;
}

async function uninstall(
  object: HelmReleaseDraft,
  { clusterFor, contextOf, now, signal }: FinalizeContext,
): Promise<void> {
  let cluster: HelmCluster;
  try {
    cluster = await clusterFor(object);
  } catch (error) {
    signal.throwIfAborted();
    // The cluster it was in is gone, as far as anybody can tell.
    if (error instanceof KubeConfigMissingError) return;
    const message = `failed to build REST client getter to uninstall release: ${errorMessage(error)}`;
    setReady(object, 'False', 'UninstallFailed', message, now());
    throw new Error(message, { cause: error });
  }
  if (!(await hasAccount(object, cluster, now))) return;
  const release = contextOf(cluster);
  await catchUp(release);
  await uninstallRelease(release).catch((error: unknown) => {
    if (!(error instanceof NoLatestError)) throw error;
  });
  object.status!.history = [];
  delete object.status!.storageNamespace;
}

const serviceAccounts = { group: '', version: 'v1', plural: 'serviceaccounts', namespaced: true };

/** Without the ServiceAccount to act as nothing can be uninstalled: a deleted tenant must not stay for ever. */
async function hasAccount(
  object: HelmReleaseDraft,
  { identity, owner }: HelmCluster,
  now: () => number,
): Promise<boolean> {
  if (identity === '' || object.spec.kubeConfig !== undefined) return true;
  const slash = identity.indexOf('/');
  const name = identity.slice(slash + 1);
  try {
    await owner.get(serviceAccounts, { namespace: identity.slice(0, slash), name }, { metadataOnly: true });
    return true;
  } catch (error) {
    if (isNotFound(error)) return false;
    const message = `failed to confirm ServiceAccount '${name}' can be used to uninstall release: ${errorMessage(error)}`;
    setReady(object, 'False', 'UninstallFailed', message, now());
    throw new Error(message, { cause: error });
  }
}
