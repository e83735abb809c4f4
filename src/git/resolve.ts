// From what a GitRepository asks for to one commit: branch, tag, version range, reference name or hash.
import { errorMessage } from '#lib/errors';
import {
  compareVersions,
  type Constraint,
  maxSatisfying,
  parseConstraint,
  tryParseVersion,
  type Version,
} from '#lib/masterminds-semver';
import { GitError } from './errors.ts';
import type { GitSession, RemoteRef } from './session.ts';
import { youngest } from './youngest.ts';

/** The first one set counts, in the order commit, name, tag, semver, branch; `master` when none is. */
export interface RefSpec {
  readonly branch?: string | undefined;
  readonly tag?: string | undefined;
  readonly semver?: string | undefined;
  readonly name?: string | undefined;
  readonly commit?: string | undefined;
}

/** One commit of the remote, with the words it is known by. */
export interface ResolvedRef {
  readonly commit: string;
  /** Full reference name; undefined when a bare commit was asked for. */
  readonly reference?: string;
  /** What the reference points at when that is not the commit but a tag object. */
  readonly object?: string;
  /** As Flux writes it, e.g. `main@sha1:<hash>`. */
  readonly revision: string;
}

const branches = 'refs/heads/';
const tags = 'refs/tags/';

/** Finds the commit with one listing of references, or none where the hash is given. */
export async function resolveRef(session: GitSession, spec: RefSpec, signal: AbortSignal): Promise<ResolvedRef> {
  if (spec.commit) return resolveCommit(session, spec, spec.commit, signal);
  if (spec.name) return resolveName(session, spec.name, signal);
  if (spec.tag) return resolveTag(session, spec.tag, signal);
  if (spec.semver) return resolveSemver(session, spec.semver, signal);
  return resolveBranch(session, spec.branch || 'master', signal);
}

async function resolveBranch(session: GitSession, branch: string, signal: AbortSignal): Promise<ResolvedRef> {
  const reference = branches + branch;
  const refs = await session.refs([reference, 'HEAD'], signal);
  const found = refs.find(({ name }) => name === reference);
  if (found !== undefined) return { commit: found.hash, reference, revision: `${branch}@sha1:${found.hash}` };
  const any = refs.length > 0 || (await session.refs(['refs/'], signal)).length > 0;
  if (!any) throw new GitError('GIT_EMPTY_REPOSITORY', 'git repository is empty');
  throw notFound(reference);
}

async function resolveTag(session: GitSession, tag: string, signal: AbortSignal): Promise<ResolvedRef> {
  const reference = tags + tag;
  const found = await exactRef(session, reference, signal);
  if (found === undefined) throw notFound(reference);
  return { ...pointedAt(found), reference, revision: `${tag}@sha1:${pointedAt(found).commit}` };
}

async function resolveName(session: GitSession, name: string, signal: AbortSignal): Promise<ResolvedRef> {
  if (name.startsWith('/') || name.endsWith('/')) {
    throw unresolved(`ref ${name} is invalid; Git refs cannot begin or end with a slash '/'`);
  }
  const reference = name.endsWith('^{}') ? name.slice(0, -3) : name;
  const found = await exactRef(session, reference, signal);
  if (found === undefined) {
    throw unresolved(`unable to resolve ref '${name}' to a specific commit`);
  }
  return { ...pointedAt(found), reference, revision: `${name}@sha1:${pointedAt(found).commit}` };
}

async function resolveCommit(
  session: GitSession,
  spec: RefSpec,
  commit: string,
  signal: AbortSignal,
): Promise<ResolvedRef> {
  if (!/^[0-9a-f]{40}$/.test(commit)) {
    throw unresolved(`'${commit}' is not a commit: write the full hash, 40 characters of 0-9 and a-f`);
  }
  const label = spec.name ?? spec.branch;
  const reference = spec.name ?? (spec.branch && branches + spec.branch);
  if (reference && (await exactRef(session, reference, signal)) === undefined) throw notFound(reference);
  return {
    commit,
    ...(reference && { reference }),
    revision: label ? `${label}@sha1:${commit}` : `sha1:${commit}`,
  };
}

async function resolveSemver(session: GitSession, range: string, signal: AbortSignal): Promise<ResolvedRef> {
  const constraint = constraintOf(range);
  const refs = await session.refs([tags], signal);
  const byVersion = new Map<Version, RemoteRef>();
  for (const ref of refs.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    const tag = ref.name.slice(tags.length);
    // Two dots at least: `1.2` is a version to Masterminds, but not to Flux.
    const version = tag.split('.').length >= 3 ? tryParseVersion(tag) : undefined;
    if (version !== undefined) byVersion.set(version, ref);
  }
  const best = maxSatisfying(byVersion.keys(), constraint);
  if (best === undefined) throw unresolved(`no match found for semver: ${range}`);
  // Versions that differ in build metadata alone are equal: the youngest commit counts.
  const equal = [...byVersion].filter(([version]) => compareVersions(version, best) === 0).map(([, ref]) => ref);
  const chosen = equal.length === 1 ? equal[0]! : await youngest(session, equal, signal);
  const target = pointedAt(chosen);
  return { ...target, reference: chosen.name, revision: `${chosen.name.slice(tags.length)}@sha1:${target.commit}` };
}

function constraintOf(range: string): Constraint {
  try {
    return parseConstraint(range);
  } catch (error) {
    throw unresolved(`semver parse error: ${errorMessage(error)}`);
  }
}

function pointedAt({ hash, peeled }: RemoteRef): Pick<ResolvedRef, 'commit' | 'object'> {
  return peeled === undefined ? { commit: hash } : { commit: peeled, object: hash };
}

function unresolved(message: string): GitError {
  return new GitError('GIT_REFERENCE_UNRESOLVED', message);
}

async function exactRef(session: GitSession, name: string, signal: AbortSignal): Promise<RemoteRef | undefined> {
  return (await session.refs([name], signal)).find((ref) => ref.name === name);
}

function notFound(reference: string): GitError {
  return new GitError('GIT_REFERENCE_NOT_FOUND', `couldn't find remote ref "${reference}"`);
}
