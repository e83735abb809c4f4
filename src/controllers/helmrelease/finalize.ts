// The end of a HelmRelease: its release is uninstalled and its HelmChart deleted, unless it was suspended.
import { parseKey } from '#kube/object';
import { isForbidden, isNotFound } from '#kube/status-error';
import { errorMessage } from '#lib/errors';
import { isAccountGone } from '../apply/account-check.ts';
import { KubeConfigMissingError } from '../apply/kubeconfig.ts';
import type { ReleaseContext } from './action.ts';
import { catchUp } from './catch-up.ts';
import { deleteOwnChart } from './chart-template.ts';
import type { HelmCluster } from './cluster.ts';
import { recordedRelease, releaseContext, storageOf, wantedRelease } from './release.ts';
import { templateContext, type Run } from './run.ts';
import { latest } from './snapshot.ts';
import { NoLatestError, uninstallRelease } from './uninstall.ts';

/** Throws when the release or the chart could not be removed. */
export async function finalize(run: Run): Promise<void> {
  const { object } = run;
  if (object.spec.suspend === true) return;
  if (object.status?.storageNamespace || (await hasUntoldRelease(run))) await uninstall(run);
  await deleteOwnChart(object, templateContext(run));
}

/** A process that died while it installed could not write down that there is a release. */
async function hasUntoldRelease(run: Run): Promise<boolean> {
  const { object, deps, context } = run;
  let cluster: HelmCluster;
  try {
    cluster = await deps.clusterFor(object);
  } catch {
    context.signal.throwIfAborted();
    // Where it was not to be had before either, nothing was installed.
    return false;
  }
  try {
    await catchUp(releaseToRemove(run, cluster));
  } catch (error) {
    if (!isForbidden(error) && !isNotFound(error)) throw error;
  }
  return latest(object.status?.history) !== undefined;
}

async function uninstall(run: Run): Promise<void> {
  const { object, deps, context, gates } = run;
  let cluster: HelmCluster;
  try {
    cluster = await deps.clusterFor(object);
  } catch (error) {
    context.signal.throwIfAborted();
    // The cluster it was in is gone, as far as anybody can tell.
    if (error instanceof KubeConfigMissingError) return;
    const message = `failed to build REST client getter to uninstall release: ${errorMessage(error)}`;
    gates.ready('False', 'UninstallFailed', message);
    throw new Error(message, { cause: error });
  }
  if (!(await hasAccount(run, cluster))) return;
  const release = releaseToRemove(run, cluster);
  await catchUp(release);
  await uninstallRelease(release).catch((error: unknown) => {
    if (!(error instanceof NoLatestError)) throw error;
  });
  object.status!.history = [];
  delete object.status!.storageNamespace;
}

function releaseToRemove(run: Run, cluster: HelmCluster): ReleaseContext {
  const id = recordedRelease(run.object) ?? wantedRelease(run.object);
  return releaseContext(run, cluster, storageOf(run, cluster, id));
}

/** Without the ServiceAccount to act as nothing can be uninstalled. */
async function hasAccount({ object, context, gates }: Run, { identity, owner }: HelmCluster): Promise<boolean> {
  if (object.spec.kubeConfig !== undefined) return true;
  try {
    return !(await isAccountGone(owner, identity, context.signal));
  } catch (error) {
    const { name } = parseKey(identity);
    const message = `failed to confirm ServiceAccount '${name}' can be used to uninstall release: ${errorMessage(error)}`;
    gates.ready('False', 'UninstallFailed', message);
    throw new Error(message, { cause: error });
  }
}
