// What SOPS notes in an encrypted document: whose keys open it, and which of its values they open.
import { isObject, type GoObject, type GoValue } from '#goyaml/index';
import { SopsError } from './errors.ts';
import type { MasterKey } from './keys/master-key.ts';
import { selectors, type Rule } from './selection.ts';

export const metadataKey = 'sops';

export interface Metadata {
  /** Any key of a group opens the group's part of the data key; with one group, that is all of it. */
  readonly groups: readonly (readonly MasterKey[])[];
  /** Parts that are enough; 0 where nothing is said. */
  readonly threshold: number;
  readonly rule: Rule;
}

const defaultRule: Rule = { selector: 'unencrypted_suffix', pattern: '_unencrypted' };
/** More keys than this are no document of people. */
const maxKeys = 1000;

/** Throws a SopsError for what is no metadata. */
export function metadataOf(value: GoValue | undefined): Metadata {
  if (!isObject(value)) throw new SopsError('SOPS_FORMAT', 'sops metadata not found');
  const groups = groupsOf(value);
  if (groups.flat().length > maxKeys) throw new SopsError('SOPS_FORMAT', `more than ${maxKeys} keys in file`);
  const threshold = value['shamir_threshold'] ?? 0;
  if (!Number.isSafeInteger(Number(threshold))) {
    throw new SopsError('SOPS_FORMAT', 'shamir_threshold is not an integer');
  }
  return { groups, threshold: Number(threshold), rule: ruleOf(value) };
}

function ruleOf(value: GoObject): Rule {
  const rules = selectors.flatMap((selector) => {
    const pattern = text(value, selector);
    return pattern === '' ? [] : [{ selector, pattern }];
  });
  if (rules.length > 1) {
    const message = `Cannot use more than one of encrypted_suffix, unencrypted_suffix, encrypted_regex, unencrypted_regex, encrypted_comment_regex, or unencrypted_comment_regex in the same file`;
    throw new SopsError('SOPS_FORMAT', message);
  }
  return rules[0] ?? defaultRule;
}

function groupsOf(value: GoObject): MasterKey[][] {
  const keys = keysOf(value);
  if (keys.length > 0) return [keys];
  const groups = list(value, 'key_groups').map(keysOf);
  if (groups.length === 0) throw new SopsError('SOPS_FORMAT', 'No keys found in file');
  return groups;
}

/** The keys of a group in the order SOPS reads them. */
function keysOf(group: GoObject): MasterKey[] {
  return [
    ...list(group, 'kms').map((key): MasterKey => ({
      type: 'kms',
      enc: text(key, 'enc'),
      arn: text(key, 'arn'),
      role: text(key, 'role'),
      context: contextOf(key['context']),
    })),
    ...list(group, 'gcp_kms').map((key): MasterKey => ({
      type: 'gcp_kms',
      enc: text(key, 'enc'),
      resourceId: text(key, 'resource_id'),
    })),
    ...list(group, 'azure_kv').map((key): MasterKey => ({
      type: 'azure_kv',
      enc: text(key, 'enc'),
      vaultUrl: text(key, 'vault_url'),
      name: text(key, 'name'),
      version: text(key, 'version'),
    })),
    ...list(group, 'hc_vault').map((key): MasterKey => ({
      type: 'hc_vault',
      enc: text(key, 'enc'),
      address: text(key, 'vault_address'),
      enginePath: text(key, 'engine_path'),
      keyName: text(key, 'key_name'),
    })),
    ...list(group, 'pgp').map((key): MasterKey => ({
      type: 'pgp',
      enc: text(key, 'enc'),
      fingerprint: text(key, 'fp'),
    })),
    ...list(group, 'age').map((key): MasterKey => ({
      type: 'age',
      enc: text(key, 'enc'),
      recipient: text(key, 'recipient'),
    })),
  ];
}

function contextOf(value: GoValue | undefined): Record<string, string> {
  if (!isObject(value)) return {};
  const pairs = Object.entries(value).filter((pair): pair is [string, string] => typeof pair[1] === 'string');
  return Object.fromEntries(pairs);
}

function list(value: GoObject, field: string): GoObject[] {
  const found = value[field] ?? [];
  if (Array.isArray(found) && found.every(isObject)) return found;
  throw new SopsError('SOPS_FORMAT', `sops.${field} is not a list of objects`);
}

function text(value: GoObject, field: string): string {
  const found = value[field] ?? '';
  if (typeof found === 'string') return found;
  throw new SopsError('SOPS_FORMAT', `sops: ${field} is not a string`);
}
