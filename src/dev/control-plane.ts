// A real Kubernetes control plane on loopback: etcd, kube-apiserver, kube-controller-manager, in one data folder.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import type { KeyPair } from '#net/pki';
import { type Binaries, type ComponentName, componentNames, findBinaries, kubernetesVersion } from './binaries.ts';
import { componentArgs, type ComponentLayout, type Ports } from './components.ts';
import { type Credentials, issueUser, prepareCredentials } from './credentials.ts';
import { DevError } from './errors.ts';
import { withFileLock } from './file-lock.ts';
import { renderKubeconfig } from './kubeconfig.ts';
import { freePorts } from './ports.ts';
import { answers, listens, untilTrue } from './probe.ts';
import { identify, isAlive } from './process-identity.ts';
import { Reaper } from './reaper.ts';
import { SpawnedServer } from './spawned.ts';
import { killLeftovers, type PlaneState, readState, writeState } from './state-file.ts';

export interface ControlPlaneOptions {
  /** Data folder; made when absent. What was stored in it is there again at the next start. */
  readonly dir: string;
  /** For KUBEBUILDER_ASSETS, XDG_CACHE_HOME, and the Go toolchain. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly progress?: (line: string) => void;
  /** A server ended that nobody asked to end; the message has the end of its log. The others keep running. */
  readonly onCrash?: (error: DevError) => void;
  /** Appended to a server's own flags. */
  readonly extraArgs?: ComponentLayout['extraArgs'];
  /** Ends the build or the start; what runs by then is ended too. Of no effect later. */
  readonly signal?: AbortSignal;
}

/** How to reach the API server as cluster admin, PEM. */
export interface AdminConfig {
  readonly server: string;
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

const startLimitMs = 60_000;
const graceMs = 5000;
const portAttempts = 3;

/** Starts a control plane, or fails with what kept it from starting and nothing left running. */
export async function startControlPlane(options: ControlPlaneOptions): Promise<ControlPlane> {
  const progress = options.progress ?? ((): void => undefined);
  const binaries = await findBinaries({ ...options, progress });
  const dir = path.resolve(options.dir);
  await mkdir(path.join(dir, 'logs'), { recursive: true, mode: 0o700 });
  return withFileLock(path.join(dir, '.lock'), { timeoutMs: startLimitMs }, async () => {
    const before = await readState(dir);
    if (before !== undefined) await assertFree(dir, before);
    const credentials = await prepareCredentials(path.join(dir, 'pki'));
    let preferred = before === undefined ? [] : Object.values(before.ports);
    for (let attempt = 1; ; attempt += 1) {
      const plane = await ControlPlane.prepare({
        options,
        dir,
        binaries,
        credentials,
        ports: await choosePorts(preferred),
      });
      const interrupt = (): void => void plane.stop();
      options.signal?.addEventListener('abort', interrupt);
      try {
        options.signal?.throwIfAborted();
        await plane.startAll();
        return plane;
      } catch (error) {
        await plane.stop();
        options.signal?.throwIfAborted();
        // Between choosing a port and its server taking it, another program may have been faster.
        if (attempt === portAttempts || !String(error).includes('address already in use')) throw error;
        preferred = [];
      } finally {
        options.signal?.removeEventListener('abort', interrupt);
      }
    }
  });
}

async function assertFree(dir: string, state: PlaneState): Promise<void> {
  if (state.phase !== 'stopped' && (await isAlive(state.keeper))) {
    throw new DevError(
      'DEV_ALREADY_RUNNING',
      `the control plane in ${dir} is run by process ${state.keeper.pid} already`,
    );
  }
  await killLeftovers(state);
}

async function choosePorts(preferred: readonly number[]): Promise<Ports> {
  const [etcd = 0, etcdPeer = 0, apiserver = 0, controllerManager = 0] = await freePorts(4, preferred);
  return { etcd, etcdPeer, apiserver, controllerManager };
}

interface Prepared {
  readonly options: ControlPlaneOptions;
  readonly dir: string;
  readonly binaries: Binaries;
  readonly credentials: Credentials;
  readonly ports: Ports;
  readonly layout: ComponentLayout;
  readonly admin: AdminConfig;
  readonly kubeconfigPath: string;
}

export class ControlPlane {
  readonly dir: string;
  /** Of the cluster admin. */
  readonly kubeconfigPath: string;
  readonly admin: AdminConfig;
  readonly #prepared: Prepared;
  readonly #reaper = new Reaper();
  readonly #servers = new Map<ComponentName, SpawnedServer>();
  /** Servers whose end was asked for. */
  readonly #ending = new WeakSet<SpawnedServer>();
  /** Ended by themselves because the API server had been taken away from them. */
  readonly #gaveUp = new Set<ComponentName>();
  #phase: PlaneState['phase'] = 'starting';
  #message: string | undefined;
  #stopping: Promise<void> | undefined;
  #stateWrites: Promise<void> = Promise.resolve();

