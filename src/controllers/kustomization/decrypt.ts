// Decryption within a build: files that Secrets and patches are made of before it, objects after it.
import path from 'node:path';
import type { GoObject } from '#goyaml/index';
import { fileReferences, type FileReference } from '#kustomize/index';
import type { BuildRoot } from '#kustomize/job';
import { CodedError, errorMessage } from '#lib/errors';
import {
  decodeBase64,
  decryptObject,
  decryptText,
  detectFormat,
  formatOfPath,
  hasMarker,
  KeyRing,
  keyId,
  type Conversion,
  type Decrypted,
  type Format,
  type KeyFile,
  type KeySources,
  type RemoteAnswer,
  type RemoteKey,
} from '#sops/index';
import { subjectOf } from './post-build.ts';

/** The keys of a build, as they travel to the worker. */
export interface DecryptionInput {
  readonly files: readonly KeyFile[];
  /** Where the files came from, for messages: `sops decryption Secret 'ns/name'`. */
  readonly where: string;
  /** What services said so far, by the id of the key. */
  readonly answers: ReadonlyMap<string, RemoteAnswer>;
}

const maxFileBytes = 5 * 1024 * 1024;
/** Shorter words are in any text. */
const shortestSecret = 3;
const optOut = 'kustomize.toolkit.fluxcd.io/decrypt';

export class Decryption {
  /** Keys that services have to be asked for before the build can go on: alternatives in each list. */
  readonly wanted: (readonly RemoteKey[])[] = [];
  readonly #keys: KeySources;
  readonly #sources: { readonly plain: string; readonly encrypted: string }[] = [];

  private constructor(keys: KeySources) {
    this.#keys = keys;
  }

  /** Throws a SopsError for a file that holds no key. */
  static async open({ files, where, answers }: DecryptionInput): Promise<Decryption> {
    const ring = await KeyRing.open(files, where);
    return new Decryption({ ring, remote: (key) => answers.get(keyId(key)) });
  }

  /** Lays what encrypted files hold over them. */
  async sources({ files, directory }: BuildRoot): Promise<void> {
    try {
      const below = path.posix.relative(files.root, directory);
      await Promise.all(fileReferences(files, below).map((reference) => this.#source(files, reference)));
    } catch (error) {
      throw failure(`error decrypting sources: ${errorMessage(error)}`, error);
    }
  }

  async #source(files: BuildRoot['files'], reference: FileReference): Promise<void> {
    const name = nameIn(files, reference);
    const bytes = files.read(name);
    if (bytes.length > maxFileBytes) {
      const message = `cannot decrypt file with size (${bytes.length} bytes) exceeding limit (${maxFileBytes})`;
      throw failure(message);
    }
    const format = formatOf(reference);
    if (!hasMarker(bytes, format)) return;
    const plain = this.#plain(await decryptText(bytes, { from: format, to: format }, this.#keys));
    if (plain === undefined) return;
    files.overlay(name, plain);
    this.#sources.push({ plain: plain.toString('utf8'), encrypted: bytes.toString('utf8') });
  }

  /** A message of the build, which may quote files, without the words in them that were encrypted. */
  censored(message: string): string {
    let text = message;
    for (const { plain, encrypted } of this.#sources) {
      for (const word of plain.split(/[\s"'`{}[\],:=]+/)) {
        const isSecret = word.length >= shortestSecret && text.includes(word) && !encrypted.includes(word);
        if (isSecret) text = text.replaceAll(word, '***');
      }
    }
    return text;
  }

  /** The objects with what was encrypted in them; those whose keys are wanted stay as they are. */
  objects(objects: readonly GoObject[]): Promise<GoObject[]> {
    return Promise.all(
      objects.map(async (object) => {
        if (isOptedOut(object)) return object;
        try {
          if (isEncrypted(object)) return await this.#object(object);
          return object['kind'] === 'Secret' ? await this.#secret(object) : object;
        } catch (error) {
          throw failure(`decryption failed for '${subjectOf(object)}': ${errorMessage(error)}`, error);
        }
      }),
    );
  }

  async #object(object: GoObject): Promise<GoObject> {
    try {
      return this.#plain(await decryptObject(object, this.#keys)) ?? object;
    } catch (error) {
      const { kind } = object as Named;
      throw failure(`failed to decrypt and format '${placeOf(object)}' ${kind} data: ${errorMessage(error)}`, error);
    }
  }

  /** A Secret's entries are encrypted one by one when a generator made them of encrypted files. */
  async #secret(object: GoObject): Promise<GoObject> {
    const { data } = object as Named;
    if (typeof data !== 'object' || data === null) return object;
    const entries = Object.entries(data).map(async ([key, value]) => [key, await this.#entry(object, key, value)]);
    return { ...object, data: Object.fromEntries(await Promise.all(entries)) as GoObject };
  }

  async #entry(object: GoObject, key: string, value: unknown): Promise<unknown> {
    // What is no base64 is for the API server to refuse.
    const bytes = typeof value === 'string' ? decodeBase64(value.replaceAll(/[\r\n]/g, '')) : undefined;
    const from = bytes && detectFormat(bytes);
    if (bytes === undefined || from === undefined) return value;
    const conversion: Conversion = { from, to: formatOfPath(key) };
    try {
      return this.#plain(await decryptText(bytes, conversion, this.#keys))?.toString('base64') ?? value;
    } catch (error) {
      const message = `failed to decrypt and format '${placeOf(object)}' Secret field '${key}': ${errorMessage(error)}`;
      throw failure(message, error);
    }
  }

  #plain<T>(result: Decrypted<T>): T | undefined {
    if ('plain' in result) return result.plain;
    this.wanted.push(...result.wanted);
    return undefined;
  }
}

/** Where the build will read it. */
function nameIn(files: BuildRoot['files'], reference: FileReference): string {
  const shown = reference.path.slice(1);
  const name = path.posix.join(files.root, reference.path);
  if (files.isDirectory(name)) throw failure(`cannot decrypt irregular file ${shown}`);
  try {
    const { dir, file } = files.locate(name);
    return path.posix.join(dir, file);
  } catch (error) {
    throw failure(`lstat ${shown}: no such file or directory`, error);
  }
}

function formatOf({ path, use }: FileReference): Format {
  if (typeof use === 'object') return formatOfPath(use.key);
  const format = formatOfPath(path);
  return format === 'binary' && use === 'variables' ? 'dotenv' : format;
}

interface Named {
  readonly kind?: string;
  readonly metadata?: {
    readonly name?: string;
    readonly namespace?: string;
    readonly annotations?: Readonly<Record<string, string>> | null;
  } | null;
  readonly data?: unknown;
  readonly sops?: { readonly mac?: unknown } | null;
}

function isOptedOut(object: GoObject): boolean {
  return (object as Named).metadata?.annotations?.[optOut]?.toLowerCase() === 'disabled';
}

function isEncrypted(object: GoObject): boolean {
  const mac = (object as Named).sops?.mac;
  return mac !== undefined && mac !== null && mac !== '';
}

function placeOf(object: GoObject): string {
  const { metadata } = object as Named;
  return `${metadata?.namespace ?? ''}/${metadata?.name ?? ''}`;
}

function failure(message: string, cause?: unknown): CodedError {
  return new CodedError('BUILD_FAILED', message, { cause });
}
