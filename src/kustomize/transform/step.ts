// What a transformer is to the build: a change to the resources of a layer.
import type { ResMap } from '../resmap.ts';

export type Step = (resources: ResMap) => void;
