// The conversation with a server: what it can do, which references it has, and a pack of what we want.
import { GitError } from './errors.ts';
import { delimiterPacket, flushPacket, packet, packetText, readPackets, type Packet } from './pkt-line.ts';
import type { GitTransport } from './transport.ts';

/** A reference as the server lists it. */
export interface RemoteRef {
  readonly name: string;
  /** Object the reference points at; for an annotated tag that is the tag. */
  readonly hash: string;
  /** What an annotated tag points at in the end. */
  readonly peeled?: string;
  /** Where a symbolic reference leads. */
  readonly target?: string;
}

export interface FetchOptions {
  readonly wants: readonly string[];
  /** Commits of history; all when left out. */
  readonly depth?: number;
  /** Leave out trees and files, where the server can. */
  readonly commitsOnly?: boolean;
  /** Receives the bytes of the pack. */
  readonly onPack: (chunk: Buffer) => Promise<void> | void;
  readonly signal: AbortSignal;
}

const maxRefs = 1_000_000;
const agent = 'agent=sluice';

/** A session over one transport. Protocol version 2 where the server has it, else version 0. */
export class GitSession {
  readonly #transport: GitTransport;
  #version: 0 | 2 = 2;
  #capabilities = new Map<string, string>();
  /** Version 0 lists everything in its greeting. */
  #greetingRefs: RemoteRef[] = [];

  private constructor(transport: GitTransport) {
    this.#transport = transport;
  }

  static async open(transport: GitTransport, signal: AbortSignal): Promise<GitSession> {
    const session = new GitSession(transport);
    try {
      await session.#greet(signal);
    } catch (error) {
      session.close();
      throw error;
    }
    return session;
  }

  close(): void {
    this.#transport.close();
  }

