// What the cluster can do, as charts see it in `.Capabilities`: versions by default, and the parser of --kube-version.
import { CodedError } from '#lib/errors';
import { quote as goQuote } from '#lib/go-quote';
import type { HelmMajor } from '../chart/files-to-chart.ts';

export interface KubeVersion {
  readonly version: string;
  readonly major: string;
  readonly minor: string;
}

/** The build information of a Helm release; Flux's helm-controller shows the library's constants. */
export interface HelmVersion {
  readonly version: string;
  readonly gitCommit: string;
  readonly gitTreeState: string;
  readonly goVersion: string;
  /** Helm 4 only. */
  readonly kubeClientVersion?: string;
}

export interface Capabilities {
  readonly kubeVersion: KubeVersion;
  /** `group/version`, from a live cluster also `group/version/Kind`. */
  readonly apiVersions: readonly string[];
  readonly helmVersion: HelmVersion;
}

/** What client-go's scheme of Helm 3.19 knows, in its order. */
const schemeVersions: readonly string[] = [
  'v1',
  'admissionregistration.k8s.io/v1',
  'admissionregistration.k8s.io/v1alpha1',
  'admissionregistration.k8s.io/v1beta1',
  'internal.apiserver.k8s.io/v1alpha1',
  'apps/v1',
  'apps/v1beta1',
  'apps/v1beta2',
  'authentication.k8s.io/v1',
  'authentication.k8s.io/v1alpha1',
  'authentication.k8s.io/v1beta1',
  'authorization.k8s.io/v1',
  'authorization.k8s.io/v1beta1',
  'autoscaling/v1',
  'autoscaling/v2',
  'autoscaling/v2beta1',
  'autoscaling/v2beta2',
  'batch/v1',
  'batch/v1beta1',
  'certificates.k8s.io/v1',
  'certificates.k8s.io/v1beta1',
  'certificates.k8s.io/v1alpha1',
  'coordination.k8s.io/v1alpha2',
  'coordination.k8s.io/v1beta1',
  'coordination.k8s.io/v1',
  'discovery.k8s.io/v1',
  'discovery.k8s.io/v1beta1',
  'events.k8s.io/v1',
  'events.k8s.io/v1beta1',
  'extensions/v1beta1',
  'flowcontrol.apiserver.k8s.io/v1',
  'flowcontrol.apiserver.k8s.io/v1beta1',
  'flowcontrol.apiserver.k8s.io/v1beta2',
  'flowcontrol.apiserver.k8s.io/v1beta3',
  'networking.k8s.io/v1',
  'networking.k8s.io/v1beta1',
  'node.k8s.io/v1',
  'node.k8s.io/v1alpha1',
  'node.k8s.io/v1beta1',
  'policy/v1',
  'policy/v1beta1',
  'rbac.authorization.k8s.io/v1',
  'rbac.authorization.k8s.io/v1beta1',
  'rbac.authorization.k8s.io/v1alpha1',
  'resource.k8s.io/v1',
  'resource.k8s.io/v1beta2',
  'resource.k8s.io/v1beta1',
  'resource.k8s.io/v1alpha3',
  'scheduling.k8s.io/v1alpha1',
  'scheduling.k8s.io/v1beta1',
  'scheduling.k8s.io/v1',
  'storage.k8s.io/v1beta1',
  'storage.k8s.io/v1',
  'storage.k8s.io/v1alpha1',
  'storagemigration.k8s.io/v1alpha1',
  'apiextensions.k8s.io/v1beta1',
  'apiextensions.k8s.io/v1',
];

/** API versions a render without a cluster knows. */
export function defaultApiVersions(helm: HelmMajor = 3): readonly string[] {
  if (helm === 3) return schemeVersions;
  return schemeVersions.map((version) =>
    version === 'storagemigration.k8s.io/v1alpha1' ? 'storagemigration.k8s.io/v1beta1' : version,
  );
}

const helmVersions: Readonly<Record<HelmMajor, HelmVersion>> = {
  3: { version: 'v3.19', gitCommit: '', gitTreeState: '', goVersion: 'go1.24.7' },
  4: { version: 'v4.1', gitCommit: '', gitTreeState: '', goVersion: 'go1.25.9', kubeClientVersion: 'v1.35' },
};

/** Capabilities of a render without a cluster. */
export function defaultCapabilities(helm: HelmMajor = 3): Capabilities {
  return {
    kubeVersion:
      helm === 3 ? { version: 'v1.34.0', major: '1', minor: '34' } : { version: 'v1.35.0', major: '1', minor: '35' },
    apiVersions: defaultApiVersions(helm),
    helmVersion: helmVersions[helm],
  };
}

export class KubeVersionError extends CodedError {
  constructor(message: string) {
    super('HELM_KUBE_VERSION', message);
  }
}

const versionPattern = /^[\t\n\f\r ]*v?([0-9]+(?:\.[0-9]+)*)/;

/** Parses a version as the command line gives it. Helm 3 keeps the numbers only, Helm 4 what follows them, too. */
export function parseKubeVersion(text: string, helm: HelmMajor = 3): KubeVersion {
  const [matched, numbers] = versionPattern.exec(text) ?? [];
  if (matched === undefined || numbers === undefined) {
    throw new KubeVersionError(`could not parse ${goQuote(text)} as version`);
  }
  const parts = numbers.split('.');
  if (parts.length < 2) throw new KubeVersionError(`illegal version string ${goQuote(text)}`);
  const [major = ''] = parts;
  if (major.startsWith('0') && major !== '0') {
    throw new KubeVersionError(`illegal zero-prefixed version component ${goQuote(major)} in ${goQuote(text)}`);
  }
  for (const part of parts) {
    if (part.length > 20 || BigInt(part) >= 2n ** 64n) {
      throw new KubeVersionError(
        `illegal non-numeric version component ${goQuote(part)} in ${goQuote(text)}: ` +
          `strconv.ParseUint: parsing ${goQuote(part)}: value out of range`,
      );
    }
  }
  const normal = parts.map((part) => BigInt(part).toString());
  const suffix = helm === 4 ? text.slice(matched.length).trim() : '';
  return { version: `v${normal.join('.')}${suffix}`, major: normal[0] ?? '', minor: normal[1] ?? '' };
}
