// Values of an upgrade that goes on from those of the release before, as `helm upgrade --reuse-values`.
import type { RecordedChart } from '../release/record.ts';
import { ignoreWarnings } from '../warnings.ts';
import { type CoalesceOptions, coalesceValues, underlayTables } from './coalesce.ts';
import { copyMap, deepCopy, isTable, setKey, type ValuesMap } from './values-map.ts';

/** The chart and the values of the release before. */
export interface ReusedRelease {
  readonly chart: Pick<RecordedChart, 'metadata' | 'values'>;
  readonly config: ValuesMap;
}

export interface ReusedValues {
  /** The values as given, over those given before: what is recorded. */
  readonly values: ValuesMap;
  /** All of the values before. They take the place of the chart's own, and so of whatever is new in those. */
  readonly defaults: ValuesMap;
}

export function reuseValues(
  given: ValuesMap,
  { chart, config }: ReusedRelease,
  options: CoalesceOptions,
): ReusedValues {
  const name = typeof chart.metadata['name'] === 'string' ? chart.metadata['name'] : '';
  // Records hold no charts within the chart: of those, what was given is all that is known.
  const defaults = coalesceValues({ name, values: chart.values, dependencies: [] }, config, options);
  return { values: underlayTables(deepCopy(given), deepCopy(config), options), defaults };
}

/** `config` with the values given over it, but for their nulls: equal to `config` when reusing it changes nothing. */
export function reusedConfig(given: ValuesMap, config: ValuesMap): ValuesMap {
  return underlayTables(withoutNulls(given), deepCopy(config), { helm: 3, warn: ignoreWarnings });
}

function withoutNulls(values: ValuesMap): ValuesMap {
  const out = copyMap(values);
  for (const key of Object.keys(out)) {
    const value = out[key];
    if (value === null) delete out[key];
    else if (isTable(value)) setKey(out, key, withoutNulls(value));
  }
  return out;
}
