// Charts at random: dependencies with aliases, conditions, tags and imports, globals, nulls, library charts, hooks, CRDs,
// values files and --set in all its forms. What they render shows every value they ended up with.
import { Random } from './random.ts';

export interface GeneratedChart {
  /** Path to text; the chart is in `c/`. */
  readonly files: Readonly<Record<string, string>>;
  /** Arguments of `helm template`; files are relative to the folder. */
  readonly args: readonly string[];
}

const keys = ['alpha', 'beta', 'gamma', 'image', 'nested', 'tags', 'list', 'global', 'enabled'] as const;
const scalars = [
  'true',
  'false',
  'null',
  '~',
  '0',
  '1',
  '-7',
  '1.5',
  '1e6',
  '1000000',
  '123456789',
  '0x1f',
  '010',
  '"text"',
  'plain text',
  "'12'",
  '""',
  'yes',
  '"a: b # c"',
  '"line\\nbreak\\n"',
  '[]',
  '{}',
  '[1, two, 3.5]',
  '[{a: 1}, null]',
  '2024-01-01',
  '"é☃"',
] as const;
const names = ['one', 'two', 'three'] as const;

export function generateChart(seed: number): GeneratedChart {
  return new Generator(new Random(seed)).chart();
}

class Generator {
  readonly #random: Random;
  readonly #files: Record<string, string> = {};

  constructor(random: Random) {
    this.#random = random;
  }

  chart(): GeneratedChart {
    this.#add('c', 'c', 0);
    return { files: this.#files, args: this.#args() };
  }

  /** Writes the chart `name` into `folder`. */
  #add(folder: string, name: string, depth: number): void {
    const random = this.#random;
    const isLibrary = depth > 0 && random.chance(0.15);
    const subcharts = depth < 2 ? names.filter(() => random.chance(depth === 0 ? 0.6 : 0.3)) : [];
    for (const subchart of subcharts) this.#add(`${folder}/charts/${subchart}`, subchart, depth + 1);
    this.#files[`${folder}/Chart.yaml`] = this.#metadata(name, isLibrary, subcharts);
    if (random.chance(0.9)) this.#files[`${folder}/values.yaml`] = this.#values(depth, subcharts);
    this.#templates(folder, name, isLibrary);
  }