  private constructor(prepared: Prepared) {
    this.#prepared = prepared;
    this.dir = prepared.dir;
    this.kubeconfigPath = prepared.kubeconfigPath;
    this.admin = prepared.admin;
  }

  /** @internal Use startControlPlane. */
  static async prepare(input: Omit<Prepared, 'layout' | 'admin' | 'kubeconfigPath'>): Promise<ControlPlane> {
    const { dir, credentials, ports, options } = input;
    const server = `https://127.0.0.1:${ports.apiserver}`;
    const client = await issueUser(credentials.authority, { name: 'sluice-admin', groups: ['system:masters'] });
    const ca = credentials.authority.certificate;
    const kubeconfigPath = path.join(dir, 'kubeconfig');
    const controllerManagerKubeconfig = path.join(dir, 'controller-manager.kubeconfig');
    const write = (file: string, user: string, pair: KeyPair): Promise<void> =>
      writeFile(file, renderKubeconfig({ server, authority: ca, user, client: pair }), { mode: 0o600 });
    await write(kubeconfigPath, 'sluice-admin', client);
    // One identity with all rights instead of a service account per controller: 30 fewer objects to make at each start.
    const manager = { name: 'system:kube-controller-manager', groups: ['system:masters'] };
    await write(controllerManagerKubeconfig, manager.name, await issueUser(credentials.authority, manager));
    const { files } = credentials;
    const extraArgs = options.extraArgs === undefined ? {} : { extraArgs: options.extraArgs };
    const layout: ComponentLayout = { dir, ports, files, controllerManagerKubeconfig, ...extraArgs };
    const admin: AdminConfig = { server, ca, cert: client.certificate, key: client.privateKey };
    return new ControlPlane({ ...input, layout, admin, kubeconfigPath });
  }

  /** @internal Use startControlPlane. */
  async startAll(): Promise<void> {
    await this.#saveState();
    for (const name of componentNames) await this.start(name);
    this.#phase = 'running';
    await this.#saveState();
  }

