// Where a syntax error is reported: v2 names the line of the problem, v3 that of the construct it is in.
import { yamlError, type YamlError } from './errors.ts';
import type { Flavor } from './options.ts';

export interface Failure {
  readonly flavor: Flavor;
  readonly from: 'scanner' | 'parser';
  readonly problem: string;
  /** 0-based lines. */
  readonly problemLine: number;
  readonly contextLine: number;
}

/** The error for a failure. A line 0 counts as "not known", as upstream does. */
export function syntaxError(failure: Failure): YamlError {
  const { flavor, from, problem, problemLine, contextLine } = failure;
  const scanner = from === 'scanner';
  let line = 0;
  if (flavor === 'v3') {
    const base = contextLine !== 0 ? contextLine : problemLine;
    line = base !== 0 && scanner ? base + 1 : base;
  } else if (problemLine !== 0) {
    line = scanner ? problemLine + 1 : problemLine;
  } else {
    line = contextLine;
  }
  return yamlError(`${line === 0 ? '' : `line ${line}: `}${problem}`);
}
