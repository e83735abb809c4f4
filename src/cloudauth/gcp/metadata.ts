// The metadata server of Google's machines: the GKE cluster this process runs in, and the tokens it may have.
import { IdentityError } from '../errors.ts';
import type { CloudContext } from '../provider.ts';

/** The GKE cluster around us. */
export interface GkeSurroundings {
  /** What its ServiceAccount tokens are for. */
  readonly workloadIdentityPool: string;
  /** The same with the cluster as its issuer, as the token service wants it. */
  readonly audience: string;
}

export class GcpMetadata {
  readonly #context: CloudContext;
  #known: GkeSurroundings | undefined;

  constructor(context: CloudContext) {
    this.#context = context;
  }

  /** Asked for once: a process does not move. */
  async surroundings(signal: AbortSignal): Promise<GkeSurroundings> {
    this.#known ??= await this.#look(signal);
    return this.#known;
  }

  /** The value under a path below `/computeMetadata/v1/`. */
  get(path: string, signal: AbortSignal): Promise<string> {
    const host = this.#context.env['GCE_METADATA_HOST'] || '169.254.169.254';
    return this.#context.http.text(
      {
        what: 'GCP metadata server',
        method: 'GET',
        url: `http://${host}/computeMetadata/v1/${path}`,
        headers: { 'metadata-flavor': 'Google' },
        local: true,
      },
      signal,
    );
  }

  async #look(signal: AbortSignal): Promise<GkeSurroundings> {
    const project = await this.#required('project ID', 'project/project-id', signal);
    const location = await this.#required('location', 'instance/attributes/cluster-location', signal);
    const name = await this.#required('name', 'instance/attributes/cluster-name', signal);
    const workloadIdentityPool = `${project}.svc.id.goog`;
    const cluster = `projects/${project}/locations/${location}/clusters/${name}`;
    const issuer = `https://container.googleapis.com/v1/${cluster}`;
    return { workloadIdentityPool, audience: `identitynamespace:${workloadIdentityPool}:${issuer}` };
  }

  async #required(what: string, path: string, signal: AbortSignal): Promise<string> {
    const failed = `failed to get GKE cluster ${what} from the metadata service: `;
    let value: string;
    try {
      value = (await this.get(path, signal)).trim();
    } catch (error) {
      if (!(error instanceof IdentityError)) throw error;
      throw new IdentityError(error.code, `${failed}${error.message}`, { cause: error });
    }
    if (value === '') throw new IdentityError('IDENTITY_CONFIG', `${failed}empty value`);
    return value;
  }
}
