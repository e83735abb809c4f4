// What the functions need from the engine and the world outside of it: declared here, provided by whoever renders.
import type { Dict, Execution } from '#gotemplate/index';

/** The late-bound half of the function set. Per-render state travels in `execution.host`. */
export interface EngineHooks {
  /** `include`: the output of a named template. */
  include(execution: Execution, name: string, data: unknown): string;
  /** `tpl`: the output of a text parsed as a template of its own. */
  tpl(execution: Execution, text: string, data: unknown): string;
  /** `lookup`: an object of the cluster, a list, or an empty dict. */
  lookup?(execution: Execution, query: LookupQuery): Dict;
  /** `getHostByName`: an address, where name lookups are allowed. @default always "" */
  getHostByName?(execution: Execution, name: string): string;
  /** Lint mode: `required` and `fail` warn instead of failing. @default false */
  isLinting?(execution: Execution): boolean;
}

export interface LookupQuery {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace: string;
  /** "" asks for a list. */
  readonly name: string;
}

/** Marks the message of `required` and `fail` inside Go's longer error text, so that the engine can cut it out again. */
export const WARNING_START = 'HELM_ERR_START';
export const WARNING_END = 'HELM_ERR_END';
