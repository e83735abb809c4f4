// What is needed of undici. Its index loads fetch, WebSockets, caches and mocks besides: 7 MiB.
import { createRequire } from 'node:module';
import type undici from 'undici';

const require = createRequire(import.meta.url);
const part = (path: string): unknown => require(`undici/lib/${path}.js`);

export const Agent = part('dispatcher/agent') as typeof undici.Agent;
export const ProxyAgent = part('dispatcher/proxy-agent') as typeof undici.ProxyAgent;
export const buildConnector = part('core/connect') as typeof undici.buildConnector;

// As the index does: `request` and the like are methods of every dispatcher.
const dispatcher = part('dispatcher/dispatcher') as typeof undici.Dispatcher;
Object.assign(dispatcher.prototype, part('api/index'));
