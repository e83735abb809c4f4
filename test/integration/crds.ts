// Puts our custom resource definitions into a cluster of a test; does nothing where they are already.
import path from 'node:path';
import type { Kubectl } from '#test/support/kubectl';

const folder = path.resolve(import.meta.dirname, '../../crds');

export async function installCrds(kubectl: Kubectl): Promise<void> {
  await kubectl.ok(['apply', '--server-side', '--force-conflicts', '-f', folder]);
  await kubectl.ok(['wait', '--for=condition=Established', '--timeout=60s', '-f', folder]);
}
