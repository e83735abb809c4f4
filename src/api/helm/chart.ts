// How a HelmRelease names its chart and its values, and the parts of that which differ between versions.
import { duration, localReference } from '../meta.ts';
import { kustomizeImages, kustomizePatches, legacyPatches } from '../patch.ts';
import { boolean, list, object, oneOf, required, string, stringMap, without } from '../schema.ts';
import { chartSourceKinds, reconcileStrategy, verifier } from '../source/shared.ts';

const objectName = { minLength: 1, maxLength: 253 };
const namespaceName = { minLength: 1, maxLength: 63 };

const chartFields = {
  chart: required(
    string('Name of the chart in a Helm repository, else its path in the source.', { minLength: 1, maxLength: 2048 }),
  ),
  ignoreMissingValuesFiles: boolean('Go on when a file of valuesFiles is missing.'),
  interval: duration('How often to look for a new chart; spec.interval by default.'),
  reconcileStrategy,
  sourceRef: required(
    object('Where the chart is.', {
      apiVersion: string('API version of the source; has no effect.'),
      kind: required(oneOf('Kind of the source.', chartSourceKinds)),
      name: required(string('Name of the source.', objectName)),
      namespace: string('Namespace of the source; the own by default.', namespaceName),
    }),
  ),
  valuesFiles: list("Values files in the source, merged in order, that replace the chart's own.", string('A path.')),
  verify: object('Which signatures to demand; for charts from an OCI registry only.', {
    provider: verifier,
    secretRef: localReference('Secret with the trusted public keys; without it, signatures must be keyless.'),
  }),
  version: string('Version or version range; for charts of a Helm repository only.', { default: '*' }),
};

const chartMetadata = object('Labels and annotations of the HelmChart.', {
  annotations: stringMap('Annotations.'),
  labels: stringMap('Labels.'),
});

const chartDescription = 'The HelmChart to make.';

export const chart = object(chartDescription, {
  metadata: chartMetadata,
  spec: required(object('Spec of the HelmChart.', chartFields)),
});

export const oldChart = object(chartDescription, {
  metadata: chartMetadata,
  spec: required(
    object('Spec of the HelmChart.', {
      ...chartFields,
      valuesFile: string("Values file that replaces the chart's own. Use valuesFiles."),
    }),
  ),
});

const chartReference = {
  apiVersion: string('API version of the object; has no effect.'),
  kind: required(oneOf('Kind of the object.', ['OCIRepository', 'HelmChart', 'ExternalArtifact'])),
  name: required(string('Name of the object.', objectName)),
  namespace: string('Namespace of the object; the own by default.', namespaceName),
};

export const chartRef = object('An object whose artifact is the chart.', chartReference);

export const oldChartRef = object('An object whose artifact is the chart.', {
  ...chartReference,
  kind: required(oneOf('Kind of the object.', ['OCIRepository', 'HelmChart'])),
});

const valuesReference = {
  kind: required(oneOf('Kind of the object.', ['Secret', 'ConfigMap'])),
  literal: boolean('Take the value as it is at targetPath, without reading it as --set does.'),
  name: required(string('Name of the object.', objectName)),
  optional: boolean('Go on when the object or the key is missing.'),
  targetPath: string('Where to put the value, in the syntax of --set; by default it is merged as YAML.', {
    maxLength: 250,
    pattern: String.raw`^([a-zA-Z0-9_\-.\\\/]|\[[0-9]{1,5}\])+$`,
    hint: 'write names joined by dots, such as image.tag or hosts[0].name',
  }),
  valuesKey: string('Key that holds the values; `values.yaml` by default.', {
    maxLength: 253,
    pattern: String.raw`^[\-._a-zA-Z0-9]+$`,
    hint: 'write letters, digits, ., _ and -',
  }),
};

const valuesFromDescription = 'ConfigMaps and Secrets with values; later ones win, and values wins over all.';

export const valuesFrom = list(valuesFromDescription, object('A ConfigMap or Secret.', valuesReference));

export const oldValuesFrom = list(
  valuesFromDescription,
  object('A ConfigMap or Secret.', without(valuesReference, 'literal')),
);

const kustomize = { images: kustomizeImages, patches: kustomizePatches };
const postRenderersDescription = 'What to do to the rendered manifests, in order.';

export const postRenderers = list(
  postRenderersDescription,
  object('One step.', { kustomize: object('Patches and images, as kustomize knows them.', kustomize) }),
);

export const oldPostRenderers = list(
  postRenderersDescription,
  object('One step.', {
    kustomize: object('Patches and images, as kustomize knows them.', { ...kustomize, ...legacyPatches }),
  }),
);
