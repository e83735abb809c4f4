// Which proxy: the environment as Go reads it, credentials taken out of addresses.
import assert from 'node:assert/strict';
import { bypassesProxy, parseProxyUrl, proxyFromEnvironment } from '#net/proxy';

describe('bypassesProxy', () => {
  const cases: readonly [url: string, noProxy: string, bypasses: boolean][] = [
    ['https://example.com/', '', false],
    ['https://example.com/', '*', true],
    ['https://example.com/', 'example.com', true],
    ['https://www.example.com/', 'example.com', true],
    ['https://badexample.com/', 'example.com', false],
    ['https://example.com/', '.example.com', false],
    ['https://www.example.com/', '.example.com', true],
    ['https://www.example.com/', '*.example.com', true],
    ['https://EXAMPLE.com./', 'a, Example.COM', true],
    ['https://example.com/', 'example.com:443', true],
    ['https://example.com/', 'example.com:80', false],
    ['http://example.com:8080/', 'example.com:8080', true],
    ['http://10.1.2.3/', '10.0.0.0/8', true],
    ['http://11.1.2.3/', '10.0.0.0/8', false],
    ['http://example.com/', '10.0.0.0/8', false],
    ['http://10.1.2.3/', '10.1.2.3', true],
    ['http://[fd00::1]/', 'fd00::/16', true],
    ['http://[fd00::1]/', '10.0.0.0/8', false],
    ['http://[fd00::1]:81/', '[fd00::1]:81', true],
    ['http://10.1.2.3/', '10.0.0.0/x', false],
    ['http://10.1.2.3/', '10.0.0.0/33', false],
    ['http://localhost:8080/', '', true],
    ['http://127.0.0.53/', '', true],
    ['http://[::1]/', '', true],
  ];
  for (const [url, noProxy, bypasses] of cases) {
    it(`${url} with ${JSON.stringify(noProxy)}: ${bypasses}`, () =>
      assert.equal(bypassesProxy(new URL(url), noProxy), bypasses));
  }
});

describe('proxyFromEnvironment', () => {
  it('goes by the scheme of the request, upper case first, empty being unset', () => {
    const env = {
      HTTP_PROXY: '',
      http_proxy: 'plain:1',
      HTTPS_PROXY: 'http://secure:2',
      https_proxy: 'http://other:3',
      NO_PROXY: 'internal',
    };
    assert.equal(proxyFromEnvironment(new URL('http://a.example/'), env)?.url, 'http://plain:1');
    assert.equal(proxyFromEnvironment(new URL('https://a.example/'), env)?.url, 'http://secure:2');
    assert.equal(proxyFromEnvironment(new URL('https://internal/'), env), undefined);
    assert.equal(proxyFromEnvironment(new URL('https://a.example/'), {}), undefined);
  });
});

describe('parseProxyUrl', () => {
  it('takes the credentials out', () => {
    const proxy = parseProxyUrl('https://us%40er:p%3Aw@proxy.example:8443/ignored');
    assert.equal(proxy.url, 'https://proxy.example:8443');
    assert.equal(proxy.username, 'us@er');
    assert.equal(proxy.password?.reveal(), 'p:w');
    assert.equal(JSON.stringify(proxy).includes('p:w'), false);
  });

  it('refuses other schemes and no addresses, without repeating them', () => {
    assert.throws(
      () => parseProxyUrl('ftp://user:secret@x'),
      (error: Error) => /unsupported scheme "ftp"/.test(error.message) && !error.message.includes('secret'),
    );
    assert.throws(
      () => parseProxyUrl('http://user:secret@'),
      (error: Error) => /not a URL/.test(error.message) && !error.message.includes('secret'),
    );
  });
});
