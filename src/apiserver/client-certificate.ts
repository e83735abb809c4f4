// Whether a peer's certificate was issued by one of some authorities, is valid now, and is meant for clients.
import { X509Certificate } from 'node:crypto';

const clientAuth = '1.3.6.1.5.5.7.3.2';
const anyUsage = '2.5.29.37.0';
/** Certificates between the leaf and its authority. */
const maxIntermediates = 4;

/** The authorities of a PEM bundle, parsed once. What is no certificate in it is left out. */
export function parseAuthorities(bundle: string | undefined): readonly X509Certificate[] {
  const blocks = bundle?.match(/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g) ?? [];
  return blocks.flatMap((block) => {
    try {
      return [new X509Certificate(block)];
    } catch {
      return [];
    }
  });
}

/** The chain from the certificate to one of the authorities; undefined when there is none that counts. */
export function chainTo(
  certificate: X509Certificate,
  authorities: readonly X509Certificate[],
): readonly X509Certificate[] | undefined {
  if (!isForClients(certificate)) return undefined;
  const chain = [certificate];
  for (let last = certificate; ;) {
    const authority = authorities.find((ca) => isIssuer(ca, last));
    if (authority !== undefined) return [...chain, authority];
    const issuer = last.issuerCertificate;
    if (issuer === undefined || chain.length > maxIntermediates || !issuer.ca || !isIssuer(issuer, last))
      return undefined;
    chain.push(issuer);
    last = issuer;
  }
}

export function isValidAt(chain: readonly X509Certificate[], now: number): boolean {
  return chain.every(
    ({ validFromDate, validToDate }) => validFromDate.getTime() <= now && now <= validToDate.getTime(),
  );
}

/** All values of an attribute of the subject, such as O. */
export function subjectValues(certificate: X509Certificate, attribute: 'CN' | 'O'): readonly string[] {
  // The printed subject would have to be taken apart, and what is in a name is up to whoever asked for it.
  const subject = certificate.toLegacyObject().subject as Partial<Record<string, string | string[]>>;
  const values = subject[attribute] ?? [];
  return typeof values === 'string' ? [values] : values;
}

/** Without the extension a certificate is for every use. */
function isForClients({ keyUsage }: X509Certificate): boolean {
  return keyUsage === undefined || keyUsage.includes(clientAuth) || keyUsage.includes(anyUsage);
}

function isIssuer(issuer: X509Certificate, certificate: X509Certificate): boolean {
  return certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
}
