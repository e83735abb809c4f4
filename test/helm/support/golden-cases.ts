// Every case that is recorded, in one form: files, and the arguments of `helm template`.
import { absolute } from './run-template.ts';
import { chartCases } from './chart-cases.ts';
import { generateChart } from './generate-chart.ts';
import type { GoldenSet } from './golden.ts';
import { schemaCases } from './schema-cases.ts';
import { setLines } from './set-lines.ts';

export interface GoldenCase {
  readonly name: string;
  readonly files: Readonly<Record<string, string>>;
  /** {DIR} is the folder the files are written to. */
  readonly args: readonly string[];
}

/** Seeds of the random charts that are recorded. */
const seeds = 60;

const plainChart = { 'c/Chart.yaml': 'apiVersion: v2\nname: c\nversion: 1.0.0\n' };

export const goldenCases: Readonly<Record<GoldenSet, readonly GoldenCase[]>> = {
  charts: chartCases.map(({ name, files, args = [] }) => ({ name, files, args: ['rel', '{DIR}/c', ...args] })),
  generated: Array.from({ length: seeds }, (_, seed) => {
    const { files, args } = generateChart(seed);
    return { name: `seed ${seed}`, files, args: ['rel', '{DIR}/c', ...absolute(args, '{DIR}')] };
  }),
  schemas: schemaCases.map(([schema, values], i) => ({
    name: `${i}: ${typeof schema === 'string' ? schema : JSON.stringify(schema)} on ${values}`,
    files: {
      ...plainChart,
      'c/values.schema.json': typeof schema === 'string' ? schema : JSON.stringify(schema),
      'c/values.yaml': values,
    },
    args: ['rel', '{DIR}/c'],
  })),
  'set-lines': setLines.map(([flag, line]) => ({
    name: `${flag} ${line}`,
    files: {
      ...plainChart,
      'c/templates/a.yaml': 'a: {{ .Values | toJson }}\nb: {{ printf "%#v" .Values | quote }}\n',
      'hello.txt': 'hello\n',
    },
    args: ['rel', '{DIR}/c', flag, line],
  })),
};

/** The arguments of a case whose files are in `folder`. */
export function argsIn({ args }: GoldenCase, folder: string): string[] {
  return args.map((arg) => arg.replaceAll('{DIR}', folder));
}
