// A real OCI registry (distribution) on loopback.
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { hash } from 'bcryptjs';
import { createAuthority, issueCertificate, validityFrom } from '#net/pki';
import { freePorts } from '#dev/ports';
import { listens, untilTrue } from '#dev/probe';
import { Reaper } from '#dev/reaper';
import { SpawnedServer } from '#dev/spawned';
import { tempDir } from './temp-dir.ts';
import { toolOrSkip } from './tools.ts';

export interface RegistryOptions {
  readonly auth?: { readonly username: string; readonly password: string };
  readonly tls?: boolean;
}

export interface Registry {
  /** 127.0.0.1:port */
  readonly host: string;
  readonly url: string;
  /** PEM of the authority to trust, with TLS. */
  readonly authority?: string;
  stop(): Promise<void>;
}

/** Starts it, or skips where the program is not to be had. */
export async function registryOrSkip(context: Mocha.Context, options: RegistryOptions = {}): Promise<Registry> {
  const binary = await toolOrSkip(context, 'registry');
  const dir = await tempDir('registry');
  const [port = 0] = await freePorts(1);
  const host = `127.0.0.1:${port}`;
  const tls = options.tls === true ? await writeTls(dir) : undefined;
  const config = {
    version: '0.1',
    log: { level: 'warn', accesslog: { disabled: true } },
    storage: { filesystem: { rootdirectory: path.join(dir, 'data') }, delete: { enabled: true } },
    http: { addr: host, ...(tls === undefined ? {} : { tls: tls.files }) },
    ...(options.auth === undefined ? {} : { auth: { htpasswd: await htpasswd(dir, options.auth) } }),
  };
  const configFile = path.join(dir, 'config.yaml');
  await writeFile(configFile, JSON.stringify(config));
  const reaper = new Reaper();
  const server = await SpawnedServer.start({
    name: 'registry',
    binary,
    args: ['serve', configFile],
    logFile: path.join(dir, 'registry.log'),
    onSpawn: (pid) => reaper.watch(pid),
  });
  const failure = server.crash().then((error): never => {
    throw error;
  });
  failure.catch(() => undefined);
  await untilTrue('registry', () => listens(port), { timeoutMs: 10_000, failure });
  return {
    host,
    url: `${tls === undefined ? 'http' : 'https'}://${host}`,
    ...(tls === undefined ? {} : { authority: tls.authority }),
    stop: async () => {
      await server.end(2000);
      reaper.forget(server.identity.pid);
      await reaper.close();
    },
  };
}

async function writeTls(dir: string): Promise<{ authority: string; files: { certificate: string; key: string } }> {
  const validity = validityFrom(Date.now(), 1);
  const authority = await createAuthority('test registry authority', validity);
  const hosts = ['127.0.0.1', 'localhost'];
  const leaf = await issueCertificate(authority, { commonName: 'localhost', hosts, usages: ['server'], validity });
  const files = { certificate: path.join(dir, 'tls.crt'), key: path.join(dir, 'tls.key') };
  await writeFile(files.certificate, leaf.certificate);
  await writeFile(files.key, leaf.privateKey, { mode: 0o600 });
  return { authority: authority.certificate, files };
}

async function htpasswd(dir: string, auth: { username: string; password: string }): Promise<object> {
  const file = path.join(dir, 'htpasswd');
  await writeFile(file, `${auth.username}:${await hash(auth.password, 4)}\n`);
  return { realm: 'registry', path: file };
}
