// The part of a run that works: builds the manifests, applies them, and prunes what they no longer have.
import type { Artifact } from '#api/source/shared';
import { JobError } from '#workers/pool';
import type { ApplyOutcome } from '../apply/applier.ts';
import type { Cluster } from '../apply/cluster.ts';
import { applyObjects } from './apply.ts';
import { ArtifactUnavailableError, type Build } from './build.ts';
import type { DecryptionKeys } from './decryption-keys.ts';
import { pruneStale } from './prune.ts';
import type { Run } from './run.ts';
import { StepError } from './step-error.ts';

/** What manifests are built from. */
export interface Ingredients {
  readonly artifact: Artifact;
  /** Undefined where nothing is to be substituted. */
  readonly variables: Readonly<Record<string, string>> | undefined;
  /** Undefined where nothing is to be decrypted. */
  readonly keys: DecryptionKeys | undefined;
}

/** What came of it, and whether the same ingredients give the same again. */
export interface Converged extends ApplyOutcome {
  readonly isRepeatable: boolean;
}

/** Throws a StepError. */
export async function converge(run: Run, ingredients: Ingredients, cluster: Cluster): Promise<Converged> {
  run.context.signal.throwIfAborted();
  run.report.ready('Unknown', 'Progressing', 'Reconciliation in progress');
  run.report.progress(`Fetching manifests for revision ${ingredients.artifact.revision}`);
  const { objects, isRemote } = await build(run, ingredients);
  const outcome = await applyObjects(run, objects, cluster);
  await pruneStale(run, outcome, cluster);
  const isRepeatable = !isRemote && !outcome.changes.some(({ action }) => action === 'skipped');
  return { ...outcome, isRepeatable };
}

async function build({ object, deps, report, context: { signal } }: Run, ingredients: Ingredients): Promise<Build> {
  const { revision } = ingredients.artifact;
  report.progress(`Building manifests for revision ${revision}`);
  try {
    const { strictSubstitution } = deps.options;
    const built = await deps.builder.build({ ...ingredients, kustomization: object, strictSubstitution, signal });
    object.status!.lastAttemptedRevision = revision;
    report.digest = built.digest;
    return built;
  } catch (error) {
    signal.throwIfAborted();
    const unavailable = error instanceof ArtifactUnavailableError || isArtifactFault(error);
    if (!unavailable) object.status!.lastAttemptedRevision = revision;
    throw new StepError(unavailable ? 'ArtifactFailed' : 'BuildFailed', error);
  }
}

/** What is wrong is the artifact, or what the spec looks for in it; not the manifests. */
function isArtifactFault(error: unknown): boolean {
  return error instanceof JobError && ['PATH_NOT_FOUND', 'ARTIFACT_DIGEST_MISMATCH'].includes(error.code);
}
