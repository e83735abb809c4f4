// The chart a run works with: its file, and what is in that.
import type { Artifact } from '#api/source/shared';
import { errorMessage } from '#lib/errors';
import { NotYetError } from './gates.ts';
import type { ChartArtifact } from './prerequisites.ts';
import type { ChartFile, ChartInfo } from './render-job.ts';
import type { Run } from './run.ts';
import { chartRevision } from './source.ts';

const artifactRetryMs = 30_000;

export interface Chart {
  readonly info: ChartInfo;
  readonly file: ChartFile;
  /** Of the OCI artifact it came in; empty where it is none. */
  readonly ociDigest: string;
}

/** Throws, after it told the object, why there is none. */
export async function chartOf(run: Run, { artifact, kind }: ChartArtifact): Promise<Chart> {
  const { deps, gates, context } = run;
  const file: ChartFile = { path: await chartPath(run, artifact), digest: artifact.digest };
  const info = await gates.through('ArtifactFailed', 'Could not load chart: ', () =>
    deps.renderer.chartInfo(file, context.signal),
  );
  try {
    const { version, ociDigest } = chartRevision(artifact, kind, info.version);
    gates.pass('ChartMutateError');
    if (version === undefined) return { info, file, ociDigest };
    return { info: { ...info, version }, file: { ...file, version }, ociDigest };
  } catch (error) {
    throw gates.fault('ChartMutateError', '', error);
  }
}

async function chartPath({ deps, gates, context: { signal } }: Run, artifact: Artifact): Promise<string> {
  try {
    return await deps.files.path(artifact, signal);
  } catch (error) {
    signal.throwIfAborted();
    if (!errorMessage(error).includes('status: 404')) {
      throw gates.fault('ArtifactFailed', 'Could not load chart: ', error);
    }
    const message = 'Source not ready: artifact not found. Retrying in 30s';
    gates.ready('False', 'ArtifactFailed', message);
    throw new NotYetError(message, artifactRetryMs);
  }
}
