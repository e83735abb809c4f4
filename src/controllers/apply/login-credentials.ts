// Credentials for a cluster that come from a cloud identity: renewed before they expire, and when they are refused.
import { Freshness, type ClusterLogin } from '#cloudauth/index';
import { bearer, type Credential, type Credentials } from '#kube/credentials';
import type { Clock } from '#lib/clock';

export interface LoginSource {
  /** The login to use now; the same one as long as it is fresh. */
  readonly current: (signal: AbortSignal) => Promise<ClusterLogin>;
  /** Told of one that the cluster refused. */
  readonly reject: (login: ClusterLogin) => void;
  readonly clock: Clock;
}

const renewLimitMs = 60_000;
/** While renewing fails, a token that is still good is used for so long before the next try. */
const pauseMs = 30_000;
/** A new token that is refused is not the fault of its age: another one would be refused too. */
const newMs = 60_000;

export class LoginCredentials implements Credentials {
  readonly #source: LoginSource;
  #login: ClusterLogin;
  #freshness: Freshness;
  #since: number;
  #pausedUntil = Number.NEGATIVE_INFINITY;
  #renewing: Promise<Credential> | undefined;

  constructor(login: ClusterLogin, source: LoginSource) {
    this.#source = source;
    this.#login = login;
    this.#freshness = new Freshness(login, source.clock);
    this.#since = source.clock.monotonic();
  }

  get(): Credential | Promise<Credential> {
    if (!this.#freshness.isOver || this.#source.clock.monotonic() < this.#pausedUntil) return this.#credential();
    this.#renewing ??= this.#renew().finally(() => {
      this.#renewing = undefined;
    });
    return this.#renewing;
  }

  invalidate(): boolean {
    const { clock, reject } = this.#source;
    if (clock.monotonic() - this.#since < newMs) return false;
    reject(this.#login);
    const expired = { ...this.#login, expiresAt: clock.now() };
    this.#login = expired;
    this.#freshness = new Freshness(expired, clock);
    this.#pausedUntil = Number.NEGATIVE_INFINITY;
    return true;
  }

  #credential(): Credential {
    return bearer(this.#login.token.reveal());
  }

  async #renew(): Promise<Credential> {
    const { current, clock } = this.#source;
    try {
      const login = await current(AbortSignal.timeout(renewLimitMs));
      this.#login = login;
      this.#freshness = new Freshness(login, clock);
      this.#since = clock.monotonic();
    } catch (error) {
      if (clock.now() >= this.#login.expiresAt) throw error;
      this.#pausedUntil = clock.monotonic() + pauseMs;
    }
    return this.#credential();
  }
}
