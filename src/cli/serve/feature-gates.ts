// Flux's feature gates: those that decide something here, and those that are accepted because Flux's controllers have them.

/** Gates that decide something. */
export interface FeatureGates {
  /** ServiceAccounts named by objects get tokens of clouds. */
  readonly ObjectLevelWorkloadIdentity: boolean;
  /** A variable that is not set fails a build. */
  readonly StrictPostBuildSubstitutions: boolean;
  /** What was asked for and changes nothing. */
  readonly ignored: readonly string[];
}

const deciding: Readonly<Record<string, boolean>> = {
  ObjectLevelWorkloadIdentity: false,
  StrictPostBuildSubstitutions: false,
};

/** Gates of Flux 2.7 to 2.9 that have one answer here. */
const accepted: readonly string[] = [
  'AdditiveCELDependencyCheck',
  'AdoptLegacyReleases',
  'AllowDNSLookups',
  'CacheSecretsAndConfigMaps',
  'CancelHealthCheckOnNewRevision',
  'CorrectDrift',
  'DefaultToRetryOnFailure',
  'DetectDrift',
  'DirectSourceFetch',
  'DisableChartDigestTracking',
  'DisableConfigWatchers',
  'DisableFailFastBehavior',
  'DisableStatusPollerCache',
  'ExternalArtifact',
  'GroupChangeLog',
  'MigrateAPIVersion',
  'OOMWatch',
  'UseHelm3Defaults',
];

/** Reads `Name=true,Other=false`, of each value given. Throws for an unknown gate, as Flux does. */
export function parseFeatureGates(values: readonly string[]): FeatureGates {
  const gates = { ...deciding };
  const ignored: string[] = [];
  const pairs = values.flatMap((value) => value.split(',')).map((pair) => pair.trim());
  for (const pair of pairs.filter((text) => text !== '')) {
    const [, name = '', value] = /^([A-Za-z0-9]+)=(true|false)$/.exec(pair) ?? [];
    if (value === undefined) throw new Error(`${pair}: write Name=true or Name=false`);
    if (Object.hasOwn(deciding, name)) gates[name] = value === 'true';
    else if (accepted.includes(name)) ignored.push(pair);
    else throw new Error(`${name} is not a feature gate`);
  }
  const { ObjectLevelWorkloadIdentity = false, StrictPostBuildSubstitutions = false } = gates;
  return { ObjectLevelWorkloadIdentity, StrictPostBuildSubstitutions, ignored };
}
