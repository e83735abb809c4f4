// What the processes of one test run share: a control plane that is started when the first of them asks for it.
import { rm } from 'node:fs/promises';
import http from 'node:http';
import path from 'node:path';
import process from 'node:process';
import { type AdminConfig, type ControlPlane, startControlPlane } from '#dev/control-plane';
import { errorMessage } from '#lib/errors';
import { installCrds } from './crds.ts';
import { kubectlFor } from './kubectl.ts';

/** The environment variable with the path of the coordinator's socket. */
export const socketVariable = 'SLUICE_TEST_COORDINATOR';

export interface SharedPlaneInfo {
  readonly dir: string;
  readonly kubeconfigPath: string;
  readonly admin: AdminConfig;
}

export interface UserRequest {
  readonly name: string;
  readonly groups?: readonly string[];
}

export class Coordinator {
  readonly socket: string;
  readonly #folder: string;
  readonly #server: http.Server;
  #plane: Promise<ControlPlane> | undefined;

  private constructor(folder: string) {
    this.#folder = folder;
    this.socket = path.join(folder, 'coordinator.sock');
    this.#server = http.createServer((request, response) => {
      this.#answer(request).then(
        (body) => response.end(JSON.stringify(body)),
        (error: unknown) => response.writeHead(500).end(JSON.stringify({ message: errorMessage(error) })),
      );
    });
  }

  static async start(folder: string): Promise<Coordinator> {
    const coordinator = new Coordinator(folder);
    await new Promise<void>((resolve, reject) => {
      coordinator.#server.once('error', reject);
      coordinator.#server.listen(coordinator.socket, resolve);
    });
    // Never the reason why a finished run stays alive.
    coordinator.#server.unref();
    return coordinator;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    const plane = await this.#plane?.catch(() => undefined);
    await plane?.stop();
    await rm(this.#folder, { recursive: true, force: true });
  }

  async #startPlane(): Promise<ControlPlane> {
    const plane = await startControlPlane({
      dir: path.join(this.#folder, 'controlplane'),
      env: process.env,
      progress: (line) => process.stderr.write(`${line}\n`),
      onCrash: (error) => process.stderr.write(`${error.message}\n`),
    });
    try {
      await installCrds(await kubectlFor(plane.kubeconfigPath));
      return plane;
    } catch (error) {
      await plane.stop();
      throw error;
    }
  }

  async #answer(request: http.IncomingMessage): Promise<unknown> {
    this.#plane ??= this.#startPlane();
    const plane = await this.#plane;
    if (request.url === '/user') return plane.userKubeconfig(JSON.parse(await readAll(request)) as UserRequest);
    const info: SharedPlaneInfo = { dir: plane.dir, kubeconfigPath: plane.kubeconfigPath, admin: plane.admin };
    return info;
  }
}

/** Asks the coordinator of this run. */
export function ask<T>(pathName: '/controlplane' | '/user', body?: unknown): Promise<T> {
  const socketPath = process.env[socketVariable];
  if (socketPath === undefined) throw new Error('no coordinator: run the tests with mocha and the .mocharc.yaml here');
  return new Promise((resolve, reject) => {
    const request = http.request({ socketPath, path: pathName, method: 'POST', agent: false }, (response) => {
      readAll(response).then((text) => {
        const value = JSON.parse(text) as T & { message?: string };
        if (response.statusCode === 200) resolve(value);
        else reject(new Error(value.message));
      }, reject);
    });
    request.once('error', reject);
    request.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

async function readAll(stream: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}
