// A real OpenSSH server on loopback for the user who runs the tests, with a key of its own for host and client.
import { access, chmod, constants, mkdir, readFile, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { SpawnedServer } from '#dev/spawned';
import { freePorts } from '#dev/ports';
import { listens, untilTrue } from '#dev/probe';
import { Reaper } from '#dev/reaper';
import { mustRun } from './run.ts';
import { skip } from './skip.ts';
import { tempDir } from './temp-dir.ts';

export type SshKeyType = 'ed25519' | 'ecdsa' | 'rsa';

export interface SshServerOptions {
  /** @default ed25519 */
  readonly hostKey?: SshKeyType;
  /** @default ed25519 */
  readonly clientKey?: SshKeyType;
  /** Lines for sshd_config, for instance `KexAlgorithms …`. */
  readonly config?: readonly string[];
}

export interface SshServer {
  readonly port: number;
  readonly username: string;
  /** OpenSSH format. */
  readonly privateKey: string;
  readonly publicKey: string;
  /** A known_hosts line for 127.0.0.1 on this port. */
  readonly knownHosts: string;
  /** ssh://user@127.0.0.1:port/path/of/repo.git */
  url(repository: string): string;
  stop(): Promise<void>;
}

const program = '/usr/sbin/sshd';

/** Starts it, or skips where OpenSSH's server is not installed. */
export async function sshServerOrSkip(context: Mocha.Context, options: SshServerOptions = {}): Promise<SshServer> {
  try {
    await access(program, constants.X_OK);
  } catch {
    return skip(context, `${program} is not here: install openssh-server`);
  }
  return startSshServer(options);
}

async function startSshServer(options: SshServerOptions): Promise<SshServer> {
  const dir = await tempDir('sshd');
  await chmod(dir, 0o700);
  const [hostKey, clientKey] = [path.join(dir, 'host'), path.join(dir, 'client')];
  await keygen(hostKey, options.hostKey ?? 'ed25519');
  await keygen(clientKey, options.clientKey ?? 'ed25519');
  const publicKey = await readFile(`${clientKey}.pub`, 'utf8');
  await writeFile(path.join(dir, 'authorized_keys'), publicKey, { mode: 0o600 });
  const [port = 0] = await freePorts(1);
  const config = [
    `Port ${port}`,
    'ListenAddress 127.0.0.1',
    `HostKey ${hostKey}`,
    `AuthorizedKeysFile ${path.join(dir, 'authorized_keys')}`,
    'PidFile none',
    'PasswordAuthentication no',
    'KbdInteractiveAuthentication no',
    'PermitRootLogin prohibit-password',
    'UsePAM no',
    // The run's folder lies in a folder that anybody may write to.
    'StrictModes no',
    'AcceptEnv GIT_PROTOCOL',
    'LogLevel VERBOSE',
    ...(options.config ?? []),
  ];
  const configFile = path.join(dir, 'sshd_config');
  await writeFile(configFile, `${config.join('\n')}\n`);
  // As root it separates privileges in this folder, which only the init script would make.
  if (process.getuid?.() === 0) await mkdir('/run/sshd', { recursive: true, mode: 0o755 });
  const reaper = new Reaper();
  const server = await SpawnedServer.start({
    name: 'sshd',
    binary: program,
    args: ['-D', '-e', '-f', configFile],
    logFile: path.join(dir, 'sshd.log'),
    onSpawn: (pid) => reaper.watch(pid),
  });
  const failure = server.crash().then((error): never => {
    throw error;
  });
  failure.catch(() => undefined);
  await untilTrue('sshd', () => listens(port), { timeoutMs: 10_000, failure });
  const { username } = os.userInfo();
  const hostPublic = (await readFile(`${hostKey}.pub`, 'utf8')).split(' ').slice(0, 2).join(' ');
  return {
    port,
    username,
    privateKey: await readFile(clientKey, 'utf8'),
    publicKey,
    knownHosts: `[127.0.0.1]:${port} ${hostPublic.trim()}\n`,
    url: (repository) => `ssh://${username}@127.0.0.1:${port}${repository}`,
    stop: async () => {
      await server.end(2000);
      reaper.forget(server.identity.pid);
      await reaper.close();
    },
  };
}

async function keygen(file: string, type: SshKeyType): Promise<void> {
  await mustRun('ssh-keygen', ['-q', '-t', type, '-N', '', '-C', 'test', '-f', file]);
}
