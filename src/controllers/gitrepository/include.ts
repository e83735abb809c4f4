// spec.include: which artifacts of other GitRepositories go into this one's.
import type { Artifact } from '#api/source/shared';
import { deleteConditions, setCondition } from '#runtime/conditions';
import { WaitingError } from '#runtime/reconcile-error';
import type { StepContext } from '#runtime/source-reconciler';
import type { ObjectSource } from '#runtime/fresh-objects';
import { artifactOutdated } from '../source/conditions.ts';
import { includeUnavailable } from './conditions.ts';
import type { GitRepositoryDraft, GitRun, IncludedArtifact } from './git-repository.ts';

export interface IncludeOptions {
  readonly repositories: ObjectSource<GitRepositoryDraft>;
  /** How soon to look again, ms, should no event tell of the missing artifact. */
  readonly requeueDependencyMs: number;
}

type Context = StepContext<GitRepositoryDraft>;

/** Finds what is included, before anything is fetched. Waits where one of them has nothing yet. */
export async function findIncludes(context: Context, run: GitRun, options: IncludeOptions): Promise<void> {
  const { object, now } = context;
  run.includes = (object.spec.include ?? []).map((include) => {
    const { name } = include.repository;
    const found = options.repositories.get(`${object.metadata.namespace}/${name}`);
    if (found === undefined) {
      const why = `gitrepositories.source.toolkit.fluxcd.io "${name}" not found`;
      throw unavailable(context, 'NotFound', `could not get resource for include '${name}': ${why}`, options);
    }
    const artifact = found.status?.artifact;
    if (artifact === undefined) {
      throw unavailable(context, 'NoArtifact', `no artifact available for include '${name}'`, options);
    }
    return { name, artifact, fromPath: include.fromPath ?? '', toPath: include.toPath || name };
  });
  deleteConditions(object, includeUnavailable);
  const observed = object.status?.includedArtifacts ?? [];
  if (sameRevisions(run.includes, observed)) return;
  const message = 'included artifacts differ from last observed includes';
  if (observed.length > 0) {
    setCondition(object, { type: artifactOutdated, status: 'True', reason: 'IncludeChange', message }, now());
  }
  context.progress(`building artifact: ${message}`);
}

/** Whether the artifact in storage was made with exactly these. */
export function includesChanged(run: GitRun, { status }: GitRepositoryDraft): boolean {
  const observed = status?.includedArtifacts ?? [];
  return (
    observed.length !== run.includes.length ||
    run.includes.some(({ artifact: { revision, digest } }, i) => {
      const before = observed[i]!;
      return before.revision !== revision || before.digest !== digest;
    })
  );
}

/** Compared as Flux does: revisions alone, in whatever order. */
function sameRevisions(includes: readonly IncludedArtifact[], observed: readonly Artifact[]): boolean {
  const wanted = includes.map(({ artifact }) => artifact.revision).toSorted();
  const before = observed.map(({ revision }) => revision).toSorted();
  return wanted.length === before.length && wanted.every((revision, i) => revision === before[i]);
}

function unavailable(context: Context, reason: string, message: string, options: IncludeOptions): WaitingError {
  setCondition(context.object, { type: includeUnavailable, status: 'True', reason, message }, context.now());
  return new WaitingError(reason, message, options.requeueDependencyMs);
}
