// The formats of encrypted files: how each is told by a file's name, and by what SOPS leaves in its text.

export type Format = 'binary' | 'dotenv' | 'ini' | 'json' | 'yaml';

/** As messages name them. */
export const formatNames: Readonly<Record<Format, string>> = {
  binary: 'binary',
  dotenv: 'dotenv',
  ini: 'INI',
  json: 'JSON',
  yaml: 'YAML',
};

const markers: Readonly<Record<Format, string>> = {
  // A binary file is wrapped in JSON while it is encrypted.
  binary: '"mac": "ENC[',
  dotenv: 'sops_mac=ENC[',
  ini: '[sops]',
  json: '"mac": "ENC[',
  yaml: 'mac: ENC[',
};

const extensions: readonly (readonly [string, Format])[] = [
  ['.dockerconfigjson', 'json'],
  ['.yaml', 'yaml'],
  ['.yml', 'yaml'],
  ['.json', 'json'],
  ['.env', 'dotenv'],
  ['.ini', 'ini'],
];

export function formatOfPath(path: string): Format {
  return extensions.find(([end]) => path.endsWith(end))?.[1] ?? 'binary';
}

export function hasMarker(bytes: Buffer, format: Format): boolean {
  return bytes.includes(markers[format]);
}

/** The format an encrypted text is in; undefined when nothing in it says that it is encrypted. */
export function detectFormat(bytes: Buffer): Format | undefined {
  // Of the formats with one and the same sign the first will do: they are read alike.
  return (Object.keys(markers) as Format[]).find((format) => hasMarker(bytes, format));
}
