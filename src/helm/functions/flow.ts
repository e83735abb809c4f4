// Helm's own functions that reach outside the values: include, tpl, required, fail, lookup, getHostByName.
import { ANY, DICT, GoError, STRING, newDict } from '#gotemplate/index';
import type { Execution } from '#gotemplate/index';
import type { FunctionTable } from './conversion.ts';
import { WARNING_END, WARNING_START } from './hooks.ts';
import type { EngineHooks } from './hooks.ts';

export function flowFunctions(hooks: EngineHooks): FunctionTable {
  const isLinting = (execution: Execution): boolean => hooks.isLinting?.(execution) === true;
  const refuse = (execution: Execution, message: string): string => {
    if (isLinting(execution)) return '';
    throw new GoError(`${WARNING_START}${message}${WARNING_END}`);
  };
  return {
    include: {
      params: [STRING, ANY],
      result: STRING,
      contextual: true,
      fn: (execution: Execution, name: string, data: unknown) => hooks.include(execution, name, data),
    },
    tpl: {
      params: [STRING, ANY],
      result: STRING,
      contextual: true,
      fn: (execution: Execution, text: string, data: unknown) => hooks.tpl(execution, text, data),
    },
    required: {
      params: [STRING, ANY],
      contextual: true,
      fn: (execution: Execution, message: string, value: unknown) =>
        value === null || value === undefined || value === '' ? refuse(execution, message) : value,
    },
    fail: { params: [STRING], result: STRING, contextual: true, fn: refuse },
    lookup: {
      params: [STRING, STRING, STRING, STRING],
      result: DICT,
      contextual: true,
      fn: (execution: Execution, apiVersion: string, kind: string, namespace: string, name: string) =>
        isLinting(execution)
          ? newDict()
          : (hooks.lookup?.(execution, { apiVersion, kind, namespace, name }) ?? newDict()),
    },
    getHostByName: {
      params: [STRING],
      result: STRING,
      contextual: true,
      fn: (execution: Execution, name: string) => hooks.getHostByName?.(execution, name) ?? '',
    },
  };
}
