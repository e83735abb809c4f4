// Where a resource came from, and what changed it, for the annotations that buildMetadata asks for.
import { decodeV3, encodeV3, isObject } from '#goyaml/index';
import { joinPath } from './files/file-system.ts';
import { parseRepoSpec } from './repo-spec.ts';
import { ORIGIN, TRANSFORMATIONS } from './resource-state.ts';
import type { Resource } from './resource.ts';

export interface Origin {
  readonly path?: string;
  readonly repo?: string;
  readonly ref?: string;
  readonly configuredIn?: string;
  readonly configuredBy?: {
    readonly apiVersion?: string;
    readonly kind?: string;
    readonly name?: string;
    readonly namespace?: string;
  };
}

/** The origin with a path (or a Git URL) added. */
export function appendPath(origin: Origin, path: string): Origin {
  const spec = parseRepoSpec(path);
  if (spec === undefined) return { ...origin, path: joinPath(origin.path ?? '', path) };
  return { ...origin, repo: spec.cloneUrl, ref: spec.ref, path: spec.path };
}

function originText(origin: Origin): string {
  const lines = fields(origin);
  return lines.length === 0 ? '{}\n' : lines.map((line) => `${line}\n`).join('');
}

function fields(origin: Origin): string[] {
  const lines: string[] = [];
  const line = (name: string, value: string | undefined, indent = ''): void => {
    if (value !== undefined && value !== '') lines.push(`${indent}${encodeV3({ [name]: value }).trimEnd()}`);
  };
  line('path', origin.path);
  line('repo', origin.repo);
  line('ref', origin.ref);
  line('configuredIn', origin.configuredIn);
  const by = origin.configuredBy;
  if (by !== undefined && Object.values(by).some((value) => value !== '')) {
    lines.push('configuredBy:');
    line('apiVersion', by.apiVersion, '  ');
    line('kind', by.kind, '  ');
    line('name', by.name, '  ');
    line('namespace', by.namespace, '  ');
  }
  return lines;
}

function listItem(origin: Origin): string {
  const lines = fields(origin);
  return lines.length === 0 ? '- {}\n' : lines.map((line, i) => `${i === 0 ? '- ' : '  '}${line}\n`).join('');
}

export function originOf(resource: Resource): Origin | undefined {
  const text = resource.annotations.get(ORIGIN);
  if (text === undefined) return undefined;
  try {
    const value = decodeV3(text);
    return isObject(value) ? value : {};
  } catch {
    return {};
  }
}

export function setOrigin(resource: Resource, origin: Origin): void {
  const { annotations } = resource;
  annotations.set(ORIGIN, originText(origin));
  resource.setAnnotations(sorted(annotations));
}

/** Notes that a transformer has run; a resource of no origin is taken for one that it made. */
export function addTransformation(resource: Resource, origin: Origin): void {
  const { annotations } = resource;
  if (!annotations.has(ORIGIN)) {
    setOrigin(resource, origin);
    return;
  }
  annotations.set(TRANSFORMATIONS, (annotations.get(TRANSFORMATIONS) ?? '') + listItem(origin));
  resource.setAnnotations(sorted(annotations));
}

/** The origin of what a plugin does that a file configures. */
export function originOfPlugin(config: Resource): Origin | undefined {
  const origin = originOf(config);
  if (origin === undefined) return undefined;
  const { path, ...rest } = origin;
  const { apiVersion, kind, name, namespace } = config;
  return {
    ...(rest.repo === undefined ? {} : { repo: rest.repo }),
    ...(rest.ref === undefined ? {} : { ref: rest.ref }),
    ...(path === undefined ? {} : { configuredIn: path }),
    configuredBy: { apiVersion, kind, name, namespace },
  };
}

function sorted(map: ReadonlyMap<string, string>): Map<string, string> {
  return new Map([...map].toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
