// Making certificates as a worker job: the library takes 20 MB, and is needed for a moment once a week.
import { createAuthority, issueCertificate, type KeyPair, type LeafRequest, type Validity } from './pki.ts';

export type PkiInput =
  | { readonly make: 'authority'; readonly commonName: string; readonly validity: Validity }
  | { readonly make: 'leaf'; readonly authority: KeyPair; readonly request: LeafRequest };

export function run(input: PkiInput): Promise<KeyPair> {
  return input.make === 'authority'
    ? createAuthority(input.commonName, input.validity)
    : issueCertificate(input.authority, input.request);
}
