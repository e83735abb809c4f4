// A release as Helm stores it: the JSON of its Go structs. Fields are named as in that JSON, so that a record is what is read.
import type { ValuesMap } from '../values/values-map.ts';

export type ReleaseStatus =
  | 'unknown'
  | 'deployed'
  | 'uninstalled'
  | 'superseded'
  | 'failed'
  | 'uninstalling'
  | 'pending-install'
  | 'pending-upgrade'
  | 'pending-rollback';

export type HookPhase = '' | 'Unknown' | 'Running' | 'Succeeded' | 'Failed';

/** Times are RFC 3339; "" is Go's zero time. */
export interface ReleaseInfo {
  first_deployed: string;
  last_deployed: string;
  deleted: string;
  description?: string;
  status?: ReleaseStatus;
  notes?: string;
}

/** A file, its data in base64. */
export interface RecordedFile {
  name: string;
  data: string;
}

export interface RecordedChart {
  metadata: ValuesMap;
  lock: ValuesMap | null;
  templates: RecordedFile[] | null;
  values: ValuesMap | null;
  /** Base64. */
  schema: string | null;
  files: RecordedFile[] | null;
}

export interface RecordedHook {
  name?: string;
  kind?: string;
  path?: string;
  manifest?: string;
  events?: string[];
  last_run: { started_at: string; completed_at: string; phase: HookPhase };
  weight?: number;
  delete_policies?: string[];
  output_log_policies?: string[];
}

export interface ReleaseRecord {
  name: string;
  info: ReleaseInfo;
  chart?: RecordedChart;
  config?: ValuesMap;
  manifest?: string;
  hooks?: RecordedHook[];
  version: number;
  namespace: string;
  /** Helm 4: how the objects were applied. */
  apply_method?: string;
}
