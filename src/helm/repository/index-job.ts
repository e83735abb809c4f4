// The worker's part of an index: megabytes of YAML to JSON and a table, off the event loop.
import { buildIndex, type BuildIndexOptions, type BuiltIndex } from './index-build.ts';

export function run(input: BuildIndexOptions): BuiltIndex {
  return buildIndex(input);
}
