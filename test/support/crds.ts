// Installs Sluice's own kinds into a test cluster.
import path from 'node:path';
import type { Kubectl } from './kubectl.ts';

const folder = path.resolve(import.meta.dirname, '../../crds');

/** Applies crds/ and waits until the API server serves all of them. */
export async function installCrds(kubectl: Kubectl): Promise<void> {
  await kubectl.ok(['apply', '--server-side', '--field-manager=sluice-crds', '-f', folder]);
  await kubectl.ok(['wait', '--for=condition=Established', '--timeout=30s', '-f', folder]);
}
