// `helm template --output-dir`: documents in files named after their templates.
import { appendFileSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { toBytes } from '#lib/go-string';

export class OutputFolder {
  readonly #folder: string;
  readonly #written = new Set<string>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Writes a document; the first one of a template takes the place of an older file. Returns what to print. */
  add(path: string, document: string): string {
    return this.#write(path, document, this.#written.has(path));
  }

  /** Writes a document behind what the file holds. */
  append(path: string, document: string): string {
    return this.#write(path, document, existsSync(join(this.#folder, path)));
  }

  #write(path: string, document: string, behind: boolean): string {
    // Joined as it stands: the name is printed as it was given.
    const file = `${this.#folder}/${path}`;
    mkdirSync(dirname(file), { recursive: true });
    (behind ? appendFileSync : writeFileSync)(file, toBytes(`---\n# Source: ${path}\n${document}\n`));
    this.#written.add(path);
    return `wrote ${file}\n`;
  }
}
