// What the API server is told of the webhooks: which requests to send, where, and what to do when nobody answers.
import { allKinds } from '#api/scheme';
import type { Unstructured } from '#kube/object';
import { rulesPath, schemaPath } from './handler.ts';

export interface RegistrationOptions {
  /** PEM bundle of the authorities that may have signed the serving certificate. */
  readonly caBundle: string;
  /** How the API server reaches us: by Service in the cluster, by URL from outside. */
  readonly reach:
    | { readonly service: { readonly name: string; readonly namespace: string; readonly port: number } }
    | { readonly url: string };
}

const configurationName = 'sluice';

/** Both configurations. Applying them again changes nothing. */
export function webhookConfigurations(options: RegistrationOptions): Unstructured[] {
  return [
    configuration(
      'MutatingWebhookConfiguration',
      webhook('schema.sluice.dev', schemaPath, options, { reinvocationPolicy: 'Never' }),
    ),
    configuration('ValidatingWebhookConfiguration', webhook('rules.sluice.dev', rulesPath, options, {})),
  ];
}

function configuration(kind: string, hook: object): Unstructured {
  return {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind,
    metadata: { name: configurationName, labels: { 'app.kubernetes.io/part-of': 'sluice' } },
    webhooks: [hook],
  };
}

function webhook(name: string, path: string, options: RegistrationOptions, more: object): object {
  return {
    name,
    admissionReviewVersions: ['v1'],
    // Both give feedback; what they refuse the controllers refuse too. So nobody must wait for them to be there.
    failurePolicy: 'Ignore',
    matchPolicy: 'Exact',
    sideEffects: 'None',
    timeoutSeconds: 5,
    rules: [...ruleGroups()].map(([group, resources]) => ({
      apiGroups: [group],
      apiVersions: ['*'],
      operations: ['CREATE', 'UPDATE'],
      // No subresources: status writes are none of our business.
      resources,
      scope: 'Namespaced',
    })),
    matchConditions: [
      { name: 'not-being-deleted', expression: '!has(object.metadata.deletionTimestamp)' },
      // Finalizers and annotations are nothing to judge: most updates, our own among them, end here.
      { name: 'spec-changed', expression: "request.operation != 'UPDATE' || object.spec != oldObject.spec" },
    ],
    clientConfig: clientConfig(path, options),
    ...more,
  };
}

function ruleGroups(): Map<string, string[]> {
  const groups = new Map<string, string[]>();
  for (const { group, plural } of allKinds) groups.set(group, [...(groups.get(group) ?? []), plural]);
  return groups;
}

function clientConfig(path: string, { caBundle, reach }: RegistrationOptions): object {
  const bundle = { caBundle: Buffer.from(caBundle).toString('base64') };
  if ('url' in reach) return { ...bundle, url: `${reach.url.replace(/\/+$/, '')}${path}` };
  return { ...bundle, service: { ...reach.service, path } };
}
