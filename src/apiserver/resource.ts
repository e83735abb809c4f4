// What a resource of the aggregated API is: names, columns, and where its objects come from.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { PrinterColumn } from '#api/kind';
import type { StructuralSchema } from '#api/schema';
import type { Unstructured } from '#kube/object';
import type { EventLog } from './event-log.ts';

/** Everything a read-only resource needs to say of itself. */
export interface ServedResource {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  readonly singular: string;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly description: string;
  readonly columns: readonly (PrinterColumn & { readonly description?: string })[];
  readonly schema: StructuralSchema;
  /** Field selectors beside metadata.name and metadata.namespace: path to the value. */
  readonly selectableFields: Readonly<Record<string, (object: Unstructured) => string>>;
  readonly subresources: readonly Subresource[];
  /** The objects, and their recent changes. */
  readonly log: EventLog;
}

/** Something below an object that is streamed as it is. */
export interface Subresource {
  readonly name: string;
  /** Answers GET and HEAD for the object; `rest` is what follows the name in the path. */
  readonly serve: (object: Unstructured, req: IncomingMessage, res: ServerResponse, rest: string) => Promise<void>;
}
