// Is a server up? HTTP, HTTPS and TCP probes, repeated until a deadline.
import http from 'node:http';
import https from 'node:https';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { DevError } from './errors.ts';

const pauseMs = 25;
const probeLimitMs = 2000;

export interface HttpProbe {
  readonly url: string;
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

/** Repeats `probe` until it is true; fails at the deadline, or at once with whatever `failure` rejects with. */
export async function untilTrue(
  what: string,
  probe: () => Promise<boolean>,
  limits: { timeoutMs: number; failure: Promise<never> },
): Promise<void> {
  const deadline = performance.now() + limits.timeoutMs;
  for (;;) {
    if (await Promise.race([probe(), limits.failure])) return;
    if (performance.now() > deadline) {
      throw new DevError('DEV_START_TIMEOUT', `${what} did not come up within ${limits.timeoutMs / 1000} s`);
    }
    await Promise.race([delay(pauseMs), limits.failure]);
  }
}

/** Does somebody listen on this loopback port? */
export function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    socket.setTimeout(probeLimitMs, () => socket.destroy());
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
    socket.once('close', () => resolve(false));
  });
}

/** Does it answer 200? */
export function answers(probe: HttpProbe): Promise<boolean> {
  return new Promise((resolve) => {
    const { url, ...tls } = probe;
    const { request } = url.startsWith('https:') ? https : http;
    const req = request(url, { ...tls, agent: false, timeout: probeLimitMs }, (response) => {
      response.resume();
      response.once('close', () => resolve(response.statusCode === 200));
    });
    req.once('timeout', () => req.destroy());
    req.once('error', () => resolve(false));
    req.once('close', () => resolve(false));
    req.end();
  });
}
