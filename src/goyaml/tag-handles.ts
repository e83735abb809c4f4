// The directives of a document: its version, and what the handles of its tags stand for.
import { T, type Token } from './token.ts';

const DEFAULTS: readonly (readonly [string, string])[] = [
  ['!', '!'],
  ['!!', 'tag:yaml.org,2002:'],
];

export class TagHandles {
  private readonly prefixes = new Map<string, string>(DEFAULTS);
  private readonly declared = new Set<string>();
  private hasVersion = false;

  /** Forgets what the last document declared. */
  reset(): void {
    this.prefixes.clear();
    for (const [handle, prefix] of DEFAULTS) {
      this.prefixes.set(handle, prefix);
    }
    this.declared.clear();
    this.hasVersion = false;
  }

  /** Takes a directive; returns what is wrong with it. */
  add({ type, value, suffix }: Token): string | undefined {
    if (type === T.versionDirective) {
      const again = this.hasVersion;
      this.hasVersion = true;
      if (again) {
        return 'found duplicate %YAML directive';
      }
      return value === '1.1' ? undefined : 'found incompatible YAML document';
    }
    if (this.declared.has(value)) {
      return 'found duplicate %TAG directive';
    }
    this.declared.add(value);
    this.prefixes.set(value, suffix);
    return undefined;
  }

  /** The tag in full; undefined when its handle was not declared. */
  expand({ value: handle, suffix }: Token): string | undefined {
    if (handle === '') {
      return suffix;
    }
    const prefix = this.prefixes.get(handle);
    return prefix === undefined ? undefined : prefix + suffix;
  }
}
