// The documents a schema is made of: which parts of them are schemas of their own (by id), in which draft, with which anchors.
import { quote as goQuote } from '#lib/go-quote';
import { type Draft, draftFromUrl, latestDraft, metaSchema } from './drafts.ts';
import { isArray, isObject, type Json, type JsonObject, SchemaError } from './json.ts';
import { appendToken, joinUrl, locationOf, type Reference, splitFragment } from './locations.ts';

/** A draft, and the vocabularies in force; null means the draft's default ones. */
export interface Dialect {
  readonly draft: Draft;
  readonly vocabularies: readonly string[] | null;
}

export function hasVocabulary({ draft, vocabularies }: Dialect, name: string): boolean {
  if (name === 'core' || draft.version < 2019) return true;
  return (vocabularies ?? draft.defaultVocabularies).includes(name);
}

/** A schema with an id of its own, or the whole document. */
export interface Resource {
  readonly pointer: string;
  readonly id: string;
  readonly dialect: Dialect;
  readonly anchors: Map<string, string>;
  readonly dynamicAnchors: Set<string>;
}

/** Fetches a document that is neither the chart's schema nor a meta-schema. */
export type DocumentLoader = (url: string) => Json;

export class SchemaDocument {
  readonly url: string;
  readonly content: Json;
  readonly #load: DocumentLoader;
  readonly #resources = new Map<string, Resource>();
  readonly #seen = new Set<string>();

  constructor(url: string, content: Json, load: DocumentLoader) {
    this.url = url;
    this.content = content;
    this.#load = load;
    this.#collect(content, { base: url, pointer: '', fallback: { draft: latestDraft, vocabularies: null } });
  }

  /** Makes sure that what a pointer leads to is known as a schema, wherever in the document it stands. */
  ensure(pointer: string, value: Json): boolean {
    if (this.#seen.has(pointer)) return false;
    const { id, dialect } = this.resourceAt(pointer);
    this.#collect(value, { base: id, pointer, fallback: dialect });
    return true;
  }

  /** The innermost resource a pointer is in. */
  resourceAt(pointer: string): Resource {
    for (let at = pointer; ; at = at.slice(0, at.lastIndexOf('/'))) {
      const found = this.#resources.get(at);
      if (found !== undefined) return found;
      if (at === '') throw new SchemaError(`no schema at ${this.url}`);
    }
  }

  resources(): Iterable<Resource> {
    return this.#resources.values();
  }

  /** The pointer a reference leads to when it stays in this document. */
  resolve({ url, fragment }: Reference): string | undefined {
    const root = url === this.url ? this.resourceAt('') : undefined;
    const resource = root ?? [...this.#resources.values()].find(({ id }) => id === url);
    return resource === undefined ? undefined : this.resolveIn(resource, fragment);
  }

  resolveIn(resource: Resource, fragment: string): string {
    if (fragment === '' || fragment.startsWith('/')) return resource.pointer + fragment;
    const pointer = resource.anchors.get(fragment);
    if (pointer !== undefined) return pointer;
    throw new SchemaError(
      `anchor in ${goQuote(locationOf(resource.id, fragment))} not found in schema ${goQuote(this.url)}`,
    );
  }

  #collect(value: Json, place: Place): void {
    if (this.#seen.has(place.pointer)) return;
    this.#seen.add(place.pointer);
    if (!isObject(value)) {
      if (place.pointer === '') this.#add('', place.base, place.fallback);
      return;
    }
    const { draft, id, declares } = this.#identify(value, place);
    const base = id === '' ? place.base : joinUrl(place.base, id).url;
    if (id !== '' || place.pointer === '') {
      const vocabularies = declares ? this.#vocabularies(value, draft) : null;
      this.#add(place.pointer, base, declares ? { draft, vocabularies } : place.fallback);
    }
    const resource = this.resourceAt(place.pointer);
    this.#anchors(value, place.pointer, resource);
    for (const [pointer, child] of subschemas(value, place.pointer, draft)) {
      this.#collect(child, { base, pointer, fallback: resource.dialect });
    }
  }

  #identify(value: JsonObject, { pointer, fallback }: Place): { draft: Draft; id: string; declares: boolean } {
    const declared = value.get('$schema');
    const draft = typeof declared === 'string' ? this.#draftOf(declared, pointer) : fallback.draft;
    const id = idOf(value, draft);
    // Without an id, only the root may choose a draft.
    if (id === '' && pointer !== '') return { draft: fallback.draft, id: idOf(value, fallback.draft), declares: false };
    return { draft, id, declares: typeof declared === 'string' };
  }

  /** The draft a `$schema` leads to, over meta-schemas of the author's own where need be. */
  #draftOf(declared: string, pointer: string): Draft {
    const seen = new Set<string>();
    for (let url = declared; ;) {
      const known = draftFromUrl(url);
      if (known !== undefined) return known;
      const { url: plain } = splitFragment(url);
      if (pointer === '' && plain === this.url) throw new SchemaError(`draft ${goQuote(plain)} is not supported`);
      if (seen.has(plain)) throw new SchemaError(`cycle in resolving $schema in ${goQuote(plain)}`);
      seen.add(plain);
      const meta = metaSchema(plain) ?? this.#load(plain);
      const next = isObject(meta) ? meta.get('$schema') : undefined;
      if (typeof next !== 'string') return latestDraft;
      url = next;
    }
  }

