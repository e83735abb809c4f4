// Metadata where values cannot nest: `age__list_0__map_enc` is the field `enc` of the first item of `age`.
import { type GoObject, type GoValue, setKey } from '#goyaml/index';
import { SopsError } from './errors.ts';

/** Longer lists are no metadata of anybody: an index is not to take memory. */
const maxIndex = 1000;

/** Metadata as other formats nest it; `\n` in a value stands for the end of a line. */
export function unflatten(flat: Iterable<readonly [string, string]>): GoObject {
  const root: GoObject = {};
  for (const [path, value] of flat) {
    const [first = '', ...rest] = path.split(/(?=__map_|__list_)/);
    place(root, [first, ...rest.map(stepOf)], value.replaceAll(String.raw`\n`, '\n'));
  }
  return root;
}

function stepOf(part: string): string | number {
  if (part.startsWith('__map_')) return part.slice('__map_'.length);
  const index = Number(part.slice('__list_'.length));
  if (Number.isInteger(index) && index >= 0 && index < maxIndex) return index;
  throw new SopsError('SOPS_FORMAT', `${part} is no index of a list`);
}

function place(root: GoObject, path: readonly (string | number)[], value: string): void {
  let at: GoValue = root;
  path.forEach((step, depth) => {
    const next = path[depth + 1];
    const empty = next === undefined ? value : typeof next === 'number' ? [] : {};
    at = descend(at, step, empty);
  });
}

/** What stands at a step, made when nothing does. */
function descend(at: GoValue, step: string | number, empty: GoValue): GoValue {
  if (Array.isArray(at) && typeof step === 'number') return (at[step] ??= empty);
  if (typeof at !== 'object' || at === null || Array.isArray(at) || typeof step === 'number') {
    throw new SopsError('SOPS_FORMAT', 'the metadata contradicts itself');
  }
  if (!Object.hasOwn(at, step)) setKey(at, step, empty);
  return at[step]!;
}
