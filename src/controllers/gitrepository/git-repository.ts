// What the steps of a GitRepository's reconcile share: the object's draft, and what they hand on to each other.
import type { GitRepository } from '#api/source/gitrepository';
import type { Artifact } from '#api/source/shared';
import type { ArchiveInput, ResolvedRef } from '#git/index';
import type { Draft } from '#runtime/draft';

export type GitRepositoryDraft = Draft<GitRepository> & { status?: NonNullable<Draft<GitRepository>['status']> };

export interface IncludedArtifact {
  /** Name of the other GitRepository. */
  readonly name: string;
  readonly fromPath: string;
  readonly toPath: string;
  readonly artifact: Artifact;
}

/** What the steps of one run hand on. */
export interface GitRun {
  /** The artifacts of other GitRepositories that go into this one's, in the order of spec.include. */
  includes: readonly IncludedArtifact[];
  ref?: ResolvedRef;
  /** The fetched pack; undefined when the artifact in storage is the wanted one. */
  pack?: string;
  submodules?: NonNullable<ArchiveInput['submodules']>;
  /** Directory of this run, removed at its end. */
  directory?: string;
  /** First line of the commit's message, once archived. */
  subject?: string;
}
