// Compiled schemas of one chart, and the meta-schemas they were checked against; kept with the chart, compiled once.
import { quote as goQuote } from '#lib/go-quote';
import { Compiler } from './compile.ts';
import type { Schema } from './compiled.ts';
import { describe } from './failures.ts';
import { type Json, parseJson, SchemaError } from './json.ts';
import type { Dialect } from './resources.ts';
import { validate } from './validate.ts';

/** The URL Helm gives a chart's schema; error texts show it. */
const schemaUrl = 'file:///values.schema.json';

/** Finds the text of a schema a chart's schema refers to by URL; undefined when it is not to be had. */
export type RemoteSchemas = (url: string) => string | undefined;

export class SchemaLibrary {
  readonly #remote: RemoteSchemas;
  readonly #schemas = new Map<Buffer, Schema>();
  readonly #metaSchemas = new Map<string, Schema>();

  constructor(remote: RemoteSchemas = () => undefined) {
    this.#remote = remote;
  }

  /** The compiled schema of a file; the same buffer is compiled once. Throws SchemaError. */
  schemaOf(file: Buffer, textOf: (file: Buffer) => string): Schema {
    const known = this.#schemas.get(file);
    if (known !== undefined) return known;
    const compiler = new Compiler(
      (url) => this.#load(url),
      (schema, dialect, location) => this.#check(schema, dialect, location),
    );
    compiler.add(schemaUrl, parseJson(textOf(file)));
    const schema = compiler.compile(schemaUrl);
    this.#schemas.set(file, schema);
    return schema;
  }

  /** Charts are untrusted: a schema reads no file and fetches nothing unless the caller provides for it. */
  #load(url: string): Json {
    const text = this.#remote(url);
    if (text !== undefined) return parseJson(text);
    throw new SchemaError(`failing loading ${goQuote(url)}: ${refusal(url)}`);
  }

  #check(schema: Json, { draft }: Dialect, location: string): void {
    const failures = validate(this.#metaSchema(draft.url), schema);
    if (failures.length === 0) return;
    throw new SchemaError(
      `${goQuote(location)} is not valid against metaschema: ` +
        `jsonschema validation failed with '${draft.url}#'${describe(failures)}`,
    );
  }

  #metaSchema(url: string): Schema {
    const known = this.#metaSchemas.get(url);
    if (known !== undefined) return known;
    // Meta-schemas are known to be good.
    const compiler = new Compiler(
      (other) => this.#load(other),
      () => {},
    );
    const schema = compiler.compile(url);
    this.#metaSchemas.set(url, schema);
    return schema;
  }
}

function refusal(url: string): string {
  if (url.startsWith('file:')) return `open ${url.slice('file://'.length)}: no such file or directory`;
  if (/^https?:/.test(url)) return 'schemas are not fetched from the network';
  return `no URLLoader registered for ${goQuote(url)}`;
}
