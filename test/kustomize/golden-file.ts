// The file of recorded answers: by case, what the real program printed or refused.
import { readFileSync, writeFileSync } from 'node:fs';

export interface Recorded {
  /** Which program answered. */
  readonly oracle: string;
  readonly answers: Readonly<Record<string, Answer>>;
}

export type Answer = { readonly yaml: string } | { readonly error: string };

const file = new URL('../golden/kustomize/features.json', import.meta.url);

export function readGoldens(): Recorded {
  return JSON.parse(readFileSync(file, 'utf8')) as Recorded;
}

export function writeGoldens(recorded: Recorded): void {
  writeFileSync(file, `${JSON.stringify(recorded, null, 1)}\n`);
}

/** Texts that differ from run to run: where the files lay, and addresses of the program's memory. */
export function stable(text: string, root: string): string {
  return text
    .split(root)
    .join('{ROOT}')
    .replaceAll(/ &\{0x\S+ \S+\}:/g, ':')
    .split('\n')
    .filter((line) => !/^# Warning|^\d{4}\/\d\d\/\d\d /.test(line))
    .join('\n')
    .trim()
    .replace(/^error: /, '');
}
