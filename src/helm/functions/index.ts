// All functions of Helm's templates: Sprig 3.3 without env and expandenv, and Helm's own.
import { functionMap } from '#gotemplate/index';
import type { FunctionMap } from '#gotemplate/index';
import { systemClock } from '#lib/clock';
import type { Clock } from '#lib/clock';
import { certificateFunctions } from './certificates.ts';
import { cryptoFunctions } from './crypto.ts';
import { dateFunctions } from './dates.ts';
import { defaultFunctions, reflectionFunctions } from './defaults.ts';
import { dictFunctions } from './dicts.ts';
import { encodingFunctions } from './encoding.ts';
import { flowFunctions } from './flow.ts';
import { formatFunctions, helm4FormatFunctions } from './formats.ts';
import type { EngineHooks } from './hooks.ts';
import { listFunctions } from './lists.ts';
import { mathFunctions } from './math.ts';
import { pathFunctions } from './paths.ts';
import { randomFunctions } from './random.ts';
import { regexFunctions } from './regex.ts';
import { semverFunctions } from './semver.ts';
import { stringFunctions } from './strings.ts';
import { helm4TomlFunctions, tomlFunctions } from './toml.ts';
import { urlFunctions } from './urls.ts';
import { wordFunctions } from './words.ts';

export { WARNING_END, WARNING_START } from './hooks.ts';
export type { EngineHooks, LookupQuery } from './hooks.ts';

export interface FunctionOptions {
  /** Whose functions: Helm 4 has a few more. @default 3 */
  readonly helm?: 3 | 4;
  /** What `now` and the dates of certificates read. @default the system's */
  readonly clock?: Clock;
}

/** The function map of one engine. Build it once: compiled regular expressions are kept in it. */
export function helmFunctions(hooks: EngineHooks, options: FunctionOptions = {}): FunctionMap {
  const { helm = 3, clock = systemClock } = options;
  return functionMap({
    ...stringFunctions,
    ...wordFunctions,
    ...mathFunctions,
    ...defaultFunctions,
    ...reflectionFunctions,
    ...listFunctions,
    ...dictFunctions,
    ...formatFunctions,
    ...tomlFunctions,
    ...(helm === 4 ? { ...helm4FormatFunctions, ...helm4TomlFunctions } : {}),
    ...encodingFunctions,
    ...pathFunctions,
    ...urlFunctions,
    ...semverFunctions,
    ...regexFunctions(),
    ...dateFunctions(clock),
    ...cryptoFunctions,
    ...randomFunctions,
    ...certificateFunctions(clock),
    ...flowFunctions(hooks),
  });
}
