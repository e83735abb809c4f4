// The steps of a page that is to be followed: manifests to apply, commands to run, and what they print.

export type Step =
  | { readonly type: 'manifest'; readonly yaml: string }
  | { readonly type: 'command'; readonly line: string; readonly output: readonly string[] };

export interface Section {
  readonly title: string;
  readonly steps: readonly Step[];
}

/** Reads fenced blocks of `yaml` and `console`, under headings of the second level. */
export function documentedSteps(markdown: string): Section[] {
  return markdown
    .split(/^## /m)
    .slice(1)
    .map((section) => {
      const title = section.slice(0, section.indexOf('\n'));
      const blocks = section.matchAll(/^```(yaml|console)\n([\s\S]*?)^```$/gm);
      const steps = [...blocks].flatMap(([, type, text = '']): Step[] =>
        type === 'yaml' ? [{ type: 'manifest', yaml: text }] : commandsOf(text),
      );
      return { title, steps };
    });
}

function commandsOf(text: string): Step[] {
  return text
    .split(/^\$ /m)
    .slice(1)
    .map((command) => {
      const [line = '', ...output] = command.trimEnd().split('\n');
      return { type: 'command', line, output };
    });
}

/** Whether each documented line is among those printed, in this order. `…` stands for anything, blanks for any blanks. */
export function prints(documented: readonly string[], printed: string): boolean {
  let lines = printed.split('\n');
  return documented.every((line) => {
    const pattern = line
      .trim()
      .split('…')
      .map((part) => RegExp.escape(part).replaceAll(/(?:\\x20|\s)+/g, '\\s+'))
      .join('.*');
    const at = lines.findIndex((each) => new RegExp(`^\\s*${pattern}\\s*$`).test(each));
    lines = lines.slice(at + 1);
    return at >= 0;
  });
}
