// Patches that can be read: YAML, and either part of an object or a list of JSON Patch operations.
import { sigsUnmarshal, type GoValue } from '#goyaml/index';
import { errorMessage } from '#lib/errors';
import { GoRegexp } from '#lib/go-regexp';
import { parseSelector } from '#lib/label-selector';
import { fieldsAt, textsAt } from '../fields.ts';
import { refuse, type Finding, type Rule } from '../rule.ts';

const fields: Readonly<Record<string, string>> = {
  Kustomization: 'spec.patches[]',
  HelmRelease: 'spec.postRenderers[].kustomize.patches[]',
};
const operations = new Set(['add', 'remove', 'replace', 'move', 'copy', 'test']);
/** Reading a longer one takes too long to do beside other work; the build reads it anyway. */
const maxLength = 64 * 1024;

export const patches: Rule = {
  id: 'patches',
  kinds: Object.keys(fields),
  why: 'A patch that cannot be read fails every build, long after it was written.',
  check({ object }) {
    return fieldsAt(object, fields[object.kind] ?? '').flatMap(({ path, value }) => [
      ...textsAt(value, 'patch').flatMap(({ value: text }) => judgePatch(`${path}.patch`, text)),
      ...judgeTarget(path, value),
    ]);
  },
};

function judgePatch(path: string, text: string): Finding[] {
  if (text.length > maxLength) return [];
  let value: GoValue;
  try {
    // As lenient as the build is: keys may come twice, and what follows the first document is the build's to judge.
    value = sigsUnmarshal(text);
  } catch (error) {
    return [
      refuse(
        path,
        shortened(text),
        errorMessage(error).replace('error converting YAML to JSON: ', ''),
        'write YAML: part of an object, or JSON Patch operations',
      ),
    ];
  }
  if (Array.isArray(value)) return value.flatMap((operation, i) => judgeOperation(path, i, operation));
  if (value !== null && typeof value === 'object') return [];
  const hint = 'write the fields to change, or a list of operations with op, path and value';
  return [refuse(path, shortened(text), 'is neither an object nor a list', hint)];
}

function judgeOperation(path: string, i: number, operation: GoValue): Finding[] {
  const fieldOf = (name: string): unknown => fieldsAt(operation, name)[0]?.value;
  const op = fieldOf('op');
  if (typeof op !== 'string' || !operations.has(op)) {
    const known = [...operations].join(', ');
    return [refuse(path, op ?? null, `operation ${i} has no op that JSON Patch knows`, `write one of ${known}`)];
  }
  const at = fieldOf('path');
  if (typeof at === 'string' && (at === '' || at.startsWith('/'))) return [];
  return [
    refuse(path, at ?? null, `operation ${i} needs a path that begins with '/'`, 'write one such as /spec/replicas'),
  ];
}

function judgeTarget(path: string, patch: unknown): Finding[] {
  const findings: Finding[] = [];
  for (const field of ['group', 'version', 'kind', 'name', 'namespace']) {
    for (const { value } of textsAt(patch, `target.${field}`)) {
      findings.push(...attempt(`${path}.target.${field}`, value, () => new GoRegexp(`^(?:${value})$`)));
    }
  }
  for (const field of ['labelSelector', 'annotationSelector']) {
    for (const { value } of textsAt(patch, `target.${field}`)) {
      findings.push(...attempt(`${path}.target.${field}`, value, () => parseSelector(value)));
    }
  }
  return findings;
}

function attempt(path: string, value: string, read: () => unknown): Finding[] {
  try {
    read();
    return [];
  } catch (error) {
    const what = path.endsWith('Selector') ? 'a selector such as app=web' : 'a name or an RE2 expression';
    return [refuse(path, value, errorMessage(error), `write ${what}`)];
  }
}

function shortened(text: string): string {
  return text.length <= 60 ? text : `${text.slice(0, 59)}…`;
}
