// Dotenv: `KEY=value` lines and comments; the metadata are keys that begin with `sops_`.
import { SopsError } from '../errors.ts';
import { unflatten } from '../flat-metadata.ts';
import { metadataOf } from '../metadata.ts';
import { Branch, Comment, isList, type Entry, type Item } from '../tree.ts';
import { textOf } from './plain-text.ts';
import type { Store } from './store.ts';

const prefix = 'sops_';

export const dotenvStore: Store = {
  read(text) {
    const items: Item[] = [];
    const metadata: [string, string][] = [];
    for (const line of text.split('\n').filter((line) => line !== '')) {
      const item = itemOf(line);
      if (item instanceof Comment || !item.key.startsWith(prefix)) items.push(item);
      else metadata.push([item.key.slice(prefix.length), item.value as string]);
    }
    return { metadata: metadataOf(unflatten(metadata)), branches: [new Branch(items)] };
  },
  write([branch]) {
    return (branch?.items ?? []).map((item) => `${lineOf(item)}\n`).join('');
  },
};

function itemOf(line: string): Item {
  if (line.startsWith('#')) return new Comment(line.slice(1));
  const equals = line.indexOf('=');
  // The line may hold a value: it is not shown.
  if (equals < 0) throw new SopsError('SOPS_FORMAT', 'invalid dotenv input line: it has no =');
  return { key: line.slice(0, equals), value: line.slice(equals + 1).replaceAll(String.raw`\n`, '\n') };
}

function lineOf(item: Item): string {
  return item instanceof Comment ? `#${item.text}` : `${item.key}=${valueOf(item)}`;
}

function valueOf({ key, value }: Entry): string {
  if (value instanceof Branch || value instanceof Comment || isList(value)) {
    throw new SopsError('SOPS_VALUE', `cannot use complex value in dotenv file; offending key ${key}`);
  }
  return typeof value === 'string' ? value.replaceAll('\n', String.raw`\n`) : textOf(value);
}
