// Whether they may: asked of the API server by SubjectAccessReview, remembered for a few seconds.
import { LRUCache } from 'lru-cache';
import type { User } from './authentication.ts';
import type { SelectorAttribute } from './selectors.ts';
import { ApiError } from './status.ts';

export type Attributes =
  | {
      readonly verb: string;
      readonly group: string;
      readonly version: string;
      readonly resource: string;
      readonly subresource?: string;
      readonly namespace?: string;
      readonly name?: string;
      readonly fieldSelector?: SelectorAttribute;
      readonly labelSelector?: SelectorAttribute;
    }
  | { readonly verb: string; readonly path: string };

export interface AccessDecision {
  readonly allowed: boolean;
  readonly reason?: string;
}

/** Asks the API server; `spec` is that of a SubjectAccessReview. */
export type ReviewAccess = (spec: object) => Promise<AccessDecision>;

const decisionMs = 10_000;
const openPaths = new Set(['/healthz', '/livez', '/readyz']);

export class Authorizer {
  readonly #review: ReviewAccess;
  /** Promises, so that equal questions asked at once are one question. */
  readonly #decisions = new LRUCache<string, Promise<AccessDecision>>({ max: 8192, ttl: decisionMs });

  constructor(review: ReviewAccess) {
    this.#review = review;
  }

  /** Throws 403, worded as the API server words it. A review that fails is an error, never a yes. */
  async authorize(user: User, attributes: Attributes): Promise<void> {
    if (user.groups.includes('system:masters')) return;
    if ('path' in attributes && openPaths.has(attributes.path)) return;
    const spec = specOf(user, attributes);
    const key = JSON.stringify(spec);
    let decision = this.#decisions.get(key);
    if (decision === undefined) {
      decision = this.#review(spec);
      if (key.length < 10_000) this.#decisions.set(key, decision);
      decision.catch(() => this.#decisions.delete(key));
    }
    const { allowed, reason } = await decision;
    if (!allowed) throw forbidden(user, attributes, reason);
  }
}

function specOf(user: User, attributes: Attributes): object {
  const identity = {
    user: user.name,
    groups: user.groups,
    ...(user.uid !== undefined && { uid: user.uid }),
    ...(Object.keys(user.extra).length > 0 && { extra: user.extra }),
  };
  return 'path' in attributes
    ? { ...identity, nonResourceAttributes: attributes }
    : { ...identity, resourceAttributes: attributes };
}

function forbidden(user: User, attributes: Attributes, reason: string | undefined): ApiError {
  const why = reason ? `: ${reason}` : '';
  if ('path' in attributes) {
    const message = `forbidden: User "${user.name}" cannot ${attributes.verb} path "${attributes.path}"${why}`;
    return new ApiError(403, 'Forbidden', message, { details: {} });
  }
  const { verb, group, resource, subresource, namespace, name = '' } = attributes;
  const full = subresource === undefined ? resource : `${resource}/${subresource}`;
  const where = namespace === undefined ? 'at the cluster scope' : `in the namespace "${namespace}"`;
  const subject = name === '' ? `${resource}.${group}` : `${resource}.${group} "${name}"`;
  const message = `${subject} is forbidden: User "${user.name}" cannot ${verb} resource "${full}" in API group "${group}" ${where}${why}`;
  return new ApiError(403, 'Forbidden', message, { details: { name, group, kind: resource } });
}
