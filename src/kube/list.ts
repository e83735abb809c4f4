// Lists of any length, a page at a time.
import type { KubeClient, ListOptions } from './client.ts';
import type { KubeList, KubeObject, ResourceRef, Unstructured } from './object.ts';
import { isGone } from './status-error.ts';

const PAGE_SIZE = 500;

/**
 * The pages of a list, all of one version. When the continue token expires midway, the rest cannot be had consistently:
 * the list then begins anew, whole, and `restarted` tells the caller to forget the pages before.
 */
export async function* pages<T extends KubeObject = Unstructured>(
  client: KubeClient,
  ref: ResourceRef,
  options: ListOptions = {},
): AsyncGenerator<KubeList<T> & { restarted?: boolean }, void, undefined> {
  let page = await client.list<T>(ref, { limit: PAGE_SIZE, ...options });
  yield page;
  while (page.metadata.continue) {
    const token = page.metadata.continue;
    try {
      // The version is in the token: naming one beside it is refused.
      page = await client.list<T>(ref, {
        limit: PAGE_SIZE,
        ...options,
        continue: token,
        resourceVersion: undefined,
        resourceVersionMatch: undefined,
      });
    } catch (error) {
      if (!isGone(error)) throw error;
      page = await client.list<T>(ref, {
        ...options,
        limit: undefined,
        resourceVersion: '',
        resourceVersionMatch: undefined,
      });
      yield { ...page, restarted: true };
      return;
    }
    yield page;
  }
}
