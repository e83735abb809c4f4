// The child process behind plugin-credentials: asks the official client library for a token or a client certificate.
import { text } from 'node:stream/consumers';
import process from 'node:process';
import { ExecAuth } from '@kubernetes/client-node/dist/exec_auth.js';
import { OpenIDConnectAuth } from '@kubernetes/client-node/dist/oidc_auth.js';
import { errorMessage } from '#lib/errors';
import { oidcRefresher } from './oidc-refresh.ts';
import type { ExecEntry } from './kubeconfig-entries.ts';
import type { PluginAnswer, PluginRequest } from './plugin-credentials.ts';

interface ExecCredential {
  readonly status?: {
    readonly token?: string;
    readonly clientCertificateData?: string;
    readonly clientKeyData?: string;
    readonly expirationTimestamp?: string;
  };
}

async function answerExec(exec: ExecEntry, request: PluginRequest): Promise<PluginAnswer> {
  const { server, ca, insecure } = request.cluster;
  const cluster = {
    server,
    ...(ca !== undefined && { 'certificate-authority-data': Buffer.from(ca).toString('base64') }),
    ...(insecure && { 'insecure-skip-tls-verify': true }),
  };
  // Plugins read this; the library does not set it.
  const info = {
    kind: 'ExecCredential',
    apiVersion: exec.apiVersion ?? 'client.authentication.k8s.io/v1',
    spec: { interactive: false, ...(exec.provideClusterInfo && { cluster }) },
  };
  const env = [...(exec.env ?? []), { name: 'KUBERNETES_EXEC_INFO', value: JSON.stringify(info) }];
  const user = { name: 'user', exec: { ...exec, args: exec.args ?? [], env } };
  // Its public method gives only the header: the expiry, without which a token cannot be kept, is in what this one gives.
  const plugin = new ExecAuth() as unknown as { getCredential(user: object): Promise<ExecCredential | null> };
  const credential = await plugin.getCredential(user);
  const status = credential?.status;
  if (status === undefined) return { ok: false, message: `${exec.command ?? 'the plugin'} answered without a status` };
  const expiresAt = Date.parse(status.expirationTimestamp ?? '');
  return {
    ok: true,
    ...(status.token && { token: status.token }),
    ...(status.clientCertificateData && { cert: status.clientCertificateData }),
    ...(status.clientKeyData && { key: status.clientKeyData }),
    ...(Number.isFinite(expiresAt) && { expiresAt }),
  };
}

async function answerOidc(config: Record<string, string>): Promise<PluginAnswer> {
  const auth = new OpenIDConnectAuth();
  const user = { name: 'user', authProvider: { name: 'oidc', config: { ...config } } };
  const headers: Record<string, string> = {};
  await auth.applyAuthentication(user, { headers }, oidcRefresher(config));
  const token = headers['Authorization']?.slice('Bearer '.length);
  if (token === undefined) {
    return {
      ok: false,
      message: 'the id-token is missing or has expired, and there is no refresh-token to get another: log in again',
    };
  }
  const refreshed: Record<string, string> = { 'id-token': token };
  const refreshToken = user.authProvider.config['refresh-token'];
  if (refreshToken) refreshed['refresh-token'] = refreshToken;
  const expiry = OpenIDConnectAuth.expirationFromToken(token);
  return { ok: true, token, refreshed, ...(expiry > 0 && { expiresAt: expiry * 1000 }) };
}

async function answer(request: PluginRequest): Promise<PluginAnswer> {
  const { exec, 'auth-provider': provider } = request.user;
  if (exec !== undefined) return answerExec(exec, request);
  if (provider?.name === 'oidc') return answerOidc(provider.config ?? {});
  return {
    ok: false,
    message: `the auth provider ${JSON.stringify(provider?.name ?? '')} is not supported: use an exec plugin`,
  };
}

const request = JSON.parse(await text(process.stdin)) as PluginRequest;
const result = await answer(request).catch((error: unknown): PluginAnswer => ({
  ok: false,
  message: errorMessage(error),
}));
process.stdout.write(JSON.stringify(result));
