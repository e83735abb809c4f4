// Reads and names the recorded results of the real Helm: test/golden/helm/*.json.
import { readFileSync } from 'node:fs';
import path from 'node:path';

/** What Helm 3.19.0 did; {DIR} stands for the folder of the case. */
export interface Recorded {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

export type GoldenSet = 'charts' | 'generated' | 'schemas' | 'set-lines';

export function goldenFile(set: GoldenSet): string {
  return path.join(import.meta.dirname, '..', '..', 'golden', 'helm', `${set}.json`);
}

/** Recorded results by the name of their case. */
export function readGolden(set: GoldenSet): ReadonlyMap<string, Recorded> {
  const content = JSON.parse(readFileSync(goldenFile(set), 'utf8')) as Readonly<Record<string, Recorded>>;
  return new Map(Object.entries(content));
}

/** Lines in any order: Helm goes through maps at random where it warns or lists what is wrong. */
export function sortedLines(text: string): string {
  return text.split('\n').toSorted().join('\n');
}
