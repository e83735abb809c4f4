// spec.verify: third step, which lets only what a trusted key signed become an artifact.
import { inspectJob, type InspectInput, type InspectOutput, type SignatureCheck } from '#git/index';
import type { KubeClient } from '#kube/client';
import { errorMessage } from '#lib/errors';
import { deleteConditions, isFalse, setCondition } from '#runtime/conditions';
import { StalledError, TransientError, type ReconcileError } from '#runtime/reconcile-error';
import type { StepContext } from '#runtime/source-reconciler';
import type { WorkerPool } from '#workers/pool';
import { sourceVerified, succeeded } from '../source/conditions.ts';
import { readSecret } from '../source/secret.ts';
import type { GitRepositoryDraft, GitRun } from './git-repository.ts';

export interface VerifyOptions {
  readonly client: Pick<KubeClient, 'get'>;
  readonly pool: WorkerPool;
}

type Context = StepContext<GitRepositoryDraft>;
type Mode = 'HEAD' | 'Tag' | 'TagAndHEAD';

function modeOf({ spec: { verify } }: GitRepositoryDraft): Mode | undefined {
  if (verify === undefined) return undefined;
  const { mode = 'HEAD' } = verify;
  return mode === 'head' ? 'HEAD' : mode;
}

/** Whether the artifact in storage is not known to be signed as is now asked for. Asking for less is no reason. */
export function needsVerification(object: GitRepositoryDraft): boolean {
  const wanted = modeOf(object);
  const verified = object.status?.sourceVerificationMode;
  return wanted !== undefined && verified !== wanted && verified !== 'TagAndHEAD';
}

/** Forgets a failed verification: this run tells anew. */
export async function beginVerification({ object }: Context): Promise<void> {
  if (isFalse(object, sourceVerified)) deleteConditions(object, sourceVerified);
  if (modeOf(object) !== undefined) return;
  deleteConditions(object, sourceVerified);
  if (object.status !== undefined) delete object.status.sourceVerificationMode;
}

export async function verify(context: Context, run: GitRun, { client, pool }: VerifyOptions): Promise<void> {
  const { object, now, signal } = context;
  const mode = modeOf(object);
  const { ref, pack } = run;
  if (mode === undefined || ref === undefined || pack === undefined) return;
  const isTag = ref.reference?.startsWith('refs/tags/') === true;
  if (mode !== 'HEAD' && !isTag) {
    const message = `cannot verify tag object's signature if a tag reference is not specified`;
    throw refuse(context, new StalledError('InvalidVerificationMode', message));
  }
  const keys = await trustedKeys(context, client);
  const input: InspectInput = {
    pack,
    commit: ref.commit,
    verify: { keys, commit: mode !== 'Tag', ...(mode !== 'HEAD' && { tag: ref.object ?? ref.commit }) },
  };
  const { namespace = '', name } = object.metadata;
  const output = await pool.run<InspectOutput>(inspectJob, input, { signal, owner: `${namespace}/${name}` });
  const tag = ref.reference?.slice('refs/tags/'.length) ?? '';
  const lines: string[] = [];
  if (output.tag !== undefined) {
    const known = `${tag}@sha1:${ref.object ?? ref.commit}`;
    lines.push(`- tag '${known}' with key '${tagKey(context, output.tag, tag, known)}'`);
  }
  if (output.commit !== undefined) {
    lines.push(`- commit '${ref.revision}' with key '${commitKey(context, output.commit, ref.revision)}'`);
  }
  const message = `verified signature of\n${lines.map((line) => `\t${line}`).join('\n')}`;
  setCondition(object, { type: sourceVerified, status: 'True', reason: succeeded, message }, now());
  object.status!.sourceVerificationMode = mode;
  context.events.record(object, { severity: 'trace', reason: succeeded, message });
}

async function trustedKeys(
  context: Context,
  client: Pick<KubeClient, 'get'>,
): Promise<{ readonly name: string; readonly text: string }[]> {
  const { object, signal } = context;
  const { name } = object.spec.verify!.secretRef;
  try {
    const secret = await readSecret(client, object.metadata.namespace ?? '', name, signal);
    return secret.keys().map((key) => ({ name: key, text: secret.open(key) ?? '' }));
  } catch (error) {
    signal.throwIfAborted();
    const message = `PGP public keys secret error: ${errorMessage(error)}`;
    throw refuse(context, new TransientError('VerificationError', message, { cause: error }));
  }
}

function tagKey(context: Context, check: SignatureCheck, tag: string, known: string): string {
  if ('key' in check) return check.key;
  const failure =
    'unsigned' in check
      ? new TransientError('InvalidGitObject', `cannot verify signature of tag '${tag}' since it is not signed`)
      : new TransientError('InvalidTagSignature', `signature verification of tag '${known}' failed: ${check.failure}`);
  throw refuse(context, failure);
}

function commitKey(context: Context, check: SignatureCheck, revision: string): string {
  if ('key' in check) return check.key;
  const why = 'unsigned' in check ? 'unable to verify payload as the provided signature is empty' : check.failure;
  const message = `signature verification of commit '${revision}' failed: unable to verify Git commit: ${why}`;
  throw refuse(context, new TransientError('InvalidCommitSignature', message));
}

function refuse({ object, now }: Context, failure: ReconcileError): ReconcileError {
  const { reason, message } = failure;
  setCondition(object, { type: sourceVerified, status: 'False', reason, message }, now());
  return failure;
}
