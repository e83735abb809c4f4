// Decrypts a tree: every value that the document's rule selects, each with the path of its keys as additional data.
import { errorMessage } from '#lib/errors';
import { decryptValue } from './cipher.ts';
import { SopsError } from './errors.ts';
import type { Place, Selection } from './selection.ts';
import { Branch, Comment, goTypeOf, isList, type Item, type Scalar, type TreeValue } from './tree.ts';

type Comments = readonly (readonly string[])[];

/** The tree with its values as they were. Throws a SopsError that shows none of them. */
export function decryptBranch(branch: Branch, key: Uint8Array, selection: Selection): Branch {
  return new Walk(key, selection).branch(branch, [], []);
}

class Walk {
  readonly #key: Uint8Array;
  readonly #isEncrypted: Selection;

  constructor(key: Uint8Array, selection: Selection) {
    this.#key = key;
    this.#isEncrypted = selection;
  }

  branch(branch: Branch, path: readonly string[], above: Comments): Branch {
    let seen: string[] = [];
    const items: Item[] = [];
    for (const item of branch.items) {
      if (item instanceof Comment) {
        seen.push(item.text);
        items.push(this.#comment(item, { path, comments: [...above, seen], isComment: true }));
      } else {
        items.push({ key: item.key, value: this.#value(item.value, [...path, item.key], [...above, seen]) });
        seen = [];
      }
    }
    return new Branch(items);
  }

  #list(list: readonly TreeValue[], path: readonly string[], above: Comments): TreeValue[] {
    let seen: string[] = [];
    return list.map((value) => {
      if (value instanceof Comment) {
        seen.push(value.text);
        return this.#comment(value, { path, comments: [...above, seen], isComment: true });
      }
      const made = this.#value(value, path, [...above, seen]);
      seen = [];
      return made;
    });
  }

  #value(value: TreeValue, path: readonly string[], comments: Comments): TreeValue {
    if (value instanceof Branch) return this.branch(value, path, comments);
    if (isList(value)) return this.#list(value, path, comments);
    if (value === null || value instanceof Comment) return value;
    return this.#isEncrypted({ path, comments, isComment: false }) ? this.#decrypted(value, path) : value;
  }

  #decrypted(value: Exclude<Scalar, null>, path: readonly string[]): Scalar | Comment {
    try {
      if (typeof value !== 'string') {
        throw new SopsError('SOPS_VALUE', `it is of type ${goTypeOf(value)}, not a string`);
      }
      return decryptValue(value, this.#key, placeOf(path));
    } catch (error) {
      throw new SopsError('SOPS_VALUE', `Error walking tree: Could not decrypt value: ${errorMessage(error)}`, {
        cause: error,
      });
    }
  }

  /** Comments were not encrypted by all versions of SOPS: one that does not decrypt stays as it is. */
  #comment(comment: Comment, place: Place): Comment {
    if (!this.#isEncrypted(place)) return comment;
    try {
      const value = decryptValue(comment.text, this.#key, placeOf(place.path));
      if (value instanceof Comment) return value;
      return typeof value === 'string' ? new Comment(value) : comment;
    } catch {
      return comment;
    }
  }
}

/** List indexes are not part of it. */
function placeOf(path: readonly string[]): string {
  return `${path.join(':')}:`;
}
