// Runs a rule over a table: an object, what the cluster holds, and what is said of it.
import assert from 'node:assert/strict';
import { formatWithHint } from '#api/derive/field-error';
import { allKinds } from '#api/scheme';
import { validSpecs } from '#test/api/valid-specs';
import type { Finding, ReviewedObject, Rule, Snapshot } from '#webhooks/rule';

export type Spec = Readonly<Record<string, unknown>>;

/** An object of the table; its spec is merged over a valid one. */
export interface Written {
  readonly kind: string;
  readonly name?: string;
  readonly namespace?: string;
  readonly spec?: Spec;
  readonly metadata?: Spec;
}

export interface ClusterState {
  readonly objects?: readonly Written[];
  /** Kinds whose caches are not filled yet. */
  readonly unknown?: readonly string[];
  /** Files by `Kind/namespace/name`. */
  readonly files?: Readonly<Record<string, readonly string[]>>;
}

export interface RuleRow {
  readonly it: string;
  readonly object: Written;
  readonly old?: Written;
  readonly cluster?: ClusterState;
  /** `error: …` and `warning: …` in order. */
  readonly says: readonly string[];
}

/** Declares one test for each row. */
export function ruleTable(rule: Rule, rows: readonly RuleRow[]): void {
  describe(`rule ${rule.id}`, () => {
    for (const row of rows) {
      it(row.it, () => {
        const object = written(row.object);
        assert.ok(rule.kinds.includes(object.kind), `${rule.id} is not about ${object.kind}`);
        const old = row.old === undefined ? undefined : written(row.old);
        const user = { username: 'jane', groups: [] };
        const findings = rule.check({ object, old, user, snapshot: snapshotOf(row.cluster) });
        assert.deepEqual(findings.map(sentence), row.says);
      });
    }
  });
}

export function sentence(finding: Finding): string {
  return finding.level === 'error' ? `error: ${formatWithHint(finding.error)}` : `warning: ${finding.message}`;
}

export function written({ kind, name = 'app', namespace = 'apps', spec = {}, metadata = {} }: Written): ReviewedObject {
  const definition = allKinds.find((each) => each.kind === kind);
  const version = definition?.versions.find(({ storage }) => storage);
  return {
    apiVersion: `${definition?.group}/${version?.name}`,
    kind,
    metadata: { name, namespace, ...metadata },
    spec: { ...validSpecs[kind], ...spec },
  };
}

export function snapshotOf({ objects = [], unknown = [], files = {} }: ClusterState = {}): Snapshot {
  const stored = objects.map(written);
  return {
    knows: (kind) => !unknown.includes(kind),
    get: (kind, namespace, name) =>
      stored.find(
        (object) => object.kind === kind && object.metadata.namespace === namespace && object.metadata.name === name,
      ),
    list: (kind) => stored.filter((object) => object.kind === kind),
    files: (kind, namespace, name) => files[`${kind}/${namespace}/${name}`],
  };
}
