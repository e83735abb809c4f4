// What the cluster shows of a delivery, beside what it shows of the same delivery by Flux.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { parse } from 'yaml';
import type { Unstructured } from '#kube/object';
import { useSharedCluster } from '#test/support/controlplane';
import { configMap, Delivery } from '#test/support/delivery';
import { skip } from '#test/support/skip';
import { until } from '#test/support/wait';

const folder = path.resolve(import.meta.dirname, '../../../shared/fixtures/flux-v2.7/objects');

interface EventObject {
  readonly type: string;
  readonly reason: string;
  readonly message: string;
  readonly source?: unknown;
  readonly reportingComponent?: string;
  readonly involvedObject: { readonly kind: string; readonly name: string };
  readonly metadata: { readonly annotations?: Readonly<Record<string, string>> };
}

/** What differs from run to run, put aside. */
function normal(value: unknown, namespaces: readonly string[]): unknown {
  if (typeof value === 'string') {
    let text = value
      .replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/g, '<time>')
      .replaceAll(/\b[0-9a-f]{40}\b/g, '<commit>')
      .replaceAll(/sha256:[0-9a-f]{64}/g, '<digest>')
      .replaceAll(/127\.0\.0\.1:\d+/g, '<address>')
      .replaceAll(/^[\d.]+m?s$|(?<=finished in )\S+(?=,)/g, '<took>');
    for (const namespace of namespaces) text = text.replaceAll(namespace, '<ns>');
    return text;
  }
  if (Array.isArray(value)) return value.map((item) => normal(item, namespaces));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, field]) => [key, key === 'size' ? '<size>' : normal(field, namespaces)]),
  );
}

/** Status, finalizers and who owns which fields. */
function shown(object: Unstructured): unknown {
  const { managedFields = [], finalizers, labels } = object.metadata;
  const managers = managedFields.map((entry) => ({ ...entry, time: undefined }));
  const id = ({ manager = '', subresource = '' }: (typeof managers)[number]): string => `${manager} ${subresource}`;
  return JSON.parse(
    JSON.stringify({
      finalizers,
      labels,
      managers: managers.toSorted((a, b) => id(a).localeCompare(id(b))),
      status: object['status'],
    }),
  );
}

async function recorded(file: string): Promise<Unstructured> {
  return parse(await readFile(path.join(folder, file), 'utf8')) as Unstructured;
}

describe('a delivery beside that of Flux', function () {
  this.timeout(60_000);
  const cluster = useSharedCluster();
  let delivery: Delivery;
  let namespaces: string[];

  before(async function () {
    const isThere = await readFile(path.join(folder, 'events.yaml')).catch(() => undefined);
    if (isThere === undefined) skip(this, 'no recorded objects of Flux');
    delivery = await (await Delivery.prepare(cluster())).start();
    namespaces = [delivery.namespace, 'flux-system'];
    const data = { 'config.yaml': 'a: 1\n', index: '0', rev: '1' };
    const files = Object.fromEntries(
      Array.from({ length: 10 }, (_, i) => {
        const name = `app-000-cm-0${i}`;
        return [`apps/app-000/${name}.yaml`, configMap(name, data, { labels: { app: 'app-000' } })];
      }),
    );
    const source = await delivery.repository('bench', files, 'push 1');
    const apply = async (kind: string, object: object): Promise<void> => {
      const { status, stderr } = await delivery.kubectl.apply({ kind, ...object });
      assert.equal(status, 0, stderr);
    };
    await apply('GitRepository', {
      apiVersion: 'source.toolkit.fluxcd.io/v1',
      metadata: { name: 'bench', namespace: delivery.namespace },
      spec: { interval: '10m', ref: { branch: 'main' }, url: source },
    });
    await apply('Kustomization', {
      apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
      metadata: { name: 'app-000', namespace: delivery.namespace },
      spec: {
        interval: '10m',
        path: './apps/app-000',
        prune: true,
        sourceRef: { kind: 'GitRepository', name: 'bench' },
        targetNamespace: delivery.namespace,
        timeout: '2m',
      },
    });
    await delivery.ready('app-000');
  });
  after(async () => {
    await delivery?.close();
  });

  for (const [kind, name] of [
    ['gitrepository', 'bench'],
    ['kustomization', 'app-000'],
  ] as const) {
    it(`shows the ${kind} with the same status and the same owners of fields`, async () => {
      const flags = [kind, name, '-n', delivery.namespace, '--show-managed-fields'];
      const ours = await delivery.kubectl.get<Unstructured>(flags);
      const theirs = await recorded(`${kind}.yaml`);
      const theirNamespaces = kind === 'kustomization' ? [...namespaces, 'bench'] : namespaces;
      assert.deepEqual(normal(shown(ours), namespaces), normal(shown(theirs), theirNamespaces));
    });
  }

  it('shows the applied objects with the same labels and the same owner of fields', async () => {
    const { items } = (await recorded('ks-objects.yaml')) as unknown as { items: Unstructured[] };
    const [theirs] = items;
    const flags = ['configmap', 'app-000-cm-00', '-n', delivery.namespace, '--show-managed-fields'];
    const ours = await delivery.kubectl.get<Unstructured>(flags);
    assert.deepEqual(normal(shown(ours), namespaces), normal(shown(theirs!), namespaces));
  });

  for (const [kind, name, count] of [
    ['GitRepository', 'bench', 1],
    ['Kustomization', 'app-000', 2],
  ] as const) {
    it(`tells of the ${kind} in the same events`, async () => {
      const { items: theirs } = (await recorded('events.yaml')) as unknown as { items: EventObject[] };
      const known = told(theirs, kind);
      const ours = await until(async () => {
        const { items } = await delivery.kubectl.get<{ items: EventObject[] }>(['events', '-n', delivery.namespace]);
        const events = items.filter(({ involvedObject }) => involvedObject.name === name);
        return events.length >= count ? told(events, kind) : undefined;
      });
      assert.equal(ours.length, count);
      for (const event of ours) assert.ok(known.includes(event), `${event} is none of\n${known.join('\n')}`);
    });
  }

  /** The different events of a kind, each as one text. */
  function told(events: readonly EventObject[], kind: string): string[] {
    const texts = events
      .filter(({ involvedObject }) => involvedObject.kind === kind)
      .map(({ type, reason, message, source, reportingComponent, metadata }) => {
        // Flux's other Kustomizations are named alike; the change log names one object a line.
        const said = message.replaceAll(/app-\d{3}/g, 'app-000').split('\n')[0];
        const { annotations = {} } = metadata;
        return JSON.stringify(
          normal(
            [type, reason, said, source, reportingComponent, Object.keys(annotations).toSorted()],
            [...namespaces, 'bench'],
          ),
        );
      });
    return [...new Set(texts)].toSorted();
  }
});
