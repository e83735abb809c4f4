// A kubeconfig for one user with a client certificate.
import type { KeyPair } from '#net/pki';

export interface KubeconfigInput {
  readonly server: string;
  /** PEM. */
  readonly authority: string;
  readonly user: string;
  readonly client: KeyPair;
}

const name = 'sluice-dev';

/** JSON, which every reader of YAML takes. */
export function renderKubeconfig(input: KubeconfigInput): string {
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name, cluster: { server: input.server, 'certificate-authority-data': base64(input.authority) } }],
    users: [
      {
        name: input.user,
        user: {
          'client-certificate-data': base64(input.client.certificate),
          'client-key-data': base64(input.client.privateKey),
        },
      },
    ],
    contexts: [{ name, context: { cluster: name, user: input.user } }],
    'current-context': name,
  };
  return `${JSON.stringify(config, undefined, 2)}\n`;
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}
