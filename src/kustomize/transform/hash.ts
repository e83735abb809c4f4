// The content hash at the end of the names of generated resources.
import { contentHash } from '../hasher.ts';
import type { Step } from './step.ts';

export function hashStep(): Step {
  return (resources) => {
    for (const resource of resources.resources) {
      if (!resource.needsHash || resource.isEmpty) continue;
      const hash = contentHash(resource);
      resource.rememberId();
      resource.setName(`${resource.name}-${hash}`);
    }
    resources.changed();
  };
}