  /** Starts a server that is not running and waits until it is ready. */
  async start(name: ComponentName): Promise<void> {
    if (this.#servers.get(name)?.running === true) return;
    if (this.#stopping !== undefined) throw new DevError('DEV_INTERRUPTED', 'the control plane has been stopped');
    const server = await SpawnedServer.start({
      name,
      binary: this.#prepared.binaries[name],
      args: componentArgs(name, this.#prepared.layout),
      logFile: path.join(this.dir, 'logs', `${name}.log`),
      onSpawn: (pid) => this.#reaper.watch(pid),
    });
    this.#servers.set(name, server);
    if (this.#stopping !== undefined) await this.end(name);
    const failure = this.#watch(server);
    await this.#saveState();
    await untilTrue(name, () => this.#ready(name), { timeoutMs: startLimitMs, failure });
    if (this.#phase === 'running') await this.#recover();
  }

  /** After a server came back: waits until those that stayed up answer again, and starts the one that gave up. */
  async #recover(): Promise<void> {
    if (!this.#isUp('etcd') || !this.#isUp('kube-apiserver')) return;
    const failure = new Promise<never>(() => undefined);
    await untilTrue('kube-apiserver', () => this.#ready('kube-apiserver'), { timeoutMs: startLimitMs, failure });
    if (this.#gaveUp.delete('kube-controller-manager')) await this.start('kube-controller-manager');
  }

  #isUp(name: ComponentName): boolean {
    const server = this.#servers.get(name);
    return server?.running === true && !this.#ending.has(server);
  }

  /** Ends a server as an update of it would (SIGTERM). */
  async end(name: ComponentName, grace = graceMs): Promise<void> {
    const server = this.#servers.get(name);
    if (server === undefined) return;
    this.#ending.add(server);
    this.#gaveUp.delete(name);
    await server.end(grace);
  }

  /** Ends a server as a crash would (SIGKILL). It is not reported as one. */
  async kill(name: ComponentName): Promise<void> {
    const server = this.#servers.get(name);
    if (server === undefined) return;
    this.#ending.add(server);
    server.signal('SIGKILL');
    await server.exited;
  }

  async restart(name: ComponentName): Promise<void> {
    await this.end(name);
    await this.start(name);
  }

  /** Freezes a server: connections stay open and nothing answers. */
  pause(name: ComponentName): void {
    this.#servers.get(name)?.signal('SIGSTOP');
  }

  resume(name: ComponentName): void {
    this.#servers.get(name)?.signal('SIGCONT');
  }

  /** The process of a running server. */
  pid(name: ComponentName): number | undefined {
    const server = this.#servers.get(name);
    return server?.running === true ? server.identity.pid : undefined;
  }

  /** The path of a kubeconfig for a user with a certificate of this cluster and no rights but those granted by RBAC. */
  async userKubeconfig(user: { name: string; groups?: readonly string[] }): Promise<string> {
    const { authority } = this.#prepared.credentials;
    const client = await issueUser(authority, { name: user.name, groups: user.groups ?? [] });
    const file = path.join(this.dir, `user-${encodeURIComponent(user.name)}.kubeconfig`);
    const text = renderKubeconfig({
      server: this.admin.server,
      authority: authority.certificate,
      user: user.name,
      client,
    });
    await writeFile(file, text, { mode: 0o600 });
    return file;
  }

  /** PEM of the authority that signs the aggregator's client certificate. */
  frontProxyAuthority(): Promise<string> {
    return readFile(this.#prepared.credentials.files.frontProxyCa.cert, 'utf8');
  }

  /** Ends everything; the data stays. Safe to call more than once. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stopAll();
    return this.#stopping;
  }

  async #stopAll(): Promise<void> {
    // Without etcd, kube-apiserver spends all its grace on writes that cannot succeed.
    const grace = this.#isUp('etcd') ? graceMs : 0;
    await Promise.all([this.end('kube-controller-manager', grace), this.end('kube-apiserver', grace)]);
    await this.end('etcd');
    await this.#reaper.close();
    if (this.#phase !== 'failed') this.#phase = 'stopped';
    await this.#saveState();
  }

  /** A promise that rejects when the server ends on its own; the owner hears of it too. */
  #watch(server: SpawnedServer): Promise<never> {
    const failure = server.exited.then(async (): Promise<never> => {
      this.#reaper.forget(server.identity.pid);
      const error = await server.crash();
      if (server.name === 'kube-controller-manager' && !this.#isUp('kube-apiserver')) {
        // It exits when the API server is away for long or at a bad moment, and counts on being started again.
        this.#gaveUp.add(server.name);
      } else if (!this.#ending.has(server) && this.#phase === 'running') {
        this.#phase = 'failed';
        this.#message = error.message;
        await this.#saveState();
        this.#prepared.options.onCrash?.(error);
      }
      throw error;
    });
    // Awaited only while starting.
    failure.catch(() => undefined);
    return failure;
  }

  #ready(name: ComponentName): Promise<boolean> {
    const { ports } = this.#prepared;
    const { server, ...tls } = this.admin;
    switch (name) {
      case 'etcd':
        return listens(ports.etcd);
      case 'kube-apiserver':
        return answers({ url: `${server}/readyz`, ...tls });
      case 'kube-controller-manager':
        // Its certificate is its own, and it answers this path to anybody; only whether it answers matters.
        return listens(ports.controllerManager);
    }
  }

  #saveState(): Promise<void> {
    const write = async (): Promise<void> => {
      const keeper = (await identify(process.pid)) ?? { pid: process.pid, started: 'unknown' };
      const running = [...this.#servers].filter(([, server]) => server.running);
      await writeState(this.dir, {
        version: kubernetesVersion,
        server: this.admin.server,
        kubeconfig: this.kubeconfigPath,
        ports: this.#prepared.ports,
        keeper,
        servers: Object.fromEntries(running.map(([name, server]) => [name, server.identity])),
        phase: this.#phase,
        ...(this.#message === undefined ? {} : { message: this.#message }),
      });
    };
    // One after the other, so an older state never overwrites a newer one.
    this.#stateWrites = this.#stateWrites.then(write, write);
    return this.#stateWrites;
  }
}
