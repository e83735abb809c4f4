// Regions of AWS and the hosts of its services in them.
import { IdentityError } from '../errors.ts';

/** By the beginning of a region's name; all others are under amazonaws.com. */
const suffixes: readonly (readonly [string, string])[] = [
  ['cn-', 'amazonaws.com.cn'],
  ['us-iso-', 'c2s.ic.gov'],
  ['us-isob-', 'sc2s.sgov.gov'],
  ['eu-isoe-', 'cloud.adc-e.uk'],
  ['us-isof-', 'csp.hci.ic.gov'],
  ['eusc-', 'amazonaws.eu'],
];

/** `https://sts.eu-west-1.amazonaws.com`. The region is part of a host name: anything else in it is refused. */
export function endpointOf(service: string, region: string): string {
  if (!/^[a-z0-9-]{1,63}$/.test(region)) {
    throw new IdentityError('IDENTITY_CONFIG', `invalid AWS region: '${region}'`);
  }
  const suffix = suffixes.find(([start]) => region.startsWith(start))?.[1] ?? 'amazonaws.com';
  return `https://${service}.${region}.${suffix}`;
}
