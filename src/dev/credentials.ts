// The keys and certificates of a control plane in its data folder: authorities live as long as the data, leaves are
// issued anew at every start.
import { generateKeyPairSync } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createAuthority, issueCertificate, type KeyPair, type LeafRequest, validityFrom } from '#net/pki';

export interface KeyPairFiles {
  readonly cert: string;
  readonly key: string;
}

/** File names of everything the servers are told to read. */
export interface CredentialFiles {
  readonly ca: KeyPairFiles;
  readonly frontProxyCa: KeyPairFiles;
  readonly etcdCa: KeyPairFiles;
  readonly apiserver: KeyPairFiles;
  readonly etcd: KeyPairFiles;
  readonly etcdClient: KeyPairFiles;
  readonly proxyClient: KeyPairFiles;
  readonly serviceAccount: KeyPairFiles;
}

export interface Credentials {
  readonly files: CredentialFiles;
  /** Signs the server certificate and every user's. */
  readonly authority: KeyPair;
}

const authorityDays = 3650;
const leafDays = 365;
const hosts = ['127.0.0.1', '::1', 'localhost'];
const apiserverHosts = [
  ...hosts,
  '10.96.0.1',
  'kubernetes',
  'kubernetes.default',
  'kubernetes.default.svc',
  'kubernetes.default.svc.cluster.local',
];

export const proxyClientName = 'front-proxy-client';

export async function prepareCredentials(folder: string): Promise<Credentials> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const authorities = {
    ca: await keepAuthority(folder, 'ca', 'sluice-dev-ca'),
    frontProxyCa: await keepAuthority(folder, 'front-proxy-ca', 'sluice-dev-front-proxy-ca'),
    etcdCa: await keepAuthority(folder, 'etcd-ca', 'sluice-dev-etcd-ca'),
  };
  const leaf = async (
    name: string,
    authority: KeyPair,
    request: Omit<LeafRequest, 'validity'>,
  ): Promise<KeyPairFiles> => {
    const pair = await issueCertificate(authority, { ...request, validity: validityFrom(Date.now(), leafDays) });
    return writePair(folder, name, pair);
  };
  const files: CredentialFiles = {
    ca: namesOf(folder, 'ca'),
    frontProxyCa: namesOf(folder, 'front-proxy-ca'),
    etcdCa: namesOf(folder, 'etcd-ca'),
    apiserver: await leaf('apiserver', authorities.ca, {
      commonName: 'kube-apiserver',
      hosts: apiserverHosts,
      usages: ['server'],
    }),
    etcd: await leaf('etcd', authorities.etcdCa, { commonName: 'etcd', hosts, usages: ['server', 'client'] }),
    etcdClient: await leaf('etcd-client', authorities.etcdCa, { commonName: 'kube-apiserver', usages: ['client'] }),
    proxyClient: await leaf('proxy-client', authorities.frontProxyCa, {
      commonName: proxyClientName,
      usages: ['client'],
    }),
    serviceAccount: await keepServiceAccountKey(folder),
  };
  return { files, authority: authorities.ca };
}

/** A client certificate that Kubernetes reads as this user in these groups. */
export function issueUser(authority: KeyPair, user: { name: string; groups: readonly string[] }): Promise<KeyPair> {
  return issueCertificate(authority, {
    commonName: user.name,
    organizations: user.groups,
    usages: ['client'],
    validity: validityFrom(Date.now(), leafDays),
  });
}

async function keepAuthority(folder: string, name: string, commonName: string): Promise<KeyPair> {
  const kept = await readPair(namesOf(folder, name));
  if (kept !== undefined) return kept;
  const authority = await createAuthority(commonName, validityFrom(Date.now(), authorityDays));
  await writePair(folder, name, authority);
  return authority;
}

// kube-apiserver signs tokens with it and must know old ones after a restart, so it is kept.
async function keepServiceAccountKey(folder: string): Promise<KeyPairFiles> {
  const files: KeyPairFiles = { cert: path.join(folder, 'sa.pub'), key: path.join(folder, 'sa.key') };
  if ((await readPair(files)) !== undefined) return files;
  const pair = generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  await writeFile(files.key, pair.privateKey, { mode: 0o600 });
  await writeFile(files.cert, pair.publicKey);
  return files;
}

function namesOf(folder: string, name: string): KeyPairFiles {
  return { cert: path.join(folder, `${name}.crt`), key: path.join(folder, `${name}.key`) };
}

async function readPair(files: KeyPairFiles): Promise<KeyPair | undefined> {
  try {
    return { certificate: await readFile(files.cert, 'utf8'), privateKey: await readFile(files.key, 'utf8') };
  } catch {
    return undefined;
  }
}

async function writePair(folder: string, name: string, pair: KeyPair): Promise<KeyPairFiles> {
  const files = namesOf(folder, name);
  await writeFile(files.key, pair.privateKey, { mode: 0o600 });
  await writeFile(files.cert, pair.certificate);
  return files;
}
