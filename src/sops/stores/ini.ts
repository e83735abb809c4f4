// INI: sections of keys; the metadata is a section of its own.
import { SopsError } from '../errors.ts';
import { unflatten } from '../flat-metadata.ts';
import { metadataKey, metadataOf } from '../metadata.ts';
import { Branch, Comment, isList, type Entry, type Item } from '../tree.ts';
import { parseIni, printIni, type IniKey, type IniSection } from './ini-text.ts';
import { textOf } from './plain-text.ts';
import type { Store } from './store.ts';

export const iniStore: Store = {
  read(text) {
    const sections = parseIni(text);
    const metadata = sections.find(({ name }) => name === metadataKey);
    if (metadata === undefined) throw new SopsError('SOPS_FORMAT', 'sops metadata not found');
    const branch = new Branch(sections.map((section) => ({ key: section.name, value: branchOf(section) })));
    return {
      metadata: metadataOf(unflatten(metadata.keys.map(({ name, value }) => [name, value] as const))),
      branches: [branch.without(metadataKey)],
    };
  },
  write: (branches) => printIni(branches.flatMap(({ entries }) => entries.map(sectionOf))),
};

function branchOf({ comment, keys }: IniSection): Branch {
  return new Branch([
    ...commentItem(comment),
    ...keys.flatMap(({ name, value, comment }): Item[] => [{ key: name, value }, ...commentItem(comment)]),
  ]);
}

function commentItem(comment: string): Comment[] {
  return comment === '' ? [] : [new Comment(comment.replace(/^(?:;[; ]*|#[# ]*)/, ''))];
}

function sectionOf({ key, value }: Entry): IniSection {
  if (!(value instanceof Branch)) {
    const message = 'Error encoding section: Section values should always be TreeBranches';
    throw new SopsError('SOPS_VALUE', `Error marshaling to ini: ${message}`);
  }
  const [first] = value.items;
  const keys: IniKey[] = [];
  // A comment that follows a key is the one that stood before it.
  for (const item of first instanceof Comment ? value.items.slice(1) : value.items) {
    if (!(item instanceof Comment)) keys.push({ name: item.key, value: valueOf(item), comment: '' });
    else if (keys.length > 0) keys.push({ ...keys.pop()!, comment: item.text });
  }
  return { name: key, comment: first instanceof Comment ? first.text : '', keys };
}

function valueOf({ key, value }: Entry): string {
  if (value instanceof Branch || value instanceof Comment || isList(value)) {
    throw new SopsError('SOPS_VALUE', `Error marshaling to ini: cannot use complex value; offending key ${key}`);
  }
  return textOf(value);
}