  #metadata(name: string, isLibrary: boolean, subcharts: readonly string[]): string {
    const random = this.#random;
    let text = `apiVersion: v2\nname: ${name}\nversion: 1.2.3\nappVersion: ${random.pick(['1.10', '"2"', '3.0.0'])}\n`;
    if (isLibrary) text += 'type: library\n';
    // A chart below charts/ may go unmentioned; several such would come in random order.
    const listed = subcharts.length > 1 || random.chance(0.8) ? subcharts : [];
    if (listed.length === 0) return text;
    text += 'dependencies:\n';
    for (const subchart of listed) text += this.#dependency(subchart, '');
    const [first] = listed;
    if (first !== undefined && random.chance(0.3)) text += this.#dependency(first, 'copy');
    return text;
  }

  #dependency(name: string, alias: string): string {
    const random = this.#random;
    const known = alias === '' ? name : alias;
    let text = `- name: ${name}\n  version: ${random.pick(['1.x.x', '"*"', '~1.2.0', '">=1.0.0"'])}\n  repository: ""\n`;
    if (alias !== '') text += `  alias: ${alias}\n`;
    if (random.chance(0.4))
      text += `  condition: ${random.pick([`${known}.enabled`, 'enabled', `nope.x,${known}.enabled`])}\n`;
    if (random.chance(0.3)) text += `  tags: [${random.pick(['front', 'back', 'front, back'])}]\n`;
    if (random.chance(0.3)) {
      text += '  import-values:\n';
      text += random.pick([
        '  - data\n',
        '  - {child: nested, parent: imported}\n',
        '  - child: exports.data\n    parent: "."\n',
      ]);
    }
    return text;
  }

  #values(depth: number, subcharts: readonly string[]): string {
    const random = this.#random;
    let text = this.#map('', 2);
    if (random.chance(0.4)) text += `exports:\n  data:\n${this.#map('    ', 1) || '    x: 1\n'}`;
    for (const name of [...subcharts, ...(random.chance(0.3) ? ['copy'] : [])]) {
      if (random.chance(0.5)) text += `${name}:\n${this.#map('  ', 1) || '  y: 2\n'}`;
    }
    if (depth === 0 && random.chance(0.4)) {
      text += `tags: {front: ${random.pick(['true', 'false'])}, back: ${random.pick(['true', 'false'])}}\n`;
    }
    return dropDuplicates(text);
  }

  #map(indent: string, depth: number): string {
    const random = this.#random;
    let text = '';
    for (const key of keys) {
      if (key === 'tags' || !random.chance(0.4)) continue;
      if (depth > 0 && (key === 'global' || random.chance(0.3))) {
        const inner = this.#map(`${indent}  `, depth - 1);
        text += inner === '' ? `${indent}${key}: {}\n` : `${indent}${key}:\n${inner}`;
      } else if (key === 'enabled') text += `${indent}${key}: ${random.pick(['true', 'false'])}\n`;
      else if (key !== 'global') text += `${indent}${key}: ${random.pick(scalars)}\n`;
    }
    return text;
  }

  #templates(folder: string, name: string, isLibrary: boolean): void {
    const random = this.#random;
    this.#files[`${folder}/templates/_helpers.tpl`] =
      `{{- define "${name}.label" -}}\n{{ .Chart.Name }}-{{ .Release.Name | trunc 10 }}\n{{- end }}\n` +
      `{{ define "shared" }}from {{ .Template.Name }} of ${name}{{ end }}\n`;
    this.#files[`${folder}/templates/values.yaml`] = [
      'apiVersion: v1',
      `kind: ${random.pick(['ConfigMap', 'Secret', 'Widget', 'Service'])}`,
      'metadata:',
      `  name: {{ include "${name}.label" . }}`,
      'values:',
      '  {{- toYaml .Values | nindent 2 }}',
      'shared: {{ include "shared" . | quote }}',
      'path: {{ .Template.BasePath }}',
      'subcharts: {{ keys .Subcharts | sortAlpha | join "," | quote }}',
      'alpha: {{ print .Values.alpha | quote }} # {{ .Values.global | default dict | toJson }}',
      '{{- range $k, $v := .Values }}',
      'type-{{ $k }}: {{ kindOf $v }}',
      '{{- end }}',
      '',
    ].join('\n');
    if (isLibrary) return;
    if (random.chance(0.3)) this.#files[`${folder}/templates/hook.yaml`] = this.#hook();
    if (random.chance(0.2)) {
      this.#files[`${folder}/crds/crd.yaml`] =
        `kind: CustomResourceDefinition\nmetadata: {name: ${name}}\n---\nkind: Other\n`;
    }
    if (random.chance(0.3)) this.#files[`${folder}/templates/NOTES.txt`] = 'Thanks for {{ .Release.Name }}\n';
    if (random.chance(0.2)) {
      this.#files[`${folder}/templates/set.yaml`] =
        '{{- $_ := set .Values "alpha" "was set" }}\nkind: Set\nv: {{ .Values.alpha }}\n';
    }
  }

  #hook(): string {
    const random = this.#random;
    const events = random.pick([
      'pre-install',
      'post-install,post-upgrade',
      'test',
      ' Test-Success ',
      'crd-install',
      'pre-delete , nope',
    ]);
    const weight = random.pick(['"5"', '-3', 'x', '"-1"']);
    return (
      `kind: ${random.pick(['Job', 'Pod', 'ConfigMap'])}\nmetadata:\n  name: hook\n  annotations:\n    "helm.sh/hook": ${JSON.stringify(events)}\n` +
      `    "helm.sh/hook-weight": ${weight}\n---\n# a comment only\n---\nkind: After\n`
    );
  }

  #args(): string[] {
    const random = this.#random;
    const args: string[] = [];
    for (const file of ['v1.yaml', 'v2.yaml']) {
      if (!random.chance(0.4)) continue;
      const text = this.#values(
        0,
        names.filter(() => random.chance(0.3)),
      );
      this.#files[file] = text === '' ? '{}\n' : text;
      args.push('-f', file);
    }
    if (random.chance(0.4)) args.push('--set', this.#assignments());
    if (random.chance(0.2))
      args.push('--set-string', random.pick(['alpha=1,nested.x=true', 'alpha=1', 'beta=true,gamma={1,true}']));
    if (random.chance(0.2)) args.push('--set-json', 'nested={"j":[1,2.5,null],"k":{"l":"m"}}');
    if (random.chance(0.15)) args.push('--set-literal', 'beta=a,b=c');
    if (random.chance(0.5)) args.push('--include-crds');
    if (random.chance(0.2)) args.push('--is-upgrade');
    if (random.chance(0.2)) args.push('--skip-tests');
    if (random.chance(0.1)) args.push('--no-hooks');
    return args;
  }

  #assignments(): string {
    const random = this.#random;
    const one = (): string => {
      const path = random.pick([
        'alpha',
        'nested.deep',
        'one.alpha',
        'two.nested.x',
        'global.region',
        'list[1]',
        'copy.beta',
        'one.enabled',
        'tags.front',
        'image',
      ]);
      return `${path}=${random.pick(['1', 'true', 'false', 'null', 'x', '{a,b}', '1.5', '', '12345678901'])}`;
    };
    return [one(), ...(random.chance(0.5) ? [one()] : [])].join(',');
  }
}

/** A key must not stand twice at the top of a file. */
function dropDuplicates(text: string): string {
  const seen = new Set<string>();
  let keep = true;
  return text
    .split('\n')
    .filter((line) => {
      if (line !== '' && !line.startsWith(' ')) {
        const key = line.split(':', 1)[0] ?? '';
        keep = !seen.has(key);
        seen.add(key);
      }
      return keep;
    })
    .join('\n');
}
