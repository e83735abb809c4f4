// The bytes of an artifact: from our own store when it is ours, over HTTP when somebody else serves it.
import type { Readable } from 'node:stream';
import type { Artifact } from '#api/source/shared';
import type { ArtifactStore } from '#artifact/store';
import { errorMessage } from '#lib/errors';
import type { Agents } from '#net/agents';

/**
 * Finds the file of an artifact of ours; undefined for anybody else's. A status may still name the address of the process
 * before this one: then the file's size tells. Its digest is checked by whoever reads it.
 */
export function localArtifactFile(store: ArtifactStore): (artifact: Artifact) => Promise<string | undefined> {
  return async (artifact) => {
    const file = await store.stat(artifact.path);
    const isOurs = store.relocate(artifact).url === artifact.url || file?.size === artifact.size;
    return file !== undefined && isOurs ? store.localPath(artifact.path) : undefined;
  };
}

export function artifactOpener(
  store: ArtifactStore,
  agents: Agents,
): (artifact: Artifact, signal: AbortSignal) => Promise<Readable> {
  const localFile = localArtifactFile(store);
  return async (artifact, signal) => {
    if ((await localFile(artifact)) !== undefined) return store.read(artifact.path);
    const url = new URL(artifact.url);
    let response;
    try {
      response = await agents.for(url).request({
        origin: url.origin,
        path: url.pathname + url.search,
        method: 'GET',
        signal,
      });
    } catch (error) {
      signal.throwIfAborted();
      throw new Error(`failed to download archive: ${errorMessage(error)}`, { cause: error });
    }
    if (response.statusCode !== 200) {
      await response.body.dump();
      throw new Error(`failed to download archive from ${artifact.url} (status: ${response.statusCode})`);
    }
    return response.body;
  };
}
