// Encrypted texts and objects made plain. Authentication codes of whole documents are not looked at: labels and names that
// are added to an object would break them. Each value is authenticated on its own.
import type { GoObject } from '#goyaml/index';
import { fromBytes, toBytes } from '#lib/go-string';
import { errorMessage } from '#lib/errors';
import { dataKeyOf, type KeySources } from './data-key.ts';
import { explained, SopsError } from './errors.ts';
import { formatNames, type Format } from './formats.ts';
import type { RemoteKey } from './keys/master-key.ts';
import { selectionOf } from './selection.ts';
import { dotenvStore } from './stores/dotenv.ts';
import { iniStore } from './stores/ini.ts';
import { binaryStore, jsonStore } from './stores/json.ts';
import { readObject, writeObject } from './stores/object.ts';
import type { EncryptedTree, Store } from './stores/store.ts';
import { yamlStore } from './stores/yaml.ts';
import type { Branch } from './tree.ts';
import { decryptBranch } from './walk.ts';

/** What was asked for, or the keys of services that are needed for it: each list has alternatives in their order. */
export type Decrypted<T> = { readonly plain: T } | { readonly wanted: readonly (readonly RemoteKey[])[] };

export interface Conversion {
  readonly from: Format;
  readonly to: Format;
}

const stores: Readonly<Record<Format, Store>> = {
  binary: binaryStore,
  dotenv: dotenvStore,
  ini: iniStore,
  json: jsonStore,
  yaml: yamlStore,
};

/** The text of an encrypted file. Throws a SopsError in SOPS's words, which show no value. */
export async function decryptText(
  bytes: Uint8Array,
  { from, to }: Conversion,
  keys: KeySources,
): Promise<Decrypted<Buffer>> {
  const name = formatNames[from];
  const tree = explained('SOPS_FORMAT', `failed to load encrypted ${name} data`, () =>
    stores[from].read(fromBytes(bytes)),
  );
  return decryptTree(tree, keys, (branches) =>
    explained('SOPS_VALUE', `failed to emit encrypted ${name} file as decrypted ${formatNames[to]}`, () =>
      Buffer.from(toBytes(stores[to].write(branches))),
    ),
  );
}

/** An object of the cluster with `sops` beside its fields; that is gone afterwards. Throws as {@link decryptText} does. */
export async function decryptObject(object: GoObject, keys: KeySources): Promise<Decrypted<GoObject>> {
  const tree = explained('SOPS_FORMAT', 'failed to load encrypted JSON data', () => readObject(object));
  return decryptTree(tree, keys, ([branch]) => writeObject(branch!));
}

async function decryptTree<T>(
  { metadata, branches }: EncryptedTree,
  keys: KeySources,
  write: (branches: readonly Branch[]) => T,
): Promise<Decrypted<T>> {
  const found = await dataKeyOf(metadata, keys).catch((error: unknown) => {
    throw new SopsError('SOPS_KEY', `cannot get sops data key: ${errorMessage(error)}`, { cause: error });
  });
  if ('wanted' in found) return found;
  const selection = selectionOf(metadata.rule);
  const plain = explained('SOPS_VALUE', 'error decrypting sops tree', () =>
    branches.map((branch) => decryptBranch(branch, found.key, selection)),
  );
  return { plain: write(plain) };
}
