// Reading fields of reviewed objects by path, arrays included.

export interface FoundField {
  /** Path with indexes, e.g. `spec.dependsOn[0].name`. */
  readonly path: string;
  readonly value: unknown;
}

/** Every field a path leads to: `[]` stands for each item of a list, `*` for each value of a map. */
export function fieldsAt(root: unknown, path: string): FoundField[] {
  let found: FoundField[] = [{ path: '', value: root }];
  for (const part of path.split('.')) {
    const isList = part.endsWith('[]');
    const name = isList ? part.slice(0, -2) : part;
    found = found.flatMap((field) => step(field, name)).flatMap((field) => (isList ? items(field) : [field]));
  }
  return found;
}

/** Those of the fields that are texts, empty ones left out. */
export function textsAt(root: unknown, path: string): { readonly path: string; readonly value: string }[] {
  return fieldsAt(root, path).flatMap(({ path: at, value }) =>
    typeof value === 'string' && value !== '' ? [{ path: at, value }] : [],
  );
}

function step({ path, value }: FoundField, name: string): FoundField[] {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return [];
  const prefix = path === '' ? '' : `${path}.`;
  if (name === '*') {
    return Object.entries(value).map(([key, inner]) => ({ path: `${prefix}${key}`, value: inner as unknown }));
  }
  if (!Object.hasOwn(value, name)) return [];
  return [{ path: prefix + name, value: (value as Record<string, unknown>)[name] }];
}

function items({ path, value }: FoundField): FoundField[] {
  return Array.isArray(value) ? value.map((item: unknown, i) => ({ path: `${path}[${i}]`, value: item })) : [];
}
