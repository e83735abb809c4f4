// The drafts of JSON Schema: where each keeps its subschemas, which vocabularies it has, and its meta-schema.
import { createRequire } from 'node:module';
import type { DraftVersion } from './compiled.ts';
import { draft04 } from './draft-04.ts';
import { fromValues, type Json } from './json.ts';

export interface Draft {
  readonly version: DraftVersion;
  readonly url: string;
  /** The keyword that names a schema. */
  readonly id: 'id' | '$id';
  /** Keywords that are a schema, a list of schemas, or a map of schemas; some are several of these. */
  readonly single: ReadonlySet<string>;
  readonly lists: ReadonlySet<string>;
  readonly maps: ReadonlySet<string>;
  readonly vocabularyPrefix: string;
  readonly vocabularies: readonly string[];
  /** What applies when a meta-schema does not say. */
  readonly defaultVocabularies: readonly string[];
}

const single4 = ['not', 'additionalProperties', 'items', 'additionalItems'];
const lists4 = ['allOf', 'anyOf', 'oneOf', 'items'];
const maps4 = ['definitions', 'properties', 'patternProperties', 'dependencies'];
const single6 = [...single4, 'propertyNames', 'contains'];
const single7 = [...single6, 'if', 'then', 'else'];
const single2019 = [...single7, 'unevaluatedProperties', 'unevaluatedItems', 'contentSchema'];
const maps2019 = [...maps4, '$defs', 'dependentSchemas'];

function draft(
  version: DraftVersion,
  url: string,
  keywords: { single: readonly string[]; lists?: readonly string[]; maps?: readonly string[] },
  vocabularies: { all: readonly string[]; defaults: readonly string[] } = { all: [], defaults: [] },
): Draft {
  return {
    version,
    url,
    id: version === 4 ? 'id' : '$id',
    single: new Set(keywords.single),
    lists: new Set(keywords.lists ?? lists4),
    maps: new Set(keywords.maps ?? maps4),
    vocabularyPrefix: version >= 2019 ? `${url.slice(0, -'schema'.length)}vocab/` : '',
    vocabularies: vocabularies.all,
    defaultVocabularies: vocabularies.defaults,
  };
}

const drafts: Readonly<Record<DraftVersion, Draft>> = {
  4: draft(4, 'http://json-schema.org/draft-04/schema', { single: single4 }),
  6: draft(6, 'http://json-schema.org/draft-06/schema', { single: single6 }),
  7: draft(7, 'http://json-schema.org/draft-07/schema', { single: single7 }),
  2019: draft(
    2019,
    'https://json-schema.org/draft/2019-09/schema',
    { single: single2019, maps: maps2019 },
    {
      all: ['core', 'applicator', 'validation', 'meta-data', 'format', 'content'],
      defaults: ['core', 'applicator', 'validation'],
    },
  ),
  2020: draft(
    2020,
    'https://json-schema.org/draft/2020-12/schema',
    { single: single2019, lists: [...lists4, 'prefixItems'], maps: maps2019 },
    {
      all: [
        'core',
        'applicator',
        'unevaluated',
        'validation',
        'meta-data',
        'format-annotation',
        'format-assertion',
        'content',
      ],
      defaults: ['core', 'applicator', 'unevaluated', 'validation'],
    },
  ),
};

export const latestDraft: Draft = drafts[2020];

/** The draft a `$schema` names; undefined when it is none of the known ones. */
export function draftFromUrl(url: string): Draft | undefined {
  const [base = '', fragment = ''] = url.split('#', 2);
  if (fragment !== '') return undefined;
  switch (base.replace(/^https?:\/\//, '')) {
    case 'json-schema.org/schema':
    case 'json-schema.org/draft/2020-12/schema':
      return drafts[2020];
    case 'json-schema.org/draft/2019-09/schema':
      return drafts[2019];
    case 'json-schema.org/draft-07/schema':
      return drafts[7];
    case 'json-schema.org/draft-06/schema':
      return drafts[6];
    case 'json-schema.org/draft-04/schema':
      return drafts[4];
    default:
      return undefined;
  }
}

/** A meta-schema or one of its vocabularies, by URL without fragment; undefined when it is unknown. */
export function metaSchema(url: string): Json | undefined {
  const path = url.replace(/^https?:\/\/json-schema\.org\//, '');
  if (path === url) return undefined;
  if (path === 'draft-04/schema') return fromValues(draft04);
  const file = metaSchemaFile(path);
  // ajv carries the published meta-schemas as JSON files; only what a chart's schema asks for is read.
  return file === undefined ? undefined : fromValues(createRequire(import.meta.url)(`ajv/dist/refs/${file}`));
}

function metaSchemaFile(path: string): string | undefined {
  if (path === 'schema') return 'json-schema-2020-12/schema.json';
  const [, old] = /^draft-(0[67])\/schema$/.exec(path) ?? [];
  if (old !== undefined) return `json-schema-draft-${old}.json`;
  const [, year, rest] = /^draft\/(2019-09|2020-12)\/(schema|meta\/[a-z-]+)$/.exec(path) ?? [];
  if (year === undefined || rest === undefined) return undefined;
  const known = [
    'schema',
    ...['core', 'applicator', 'validation', 'meta-data', 'content'].map((name) => `meta/${name}`),
    ...(year === '2019-09' ? ['meta/format'] : ['meta/unevaluated', 'meta/format-annotation']),
  ];
  return known.includes(rest) ? `json-schema-${year}/${rest}.json` : undefined;
}
