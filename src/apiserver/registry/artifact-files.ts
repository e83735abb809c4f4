// artifacts/<name>/files: what is in an artifact, and each file of it as it is.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ArtifactIndex } from '#artifact/index';
import type { PackedFile } from '#artifact/pack';
import type { ArtifactStore } from '#artifact/store';
import { readTarGz } from '#artifact/unpack';
import type { Unstructured } from '#kube/object';
import { ApiError, notFound } from '../status.ts';

export interface FilesRequest {
  readonly index: ArtifactIndex;
  readonly store: ArtifactStore;
  readonly object: Unstructured;
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  /** Path of one file; empty for the list. */
  readonly rest: string;
}

/** The list of files, or the bytes of one. */
export async function serveFiles(request: FilesRequest): Promise<void> {
  const { object, req, res, rest } = request;
  const files = filesOf(request);
  if (rest === '') {
    sendList(object, files, req, res);
    return;
  }
  const file = files.find(({ path }) => path === rest);
  if (file === undefined) throw notFound({ plural: 'files', group: 'artifacts.sluice.dev' }, rest);
  res.setHeader('Content-Type', 'application/octet-stream');
  res.setHeader('Content-Length', file.size);
  res.setHeader('ETag', `"${digestOf(object)}:${Buffer.from(rest).toString('base64url')}"`);
  if (req.method === 'HEAD') {
    res.end();
    return;
  }
  await sendFile(request, file);
}

function filesOf({ index, object }: FilesRequest): readonly PackedFile[] {
  const { kind, name } = (object['spec'] as { source: { kind: string; name: string } }).source;
  const entry = index.get({ kind, namespace: object.metadata.namespace ?? '', name });
  if (entry?.files === undefined) {
    const message = `artifact "${object.metadata.name}" is no archive of files: read artifacts/content instead`;
    throw new ApiError(404, 'NotFound', message, { details: {} });
  }
  return entry.files;
}

function sendList(object: Unstructured, files: readonly PackedFile[], req: IncomingMessage, res: ServerResponse): void {
  const { name, namespace, resourceVersion } = object.metadata;
  const list = {
    kind: 'ArtifactFileList',
    apiVersion: object.apiVersion,
    metadata: { name, namespace, resourceVersion },
    items: files.map(({ path, size }) => ({ path, size })),
  };
  const body = `${JSON.stringify(list)}\n`;
  res.setHeader('Content-Type', 'application/json');
  res.setHeader('Content-Length', Buffer.byteLength(body));
  res.end(req.method === 'HEAD' ? undefined : body);
}

/** Reads the archive up to the file; what comes after it is not looked at. */
async function sendFile({ store, object, res }: FilesRequest, file: PackedFile): Promise<void> {
  const found = new Error('found');
  const { path } = object['status'] as { path: string };
  try {
    await readTarGz(await store.read(path), async (entry, content) => {
      if (entry.type !== 'file' || entry.path !== file.path) return;
      // A client that goes away is no error of ours.
      await pipeline(Readable.from(content), res).catch(() => undefined);
      throw found;
    });
  } catch (error) {
    if (error !== found) throw error;
    return;
  }
  throw notFound({ plural: 'files', group: 'artifacts.sluice.dev' }, file.path);
}

function digestOf(object: Unstructured): string {
  return (object['status'] as { digest: string }).digest;
}
