// The real sops program, with a home of its own that has the keys of the tests.
import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { toBytes } from '#lib/go-string';
import { mustRun, runBytes } from '#test/support/run';
import { tempDir } from '#test/support/temp-dir';
import type { DocumentCase } from './cases.ts';
import { keys } from './keys.ts';

const timeout = 30_000;

/** As rules name them. */
const recipients = {
  age: { age: keys.age.recipient },
  rsa: { pgp: keys.rsa.fingerprint },
  curve: { pgp: keys.curve.fingerprint },
  groups: {
    shamir_threshold: 2,
    key_groups: [{ age: [keys.age.recipient] }, { pgp: [keys.rsa.fingerprint] }, { age: [keys.stranger.recipient] }],
  },
} as const;

export class SopsProgram {
  readonly #binary: string;
  readonly #home: string;
  readonly #env: Readonly<Record<string, string>>;

  private constructor(binary: string, home: string) {
    this.#binary = binary;
    this.#home = home;
    this.#env = { HOME: home, XDG_CONFIG_HOME: home, GNUPGHOME: path.join(home, 'gnupg') };
  }

  static async open(binary: string): Promise<SopsProgram> {
    const program = new SopsProgram(binary, await tempDir('sops'));
    await mkdir(program.#env['GNUPGHOME']!, { mode: 0o700 });
    for (const { armored } of [keys.rsa, keys.curve]) {
      await mustRun('gpg', ['--batch', '--import'], { env: program.#env, stdin: armored, timeout });
    }
    return program;
  }

  /** Ends the agent that gpg started. */
  async close(): Promise<void> {
    await mustRun('gpgconf', ['--kill', 'gpg-agent'], { env: this.#env, timeout });
    await rm(this.#home, { recursive: true, force: true });
  }

  async encrypt(
    { plain, format, rule = {}, key }: DocumentCase,
    env: Readonly<Record<string, string>> = {},
  ): Promise<string> {
    const config = path.join(this.#home, 'rules.yaml');
    await writeFile(config, JSON.stringify({ creation_rules: [{ ...rule, ...(key && recipients[key]) }] }));
    const args = ['--config', config, 'encrypt', '--input-type', format, '--output-type', format];
    return (await this.#run(args, toBytes(plain), env)).toString('utf8');
  }

  /** Its message, when no key fits. `identity` is the only age key it has. */
  decrypt(encrypted: string, { from, to, identity = keys.age.identity }: Decryption): Promise<Buffer> {
    const args = ['decrypt', '--ignore-mac', '--input-type', from, '--output-type', to];
    return this.#run(args, Buffer.from(encrypted), { SOPS_AGE_KEY: identity });
  }

  async #run(args: readonly string[], input: Uint8Array, env: Readonly<Record<string, string>> = {}): Promise<Buffer> {
    const file = path.join(this.#home, 'document');
    await writeFile(file, input);
    const options = { env: { ...this.#env, ...env }, timeout };
    const { status, stdout, stderr } = await runBytes(this.#binary, [...args, file], options);
    if (status !== 0) throw new Error(stderr);
    return stdout;
  }
}

export interface Decryption {
  readonly from: string;
  readonly to: string;
  readonly identity?: string;
}
