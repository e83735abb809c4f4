// Credentials from a cloud identity over the life of its tokens.
import assert from 'node:assert/strict';
import type { ClusterLogin } from '#cloudauth/index';
import { LoginCredentials } from '#controllers/apply/login-credentials';
import { Secret } from '#lib/secret';
import { FakeClock } from '#test/kube/fake-clock';

const minute = 60_000;

class Cloud {
  readonly clock = new FakeClock();
  readonly rejected: string[] = [];
  isDown = false;
  #tokens = 0;

  login(): ClusterLogin {
    this.#tokens++;
    const expiresAt = this.clock.now() + 10 * minute;
    return { server: 'https://remote', token: new Secret(`token-${this.#tokens}`), expiresAt };
  }

  credentials(): LoginCredentials {
    return new LoginCredentials(this.login(), {
      clock: this.clock,
      current: () => (this.isDown ? Promise.reject(new Error('down')) : Promise.resolve(this.login())),
      reject: ({ token }) => this.rejected.push(token.reveal()),
    });
  }
}

async function shown(credentials: LoginCredentials): Promise<string | undefined> {
  return (await credentials.get()).authorization?.reveal();
}

describe('credentials from a cloud identity', () => {
  it('are renewed before they expire', async () => {
    const cloud = new Cloud();
    const credentials = cloud.credentials();
    cloud.clock.advance(8 * minute - 1);
    assert.equal(await shown(credentials), 'Bearer token-1');
    cloud.clock.advance(1);
    assert.equal(await shown(credentials), 'Bearer token-2');
  });

  it('are used to their end while no new ones can be had', async () => {
    const cloud = new Cloud();
    const credentials = cloud.credentials();
    cloud.clock.advance(9 * minute);
    cloud.isDown = true;
    assert.equal(await shown(credentials), 'Bearer token-1');
    cloud.clock.advance(minute);
    await assert.rejects(shown(credentials), /down/);
    cloud.isDown = false;
    assert.equal(await shown(credentials), 'Bearer token-2');
  });

  it('are asked for anew when the cluster refuses them, but not when they are fresh', async () => {
    const cloud = new Cloud();
    const credentials = cloud.credentials();
    assert.equal(credentials.invalidate(), false);
    cloud.clock.advance(minute);
    assert.equal(credentials.invalidate(), true);
    assert.deepEqual(cloud.rejected, ['token-1']);
    assert.equal(await shown(credentials), 'Bearer token-2');
    assert.equal(credentials.invalidate(), false);
  });

  it('that were refused are not shown again, though no new ones can be had', async () => {
    const cloud = new Cloud();
    const credentials = cloud.credentials();
    cloud.clock.advance(minute);
    credentials.invalidate();
    cloud.isDown = true;
    await assert.rejects(shown(credentials), /down/);
  });
});
