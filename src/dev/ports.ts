// Free loopback ports below the range that the system hands to outgoing connections, so a restarted server gets its own back.
import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

const lowest = 20_000;
const beyond = 32_768;
const attempts = 200;

/** `count` different free ports; `preferred` ones are taken again when they are still free. */
export async function freePorts(count: number, preferred: readonly number[] = []): Promise<number[]> {
  const found: number[] = [];
  for (const port of preferred.slice(0, count)) if (!found.includes(port) && (await isFree(port))) found.push(port);
  if (found.length < count) found.length = 0;
  for (let tries = 0; found.length < count; tries += 1) {
    if (tries === attempts) throw new Error(`no free loopback port found in ${lowest}-${beyond - 1}`);
    const port = randomInt(lowest, beyond);
    if (!found.includes(port) && (await isFree(port))) found.push(port);
  }
  return found;
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen({ port, host: '127.0.0.1', exclusive: true }, () => probe.close(() => resolve(true)));
  });
}
