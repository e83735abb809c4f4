// By which side's apply a revision is brought in: as the spec says, else as the one before.
import type { HelmRelease } from '#api/helm/helmrelease';
import type { ReleaseRecord } from '#helm/index';
import type { ApplyMethod } from './client-side.ts';
import type { ReleaseItem } from './release-objects.ts';

type Side = ApplyMethod['side'];

const clientSide = 'csa';

export function installMethod({ serverSideApply }: NonNullable<HelmRelease['spec']['install']>): ApplyMethod {
  return methodOf(serverSideApply === false ? 'client' : 'server', { before: [], replaces: false });
}

/** `auto`, the default, goes on as the release was made. One that does not say how is taken over by the server's side. */
export function sideOf(
  wanted: NonNullable<HelmRelease['spec']['upgrade']>['serverSideApply'],
  { apply_method: before }: Pick<ReleaseRecord, 'apply_method'>,
): Side {
  if (wanted === 'disabled') return 'client';
  return wanted === 'enabled' || before !== clientSide ? 'server' : 'client';
}

/** What the release had before the revision, and whether the spec forces replacement. */
export interface Before {
  readonly before: readonly ReleaseItem[];
  readonly replaces: boolean;
}

export function methodOf(side: Side, { before, replaces }: Before): ApplyMethod {
  return {
    side,
    originals: new Map(before.map(({ id, object }) => [id, object])),
    replaces: replaces && side === 'client',
  };
}

/** As Helm 4 records it. Told of server-side apply, Helm would refuse to touch fields that are ours: that is left out. */
export function applyMethodRecord(side: Side): Pick<ReleaseRecord, 'apply_method'> {
  return side === 'client' ? { apply_method: clientSide } : {};
}
