// Why there is no data key, laid out as SOPS lays it out.
import { nameOf, type MasterKey } from './keys/master-key.ts';

export type GroupFailure = readonly { readonly key: MasterKey; readonly error: string }[];

const reasonWidth = 60;
const trailerWidth = 75;

/** `groups` has undefined where a key was found. */
export function dataKeyFailure(groups: readonly (GroupFailure | undefined)[], threshold: number): string {
  const shown = groups.map((failures, index) =>
    failures === undefined
      ? `Group ${index}: SUCCESS`
      : `Group ${index}: FAILED\n${indented(failures.map(keyText).join('\n\n'), '  ')}`,
  );
  const opened = groups.filter((failures) => failures === undefined).length;
  return [
    'Failed to get the data key required to decrypt the SOPS file.',
    ...shown,
    wrapped(threshold === 0 ? noKey : tooFew(threshold, opened), trailerWidth),
  ].join('\n\n');
}

function keyText({ key, error }: GroupFailure[number]): string {
  const reason = indented(wrapped(error, reasonWidth), '  | ').replace(/^ /, '-');
  return `${nameOf(key)}: FAILED\n${indented(reason, '  ')}`;
}

const noKey =
  'Recovery failed because no master key was able to decrypt the file. In order for SOPS to recover the file, at least one key has to be successful, but none were.';

function tooFew(threshold: number, opened: number): string {
  return `Recovery failed because the file was encrypted with a Shamir threshold of ${threshold}, but only ${opened} part(s) were successfully recovered, one for each successful key group. In order for SOPS to recover the file, at least ${threshold} groups have to be successful. In order for a group to be successful, decryption has to succeed with any of the keys in that key group.`;
}

function indented(text: string, prefix: string): string {
  return text.replaceAll(/^/gm, prefix);
}

/** Lines of at most that many characters, broken at spaces; a longer word is left whole. */
function wrapped(text: string, width: number): string {
  return text
    .split('\n')
    .map((line) => {
      const lines: string[] = [];
      for (const word of line.split(' ')) {
        const last = lines.at(-1);
        if (last === undefined || last.length + 1 + word.length > width) lines.push(word);
        else lines[lines.length - 1] = `${last} ${word}`;
      }
      return lines.join('\n');
    })
    .join('\n');
}
