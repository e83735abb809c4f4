// Artifacts of artifacts.sluice.dev: one for each source object that has something in the store.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { artifactColumns, artifactResource, artifactSpec, artifactStatus } from '#api/artifacts/artifact';
import type { StructuralSchema } from '#api/schema';
import type { ArtifactIndex, IndexedArtifact } from '#artifact/index';
import type { ArtifactStore } from '#artifact/store';
import type { KubeObject, Unstructured } from '#kube/object';
import { EventLog } from '../event-log.ts';
import type { ServedResource, Subresource } from '../resource.ts';
import { ApiError } from '../status.ts';
import { serveFiles } from './artifact-files.ts';

export interface ArtifactsOptions {
  readonly index: ArtifactIndex;
  readonly store: ArtifactStore;
  /** The source object an artifact belongs to, for its labels and uid. */
  readonly source: (kind: string, namespace: string, name: string) => KubeObject | undefined;
  /** Tells of every change of a source object: its labels are those of its artifact. */
  readonly watchSources?: (changed: (kind: string, namespace: string, name: string) => void) => void;
  /** ms since the epoch at start: versions begin above all those of earlier processes. */
  readonly startedAt: number;
}

const sourceApiVersion = 'source.toolkit.fluxcd.io/v1';

/** The resource, kept in step with the index. */
export function artifactsResource(options: ArtifactsOptions): ServedResource {
  const log = new EventLog({ firstVersion: BigInt(options.startedAt) * 1000n });
  for (const entry of options.index.all()) log.set(objectOf(entry, options));
  options.index.subscribe(({ type, entry }) => {
    const object = objectOf(entry, options);
    if (type === 'set') log.set(object);
    else log.remove(object.metadata.namespace ?? '', object.metadata.name ?? '');
  });
  options.watchSources?.((kind, namespace, name) => {
    const entry = options.index.get({ kind, namespace, name });
    if (entry !== undefined) log.set(objectOf(entry, options));
  });
  const serve: Subresource['serve'] = (object, req, res) => serveContent(options.store, object, req, res);
  return {
    ...artifactResource,
    columns: artifactColumns,
    schema: artifactSchema,
    selectableFields: {
      'spec.source.kind': (object) => sourceOf(object).kind,
      'spec.source.name': (object) => sourceOf(object).name,
    },
    subresources: [
      { name: 'content', serve },
      {
        name: 'files',
        serve: (object, req, res, rest) =>
          serveFiles({ index: options.index, store: options.store, object, req, res, rest }),
      },
      // The API server cuts every request after a minute but those it takes for long ones: `proxy` is such a name.
      { name: 'proxy', serve },
    ],
    log,
  };
}

const artifactSchema: StructuralSchema = {
  type: 'object',
  description: artifactResource.description,
  properties: {
    apiVersion: { type: 'string', description: 'Group and version of this representation.' },
    kind: { type: 'string', description: 'Always Artifact.' },
    metadata: { type: 'object' },
    spec: artifactSpec.json,
    status: artifactStatus.json,
  },
};

/** `gitrepository-podinfo`: kinds share a namespace here. */
function artifactName(kind: string, name: string): string {
  return `${kind.toLowerCase()}-${name}`;
}

function objectOf({ owner, artifact, files }: IndexedArtifact, { source }: ArtifactsOptions): Unstructured {
  const { kind, namespace, name } = owner;
  const from = source(kind, namespace, name);
  const { uid, labels } = from?.metadata ?? {};
  return {
    apiVersion: `${artifactResource.group}/${artifactResource.version}`,
    kind: artifactResource.kind,
    metadata: {
      name: artifactName(kind, name),
      namespace,
      uid: uid ?? artifactName(kind, name),
      creationTimestamp: artifact.lastUpdateTime,
      ...(labels !== undefined && { labels }),
    },
    spec: {
      source: { apiVersion: from?.apiVersion ?? sourceApiVersion, kind, name, ...(uid !== undefined && { uid }) },
    },
    status: {
      digest: artifact.digest,
      ...(files !== undefined && { files: files.length }),
      lastUpdateTime: artifact.lastUpdateTime,
      path: artifact.path,
      revision: artifact.revision,
      ...(artifact.size !== undefined && { size: artifact.size }),
      url: artifact.url,
      ...(artifact.metadata !== undefined && { metadata: artifact.metadata }),
    },
  };
}

function sourceOf(object: Unstructured): { readonly kind: string; readonly name: string } {
  return (object['spec'] as { source: { kind: string; name: string } }).source;
}

/** The stored file, byte for byte, whole or a range of it. */
async function serveContent(
  store: ArtifactStore,
  object: Unstructured,
  req: IncomingMessage,
  res: ServerResponse,
): Promise<void> {
  const { path, digest } = object['status'] as { path: string; digest: string };
  const file = await store.stat(path);
  if (file === undefined) {
    throw new ApiError(404, 'NotFound', `the file of artifact "${object.metadata.name}" is not in the store`, {
      details: {},
    });
  }
  const etag = `"${digest}"`;
  res.setHeader('ETag', etag);
  res.setHeader('X-Artifact-Digest', digest);
  res.setHeader('Accept-Ranges', 'bytes');
  if ((req.headers['if-none-match'] ?? '').split(',').some((tag) => tag.trim() === etag)) {
    res.writeHead(304).end();
    return;
  }
  const range = rangeOf(req, etag, file.size);
  if (range !== undefined && range.start >= file.size) {
    res.writeHead(416, { 'Content-Range': `bytes */${file.size}` }).end();
    return;
  }
  const body = req.method === 'HEAD' ? undefined : await store.read(path, range);
  // Never Content-Encoding: Go's transport would unpack what the user asked for packed.
  res.setHeader('Content-Type', 'application/gzip');
  if (range === undefined) res.writeHead(200, { 'Content-Length': file.size });
  else {
    const { start, end } = range;
    res.writeHead(206, { 'Content-Range': `bytes ${start}-${end}/${file.size}`, 'Content-Length': end - start + 1 });
  }
  if (body === undefined) res.end();
  // A client that goes away is no error of ours; a file that ends early cuts the connection, which the client sees.
  else await pipeline(body, res).catch(() => undefined);
}

function rangeOf(req: IncomingMessage, etag: string, size: number): { start: number; end: number } | undefined {
  const match = /^bytes=(\d+)-(\d*)$/.exec(req.headers.range ?? '');
  const condition = req.headers['if-range'];
  if (match === null || (condition !== undefined && condition !== etag)) return undefined;
  const start = Number(match[1]);
  const end = match[2] === '' ? size - 1 : Math.min(Number(match[2]), size - 1);
  return end < start && start < size ? undefined : { start, end };
}
