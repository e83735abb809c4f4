// .gitmodules: where the submodules of a repository come from. git-config(1), gitmodules(5).

export interface SubmoduleSetting {
  readonly path: string;
  readonly url: string;
}

const maxModules = 10_000;

export function parseGitmodules(text: string): SubmoduleSetting[] {
  const sections: Map<string, string>[] = [];
  let current: Map<string, string> | undefined;
  for (const raw of text.replaceAll(/\\\r?\n/g, '').split('\n')) {
    const line = raw.trim();
    if (line === '' || line.startsWith('#') || line.startsWith(';')) continue;
    const section = /^\[\s*([A-Za-z0-9.-]+)(?:\s+"((?:[^"\\]|\\.)*)")?\s*\]/.exec(line);
    if (section !== null) {
      current = section[1]!.toLowerCase() === 'submodule' ? new Map() : undefined;
      if (current !== undefined && sections.length < maxModules) sections.push(current);
      continue;
    }
    const equals = line.indexOf('=');
    if (current === undefined || equals < 0) continue;
    current.set(line.slice(0, equals).trim().toLowerCase(), valueOf(line.slice(equals + 1)));
  }
  return sections.flatMap((section) => {
    const path = section.get('path')?.replace(/\/+$/, '');
    const url = section.get('url');
    return path && url ? [{ path, url }] : [];
  });
}

/** A value without comment, outer space, quotes and escapes. */
function valueOf(text: string): string {
  let value = '';
  let quoted = false;
  let kept = 0;
  for (let i = 0; i < text.length; i++) {
    const char = text[i]!;
    if (char === '"') {
      quoted = !quoted;
      kept = value.length;
    } else if (char === '\\') {
      value += escapes[text[++i] ?? ''] ?? text[i] ?? '';
      kept = value.length;
    } else if (!quoted && (char === '#' || char === ';')) break;
    else if (quoted || !/\s/.test(char)) {
      value += char;
      kept = value.length;
    } else if (value !== '') value += char;
  }
  return value.slice(0, kept);
}

const escapes: Readonly<Record<string, string>> = { n: '\n', t: '\t', b: '\b' };

/** The URL of a submodule: a relative one is meant from the URL of the repository it is in. */
export function submoduleUrl(parent: string, url: string): string {
  // The short form of SSH addresses: user@host:path, with no slash before the colon.
  const short = /^([^/:@]+@)?([^/:]+):(?!\/\/)(.+)$/.exec(url);
  if (short !== null) return `ssh://${short[1] ?? ''}${short[2]}/${short[3]!.replace(/^\/+/, '')}`;
  if (!url.startsWith('./') && !url.startsWith('../')) return url;
  const base = new URL(parent);
  const segments = base.pathname.split('/').filter((part) => part !== '');
  for (const part of url.split('/')) {
    if (part === '..') segments.pop();
    else if (part !== '.' && part !== '') segments.push(part);
  }
  base.pathname = `/${segments.join('/')}`;
  base.search = '';
  return base.href;
}