  /** References whose names begin with one of the prefixes; `HEAD` is a prefix too. */
  async refs(prefixes: readonly string[], signal: AbortSignal): Promise<RemoteRef[]> {
    if (this.#version === 0) {
      return this.#greetingRefs.filter(({ name }) => prefixes.some((prefix) => name.startsWith(prefix)));
    }
    const request = [
      packet('command=ls-refs\n'),
      packet(`${agent}\n`),
      ...this.#objectFormat(),
      delimiterPacket,
      packet('peel\n'),
      packet('symrefs\n'),
      ...prefixes.map((prefix) => packet(`ref-prefix ${prefix}\n`)),
      flushPacket,
    ].join('');
    const refs: RemoteRef[] = [];
    for await (const item of readPackets(await this.#transport.exchange(request, signal))) {
      if (item.type !== 'data') break;
      if (refs.length >= maxRefs)
        throw new GitError('GIT_TOO_LARGE', `the server lists more than ${maxRefs} references`);
      const ref = parseRef(packetText(item.data));
      if (ref !== undefined) refs.push(ref);
    }
    // A server may send more than was asked for.
    return refs.filter(({ name }) => prefixes.some((prefix) => name.startsWith(prefix)));
  }

  /** Asks for a pack with the wanted objects and all they need. */
  async fetch(options: FetchOptions): Promise<void> {
    const { signal } = options;
    this.#checkWants(options.wants);
    const request = this.#version === 2 ? this.#requestV2(options) : this.#requestV0(options);
    const packets = readPackets(await this.#transport.exchange(request, signal));
    let sawPack = false;
    for await (const data of this.#packData(packets)) {
      sawPack = true;
      await options.onPack(data);
    }
    if (!sawPack) throw new GitError('GIT_PROTOCOL', 'the server sent no pack');
  }

  /**
   * A server of version 0 may refuse what it does not list, and then ends an SSH session with it: so such a want is
   * refused here, and the session lives on.
   */
  #checkWants(wants: readonly string[]): void {
    if (this.#version === 2) return;
    const any = ['allow-reachable-sha1-in-want', 'allow-any-sha1-in-want'];
    if (any.some((name) => this.#capabilities.has(name))) return;
    const listed = new Set(this.#greetingRefs.map(({ hash }) => hash));
    const missing = wants.find((want) => !listed.has(want));
    if (missing !== undefined) {
      throw new GitError('GIT_OBJECT_NOT_FOUND', `the server does not send ${missing}: no reference points at it`);
    }
  }

  async #greet(signal: AbortSignal): Promise<void> {
    const lines: string[] = [];
    let head = true;
    for await (const item of readPackets(await this.#transport.greet(signal))) {
      if (item.type !== 'data') {
        // Over HTTP a line that names the service and a flush come first.
        if (head && lines.length === 1 && lines[0]!.startsWith('# service=')) {
          lines.length = 0;
          head = false;
          continue;
        }
        break;
      }
      lines.push(packetText(item.data));
      if (lines.length > maxRefs)
        throw new GitError('GIT_TOO_LARGE', `the server lists more than ${maxRefs} references`);
    }
    if (lines[0] === 'version 2') {
      for (const line of lines.slice(1)) {
        const equals = line.indexOf('=');
        this.#capabilities.set(equals < 0 ? line : line.slice(0, equals), equals < 0 ? '' : line.slice(equals + 1));
      }
      const format = this.#capabilities.get('object-format');
      if (format !== undefined && format !== 'sha1') {
        throw new GitError('GIT_PROTOCOL', `the repository uses ${format} object names, which are not supported`);
      }
      return;
    }
    this.#version = 0;
    this.#readGreetingV0(lines.filter((line) => line !== 'version 1'));
  }

  #readGreetingV0(lines: readonly string[]): void {
    const [first, ...rest] = lines;
    if (first === undefined) return;
    const error = /^ERR (.*)/.exec(first);
    if (error !== null) throw new GitError('GIT_PROTOCOL', error[1]!);
    const [line, capabilities = ''] = first.split('\0');
    const symbolic = new Map<string, string>();
    for (const capability of capabilities.split(' ').filter((word) => word !== '')) {
      const equals = capability.indexOf('=');
      const name = equals < 0 ? capability : capability.slice(0, equals);
      const value = equals < 0 ? '' : capability.slice(equals + 1);
      this.#capabilities.set(name, value);
      if (name === 'symref') symbolic.set(value.slice(0, value.indexOf(':')), value.slice(value.indexOf(':') + 1));
    }
    const byName = new Map<string, { name: string; hash: string; peeled?: string; target?: string }>();
    for (const text of [line!, ...rest]) {
      const match = /^([0-9a-f]{40}) (.+)$/.exec(text);
      if (match === null || match[2] === 'capabilities^{}') continue;
      const [, hash, name] = match as unknown as [string, string, string];
      if (name.endsWith('^{}')) {
        const tag = byName.get(name.slice(0, -3));
        if (tag !== undefined) tag.peeled = hash;
      } else {
        const target = symbolic.get(name);
        byName.set(name, { name, hash, ...(target !== undefined && { target }) });
      }
    }
    this.#greetingRefs = [...byName.values()];
  }

  #objectFormat(): string[] {
    return this.#capabilities.has('object-format') ? [packet('object-format=sha1\n')] : [];
  }

  #requestV2({ wants, depth, commitsOnly }: FetchOptions): string {
    const filters = /\bfilter\b/.test(this.#capabilities.get('fetch') ?? '');
    return [
      packet('command=fetch\n'),
      packet(`${agent}\n`),
      ...this.#objectFormat(),
      delimiterPacket,
      packet('ofs-delta\n'),
      packet('no-progress\n'),
      ...(depth === undefined ? [] : [packet(`deepen ${depth}\n`)]),
      ...(commitsOnly === true && filters ? [packet('filter tree:0\n')] : []),
      ...wants.map((want) => packet(`want ${want}\n`)),
      packet('done\n'),
      flushPacket,
    ].join('');
  }

  #requestV0({ wants, depth, commitsOnly }: FetchOptions): string {
    const filter = commitsOnly === true && this.#capabilities.has('filter');
    const wanted = ['ofs-delta', 'side-band-64k', 'no-progress', ...(depth === undefined ? [] : ['shallow'])];
    if (filter) wanted.push('filter');
    const known = wanted.filter((name) => this.#capabilities.has(name));
    const lines = wants.map((want, i) =>
      packet(i === 0 ? `want ${want} ${[...known, agent].join(' ')}\n` : `want ${want}\n`),
    );
    const deepen = depth === undefined ? [] : [packet(`deepen ${depth}\n`)];
    return [...lines, ...deepen, ...(filter ? [packet('filter tree:0\n')] : []), flushPacket, packet('done\n')].join(
      '',
    );
  }

  /** The pack's bytes out of the packets: past shallow lists and acknowledgements, out of the side band. */
  async *#packData(packets: AsyncIterable<Packet>): AsyncGenerator<Buffer, void, undefined> {
    const sideBand = this.#version === 2 || this.#capabilities.has('side-band-64k');
    let inPack = false;
    for await (const item of packets) {
      if (item.type !== 'data') {
        if (inPack && item.type === 'flush') return;
        continue;
      }
      if (!inPack) {
        const text = packetText(item.data);
        if (text.startsWith('ERR ')) throw refusedFetch(text.slice(4));
        if (this.#version === 2) {
          inPack = text === 'packfile';
          continue;
        }
        if (/^(shallow|unshallow|ACK) /.test(text) || text === 'NAK') continue;
        inPack = true;
      }
      if (!sideBand) {
        yield item.data;
        continue;
      }
      const band = item.data[0];
      if (band === 1) yield item.data.subarray(1);
      else if (band === 3)
        throw new GitError('GIT_PROTOCOL', `the server failed: ${packetText(item.data.subarray(1))}`);
    }
  }
}

function refusedFetch(text: string): GitError {
  // JGit has other words for it than Git.
  const code = /not our ref|not valid|unadvertised/.test(text) ? 'GIT_OBJECT_NOT_FOUND' : 'GIT_PROTOCOL';
  return new GitError(code, `the server refused the fetch: ${text}`);
}

function parseRef(line: string): RemoteRef | undefined {
  const [hash, name, ...attributes] = line.split(' ');
  if (hash === undefined || name === undefined || !/^[0-9a-f]{40}$/.test(hash)) return undefined;
  const attribute = (key: string): string | undefined =>
    attributes.find((text) => text.startsWith(`${key}:`))?.slice(key.length + 1);
  const peeled = attribute('peeled');
  const target = attribute('symref-target');
  return { name, hash, ...(peeled !== undefined && { peeled }), ...(target !== undefined && { target }) };
}