  #vocabularies(value: JsonObject, draft: Draft): readonly string[] | null {
    const declared = value.get('$schema');
    if (typeof declared !== 'string' || draftFromUrl(declared) !== undefined || draft.version < 2019) return null;
    const { url } = splitFragment(declared);
    const meta = metaSchema(url) ?? this.#load(url);
    const listed = isObject(meta) ? meta.get('$vocabulary') : undefined;
    if (!isObject(listed)) return null;
    const names: string[] = [];
    for (const [vocabulary, required] of listed) {
      if (required !== true) continue;
      const name = vocabulary.startsWith(draft.vocabularyPrefix) ? vocabulary.slice(draft.vocabularyPrefix.length) : '';
      if (!draft.vocabularies.includes(name)) {
        throw new SchemaError(`unsupported vocabulary ${goQuote(vocabulary)} in ${goQuote(url)}`);
      }
      names.push(name);
    }
    return names.includes('core') ? names : [...names, 'core'];
  }

  #add(pointer: string, id: string, dialect: Dialect): void {
    const twin = [...this.#resources.values()].find((resource) => resource.id === id);
    if (twin !== undefined) {
      if (twin.pointer === pointer) return;
      throw new SchemaError(
        `duplicate id ${goQuote(id)} in ${goQuote(this.url)} at ${goQuote(pointer)} and ${goQuote(twin.pointer)}`,
      );
    }
    this.#resources.set(pointer, { pointer, id, dialect, anchors: new Map(), dynamicAnchors: new Set() });
  }

  #anchors(value: JsonObject, pointer: string, resource: Resource): void {
    const { draft } = resource.dialect;
    const add = (anchor: string): void => {
      const known = resource.anchors.get(anchor);
      if (known !== undefined && known !== pointer) {
        throw new SchemaError(
          `duplicate anchor ${goQuote(anchor)} in ${goQuote(this.url)} at ${goQuote(known)} and ${goQuote(pointer)}`,
        );
      }
      resource.anchors.set(anchor, pointer);
    };
    if (draft.version < 2019) {
      // Beside a $ref nothing else counts.
      if (value.has('$ref')) return;
      const id = value.get(draft.id);
      const fragment = typeof id === 'string' ? splitFragment(id).fragment : '';
      if (fragment !== '' && !fragment.startsWith('/')) add(fragment);
      return;
    }
    const anchor = value.get('$anchor');
    if (typeof anchor === 'string') add(anchor);
    const dynamic = draft.version >= 2020 ? value.get('$dynamicAnchor') : undefined;
    if (typeof dynamic !== 'string') return;
    add(dynamic);
    resource.dynamicAnchors.add(dynamic);
  }
}

interface Place {
  readonly base: string;
  readonly pointer: string;
  readonly fallback: Dialect;
}

function idOf(value: JsonObject, draft: Draft): string {
  if (draft.version < 2019 && value.has('$ref')) return '';
  const id = value.get(draft.id);
  return typeof id === 'string' ? (id.split('#', 1)[0] ?? '') : '';
}

/** The schemas right below a schema. */
function* subschemas(value: JsonObject, pointer: string, draft: Draft): Generator<readonly [string, Json]> {
  for (const [keyword, content] of value) {
    if (draft.single.has(keyword)) yield [appendToken(pointer, keyword), content];
    if (draft.lists.has(keyword) && isArray(content)) {
      for (const [i, item] of content.entries()) yield [appendToken(pointer, keyword, String(i)), item];
    }
    if (draft.maps.has(keyword) && isObject(content)) {
      for (const [name, item] of content) yield [appendToken(pointer, keyword, name), item];
    }
  }
}
