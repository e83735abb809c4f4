// A worker's look into a fetched pack: who signed, and which submodules there are.
import { errorMessage } from '#lib/errors';
import { parseTrustedKeys, verifySignature, type KeyFile, type Verdict } from '#verify/index';
import { parseGitmodules } from './gitmodules.ts';
import { PackFile } from './pack-file.ts';
import { PackOnDisk } from './pack-source.ts';
import { signedCommit, signedTag, type SignedObject } from './signed-object.ts';
import { parseCommit, walkTree } from './tree.ts';

export interface InspectInput {
  readonly pack: string;
  readonly commit: string;
  /** Look for submodules. */
  readonly submodules?: boolean;
  /** Check signatures with these keys. */
  readonly verify?: {
    readonly keys: readonly KeyFile[];
    readonly commit: boolean;
    /** Hash of the object the tag's reference points at: a tag, or for a lightweight tag the commit. */
    readonly tag?: string;
  };
}

/** Undefined where nothing is signed. */
export type SignatureCheck = Verdict | { readonly unsigned: true };

export interface Submodule {
  readonly path: string;
  /** As .gitmodules has it: may be relative. */
  readonly url: string;
  readonly commit: string;
}

export interface InspectOutput {
  readonly submodules: readonly Submodule[];
  readonly commit?: SignatureCheck;
  readonly tag?: SignatureCheck;
}

const maxGitmodules = 1 << 20;

export async function run(input: InspectInput): Promise<InspectOutput> {
  const file = new PackOnDisk(input.pack);
  try {
    const pack = new PackFile(file);
    return {
      submodules: input.submodules === true ? submodulesOf(pack, input.commit) : [],
      ...(input.verify !== undefined && (await signatures(pack, input.commit, input.verify))),
    };
  } finally {
    file.close();
  }
}

function submodulesOf(pack: PackFile, commit: string): Submodule[] {
  const { tree } = parseCommit(pack.read(commit, 'commit'));
  const entries = [...walkTree(pack, tree)];
  const settings = entries.find(({ path, mode }) => path === '.gitmodules' && mode === 'file');
  if (settings === undefined) return [];
  const text = pack.read(settings.hash, 'blob');
  if (text.length > maxGitmodules) return [];
  const urls = new Map(parseGitmodules(text.toString('utf8')).map(({ path, url }) => [path, url]));
  return entries.flatMap(({ path, mode, hash }) => {
    const url = mode === 'submodule' ? urls.get(path) : undefined;
    return url === undefined ? [] : [{ path, url, commit: hash }];
  });
}

async function signatures(
  pack: PackFile,
  commit: string,
  verify: NonNullable<InspectInput['verify']>,
): Promise<Pick<InspectOutput, 'commit' | 'tag'>> {
  const check = async (object: SignedObject): Promise<SignatureCheck> => {
    if (object.signature === undefined) return { unsigned: true };
    try {
      return await verifySignature(object.payload, object.signature, await parseTrustedKeys(verify.keys));
    } catch (error) {
      return { failure: errorMessage(error) };
    }
  };
  const tag = verify.tag === undefined ? undefined : pack.readAny(verify.tag);
  return {
    ...(tag !== undefined && { tag: tag.type === 'tag' ? await check(signedTag(tag.data)) : { unsigned: true } }),
    ...(verify.commit && { commit: await check(signedCommit(pack.read(commit, 'commit'))) }),
  };
}
