// The data key of a document: from any key of each group, in the order SOPS tries them, put together where it was shared.
import { errorMessage } from '#lib/errors';
import { SopsError } from './errors.ts';
import { dataKeyFailure, type GroupFailure } from './failure-text.ts';
import type { KeyRing } from './key-ring.ts';
import { isLocal, type MasterKey, type RemoteKey } from './keys/master-key.ts';
import type { Metadata } from './metadata.ts';
import { combineParts } from './shamir.ts';

/** What a service said of a key: the part it keeps encrypted, or why not. */
export type RemoteAnswer = { readonly part: Uint8Array } | { readonly error: string };

export interface KeySources {
  readonly ring: KeyRing;
  /** Undefined for what was not asked yet. */
  readonly remote: (key: RemoteKey) => RemoteAnswer | undefined;
}

export type DataKey =
  | { readonly key: Uint8Array }
  /** Each list: keys of services of which one is wanted, in the order to try them. */
  | { readonly wanted: readonly (readonly RemoteKey[])[] };

/** Throws a SopsError that names every key and what is wrong with it. */
export async function dataKeyOf({ groups, threshold }: Metadata, sources: KeySources): Promise<DataKey> {
  const results = await Promise.all(groups.map((group) => openGroup(inOrder(group), sources)));
  const wanted = results.flatMap((result) => ('wanted' in result ? [result.wanted] : []));
  if (wanted.length > 0) return { wanted };
  const parts = results.flatMap((result) => ('part' in result ? [result.part] : []));
  if (groups.length === 1 ? parts.length === 1 : parts.length >= threshold && parts.length > 0) {
    return { key: groups.length === 1 ? parts[0]! : combineParts(parts) };
  }
  const failures = results.map((result) => ('failures' in result ? result.failures : undefined));
  throw new SopsError('SOPS_KEY', dataKeyFailure(failures, threshold));
}

type GroupResult =
  | { readonly part: Uint8Array }
  | { readonly wanted: readonly RemoteKey[] }
  | { readonly failures: GroupFailure };

async function openGroup(keys: readonly MasterKey[], sources: KeySources): Promise<GroupResult> {
  const failures: { key: MasterKey; error: string }[] = [];
  for (const [index, key] of keys.entries()) {
    const answer = isLocal(key) ? await locally(() => sources.ring.decrypt(key)) : sources.remote(key);
    // Local keys are tried before all others: what follows is at services too.
    if (answer === undefined) return { wanted: keys.slice(index) as RemoteKey[] };
    if ('part' in answer) return answer;
    failures.push({ key, error: answer.error });
  }
  return { failures };
}

async function locally(decrypt: () => Promise<Uint8Array>): Promise<RemoteAnswer> {
  try {
    return { part: await decrypt() };
  } catch (error) {
    return { error: errorMessage(error) };
  }
}

function inOrder(keys: readonly MasterKey[]): MasterKey[] {
  return keys.toSorted((a, b) => rank(a) - rank(b));
}

function rank({ type }: MasterKey): number {
  return type === 'age' ? 0 : type === 'pgp' ? 1 : 2;
}
