// Charts made by hand for what random ones seldom meet: broken files, errors at every stage, odd names, hooks, files, selection.

export interface ChartCase {
  readonly name: string;
  readonly files: Readonly<Record<string, string>>;
  /** Arguments behind `template rel {DIR}/c`. */
  readonly args?: readonly string[];
}

const meta = 'apiVersion: v2\nname: c\nversion: 1.0.0\n';
const cm = 'kind: ConfigMap\nmetadata:\n  name: x\n';

function chart(name: string, files: Readonly<Record<string, string>>, args: readonly string[] = []): ChartCase {
  const inChart = Object.entries(files).map(([path, text]) => [
    path.startsWith('@') ? path.slice(1) : `c/${path}`,
    text,
  ]);
  return { name, files: { 'c/Chart.yaml': meta, ...Object.fromEntries(inChart) }, args };
}

const withMeta = (name: string, text: string): ChartCase => chart(`Chart.yaml: ${name}`, { 'Chart.yaml': text });
const withTemplate = (name: string, text: string): ChartCase =>
  chart(`template: ${name}`, { 'templates/a.yaml': text });

/** Command lines that are refused before anything else is looked at. */
const flagCases: readonly (readonly string[])[] = [
  ['--timeout', 'x'],
  ['--timeout', '5'],
  ['--timeout='],
  ['--labels', 'a'],
  ['-l', ''],
  ['-l', 'a=b,c,d=e'],
  ['--burst-limit', '1.5'],
  ['--burst-limit', '99999999999999999999'],
  ['--qps', 'x'],
  ['--validate=x'],
  ['-g=x'],
  ['--dry-run=foo'],
  ['--output-dir'],
  ['--verify'],
  ['--name-template', 'x'],
  ['-f', '{DIR}'],
  ['--set-file', 'a={DIR}'],
  ...['"x/v1', 'a"b', '"x/v1""', '"a"b,c', 'x,"a"b', 'x,"a', 'é,a"b', ' "a"'].map((value) => ['-a', value]),
];

export const chartCases: readonly ChartCase[] = [
  withMeta('a list as name', 'apiVersion: v2\nname: [a]\nversion: 1.0.0\n'),
  withMeta('numbers as text', 'apiVersion: v2\nname: 5\nversion: 1\nappVersion: 20240101.0\n'),
  withMeta('a map as description', 'apiVersion: v2\nname: 5\nversion: 1\ndescription: {a: b}\n'),
  withMeta('dependencies are text', `${meta}dependencies: foo\n`),
  withMeta('a dependency is text', `${meta}dependencies:\n- foo\n`),
  withMeta('a dependency name is a list', `${meta}dependencies:\n- name: [1]\n`),
  withMeta('an annotation is a list', `${meta}annotations:\n  a: [1]\n`),
  withMeta('deprecated is text', `${meta}deprecated: "yes"\n`),
  withMeta('deprecated', `${meta}deprecated: true\n`),
  withMeta('maintainers are a map', `${meta}maintainers: {a: 1}\n`),
  withMeta('a maintainer is text', `${meta}maintainers: [a, 1]\n`),
  withMeta('a null maintainer', `${meta}maintainers: [null]\n`),
  withMeta('tags are a list', `${meta}tags: [a]\n`),
  withMeta('a list', '- 1\n'),
  withMeta('text', 'abc\n'),
  withMeta('empty', '\n'),
  withMeta('no version', 'apiVersion: v2\nname: c\n'),
  withMeta('a bad version', 'apiVersion: v2\nname: c\nversion: a\n'),
  withMeta('a path as name', 'apiVersion: v2\nname: c/d\nversion: 1.0.0\n'),
  withMeta('a bad alias', `${meta}dependencies: [{name: a, version: 1, repository: x, alias: "a b"}]\n`),
  withMeta(
    'one dependency twice',
    `${meta}dependencies: [{name: a, version: 1, repository: x},{name: a, version: 1, repository: x}]\n`,
  ),
  withMeta('a null dependency', `${meta}dependencies: [null]\n`),
  withMeta('a missing dependency', `${meta}dependencies: [{name: foo, version: 1, repository: ""}]\n`),
  withMeta('a library', `${meta}type: library\n`),
  withMeta('an unknown type', `${meta}type: foo\n`),
  withMeta('an old Kubernetes only', `${meta}kubeVersion: "<1.20"\n`),
  withMeta('a Kubernetes that cannot be read', `${meta}kubeVersion: foo\n`),
  chart('no dependencies', {
    'Chart.yaml': `${meta}dependencies: []\n`,
    'templates/a.yaml': 'a: {{ toJson .Chart.Dependencies }}\n',
  }),
  ...['', 'version: nope, ', 'version: "2", '].map((version) =>
    chart(`a dependency of ${version === '' ? 'no version' : version.slice(0, -2)}`, {
      'Chart.yaml': `${meta}dependencies: [{name: s, ${version}repository: ""}]\n`,
      'charts/s/Chart.yaml': 'apiVersion: v2\nname: s\nversion: 1.0.0\n',
      'charts/s/templates/a.yaml': cm,
    }),
  ),
  withMeta('a new Kubernetes', `${meta}kubeVersion: ">=1.20-0"\n`),
  chart('values.yaml is a list', { 'values.yaml': '- 1\n' }),
  chart('values.yaml is text', { 'values.yaml': 'abc' }),
  chart('values.yaml is broken', { 'values.yaml': 'a: b\n c: d\n' }),
  chart('values.yaml of two documents', {
    'values.yaml': 'a: 1\n---\na: 2\n',
    'templates/a.yaml': 'a: {{ .Values.a }}',
  }),
  chart('a stray file in charts', { 'charts/README.md': 'abc' }),
  chart('hidden and underscored charts', { 'charts/_x/a': '', 'charts/.y/b': '', 'templates/a.yaml': cm }),
  chart('a lock without date', { 'Chart.lock': 'generated: x' }),
  chart('requirements.yaml with v2', { 'requirements.yaml': 'dependencies: []\n', 'templates/a.yaml': cm }),
  chart('.helmignore', {
    '.helmignore': '# comment\n*.bak\n/top.yaml\nsub/\n!keep*\n',
    'templates/keep.yaml': cm,
    'templates/a.bak': 'x',
    'keep.txt': 'x',
    'templates/keep-files.yaml': 'files: {{ range $k, $v := .Files }}{{ $k }},{{ end }}',
  }),
  chart('.helmignore with **', { '.helmignore': '**/x\n' }),
  chart('.helmignore with a broken pattern', { '.helmignore': '[a\n' }),
  withTemplate('broken YAML', 'a: b\n c: d\n'),
  withTemplate('an annotation is a list', 'metadata: {annotations: {a: [1]}}\n'),
  withTemplate('annotations are a list', 'metadata: {annotations: [1]}\n'),
  withTemplate('metadata is text', 'metadata: foo\n'),
  withTemplate('kind is a map', 'kind: {a: b}\n'),
  withTemplate('head in other case', 'KIND: 1\nMetadata: {name: 1.50, annotations: {a: true, b: 1, c: 1e3, d: null}}'),
  withTemplate('text', 'abc'),
  withTemplate('comments and empty documents', '# one\n---\n\n---\n# two\n---\nkind: A\n--- \nkind: B\n---kind: C\n'),
  withTemplate('dashes in a block', 'a: |\n  x\n---\n  y\n'),
  withTemplate('no value', '{{ .Values.missing }}|<no value>|{{ tpl "<no value>{{ .Values.x }}" . }}'),
  withTemplate('nil pointer', '{{ .Values.a.b.c }}'),
  withTemplate('unknown function', '{{ foo }}'),
  withTemplate('unclosed action', 'a: {{ .Values.a\nb: c'),
  withTemplate('required', 'a: {{ required "a is needed" .Values.a }}'),
  withTemplate('fail', 'a: {{ fail "no: really\\nno" }}'),
  withTemplate('unknown template', '{{ include "nope" . }}'),
  withTemplate('template action of unknown name', '{{ template "nope" . }}'),
  withTemplate('tpl does not parse', '{{ tpl "{{ .a" . }}'),
  withTemplate('tpl fails', '{{ tpl "{{ .Values.a.b }}" . }}'),
  withTemplate('tpl fails in tpl', '{{ tpl "{{ tpl \\"{{ fail \\\\\\"deep\\\\\\" }}\\" . }}" . }}'),
  withTemplate(
    'tpl of nothing in tpl',
    'a: "{{ tpl "x{{ tpl \\"\\" . }}{{ tpl \\" \\" . }}y{{ tpl \\"{{/* c */}} \\" . }}" . }}"',
  ),
  withTemplate('tpl defines', 'a: {{ tpl "{{ define \\"d\\" }}in{{ end }}{{ include \\"d\\" . }}" . }}'),
  withTemplate(
    'KubeVersion printed, and as an argument',
    [
      'a: {{ .Capabilities.KubeVersion }} {{ $k := .Capabilities.KubeVersion }}{{ $k }} {{ $k.Minor }}',
      'b: {{ print .Capabilities.KubeVersion | quote }} {{ printf "%s" $k | quote }} {{ .Capabilities.KubeVersion | quote }}',
      'c: {{ dict "k" $k | toString | quote }} {{ first (list $k) | quote }} {{ toJson $k | quote }}',
      'd: {{ print .Capabilities | trunc 30 | quote }} {{ default "x" .Capabilities.KubeVersion | quote }}',
    ].join('\n'),
  ),
  withTemplate(
    'a method of what KubeVersion was copied to',
    '{{ (first (list .Capabilities.KubeVersion)).GitVersion }}',
  ),
  chart('structs as JSON, YAML and TOML', {
    'Chart.yaml': `${meta}maintainers: [{url: u, name: n}]\nannotations: {b: "1", a: "2"}\nkeywords: [k]\n`,
    'templates/a.yaml': [
      'json: {{ toJson .Chart | quote }}',
      'pretty: {{ toPrettyJson (dict "z" .Chart.Maintainers "a" .Chart.Metadata) | quote }}',
      'yaml: {{ toYaml .Chart | quote }}',
      'v3: {{ toYamlPretty .Chart | quote }} {{ toYamlPretty .Capabilities.KubeVersion | quote }}',
      'toml: {{ toToml .Chart | quote }} {{ toToml (dict "k" .Capabilities.KubeVersion "c" .Chart) | quote }}',
    ].join('\n'),
  }),
  withTemplate('structs that do not compare', '{{ eq .Chart .Chart }}'),
  withTemplate(
    'structs that compare',
    'a: {{ eq .Capabilities.KubeVersion .Capabilities.KubeVersion }} {{ eq .Capabilities .Capabilities }}',
  ),
  withTemplate('Values that cannot be written', '{{ $_ := set .Values "a" 1i }}{{ .Values.YAML }}'),
  withTemplate('a method that wants a writer', '{{ .Values.Encode }}'),
  withTemplate('a method that wants a writer, and gets text', '{{ .Values.Encode "x" }}'),
  withTemplate('a field of Chart that is not', '{{ .Chart.Nope }}'),
  withTemplate(
    'capabilities',
    'a: {{ .Capabilities.KubeVersion.Major }}.{{ .Capabilities.KubeVersion.GitVersion }} {{ .Capabilities.APIVersions.Has "apps/v1" }} {{ .Capabilities.APIVersions.Has "x/v1" }} {{ .Capabilities.KubeVersion }}',
  ),
  withTemplate('release', '{{ .Release | toJson }}'),
  withTemplate(
    'chart',
    'a: {{ .Chart | toJson | quote }} {{ .Chart.IsRoot }} {{ .Chart.Metadata.Name }} {{ typeOf .Chart | quote }}',
  ),
  withTemplate(
    'types',
    'a: {{ typeOf . }} {{ typeOf .Values }} {{ typeOf .Files }} {{ typeOf .Release }} {{ kindOf .Capabilities }} {{ typeOf .Template }}',
  ),
  withTemplate('a second definition wins', '{{ define "d" }}first{{ end }}{{ include "d" . }}'),
  withTemplate('infinite loop of template', '{{ range $i := until 3 }}{{ break }}{{ end }}{{ continue }}'),
  chart('files', {
    'files/a.txt': 'one\ntwo\n',
    'files/b.conf': 'k = "v"\n',
    'files/sub/c.txt': 'three',
    'templates/a.yaml': [
      'get: {{ .Files.Get "files/a.txt" | quote }} {{ .Files.Get "nope" | quote }}',
      'lines: {{ .Files.Lines "files/a.txt" | toJson }} {{ .Files.Lines "nope" | toJson }}',
      'config: {{ (.Files.Glob "files/*").AsConfig | quote }}',
      'secrets: {{ (.Files.Glob "files/**").AsSecrets | quote }}',
      'braces: {{ (.Files.Glob "files/{a,b}.*").AsConfig | quote }} {{ (.Files.Glob "files/[!b]*").AsConfig | quote }}',
      'bad: {{ (.Files.Glob "[a").AsConfig | quote }}',
      'none: {{ (.Files.Glob "x/*").AsConfig }}',
      'names: {{ range $name, $_ := .Files }}{{ $name }};{{ end }}',
    ].join('\n'),
  }),
  chart('globs that are odd', {
    ...Object.fromEntries(['a', 'b', '-', ']', 'ab', 'a.txt', 'd/b', 'd/e/b', 'xa'].map((name) => [name, ''])),
    'templates/a.yaml': [
      '{a',
      'x{a',
      '{a,{b}',
      '*{a',
      '{a]',
      '[a-b-c]',
      '[a-]',
      '[\\\\]]',
      '[ab-]',
      '[-a]',
      'a\\\\',
      '[a-zA]',
    ]
      .map((glob, i) => `g${i}: "${glob}: {{ range $path, $_ := .Files.Glob "${glob}" }}{{ $path }};{{ end }}"`)
      .join('\n'),
  }),
  chart('values methods', {
    'values.yaml': 'a: {b: {c: 1}}\nd: x\n',
    'templates/a.yaml':
      'a: {{ (.Values.Table "a.b") | toJson | quote }} {{ .Values.PathValue "a.b.c" }} {{ .Values.YAML | quote }} {{ .Values.AsMap | toJson | quote }}',
  }),
  chart('a table that is none', { 'values.yaml': 'd: x\n', 'templates/a.yaml': '{{ .Values.Table "d" }}' }),
  chart('a path value that is none', { 'values.yaml': 'd: {}\n', 'templates/a.yaml': '{{ .Values.PathValue "x.d" }}' }),
  chart('hooks and weights', {
    'templates/h.yaml': ['pre-install', 'test', 'nope', 'post-delete, pre-upgrade']
      .map(
        (event, i) =>
          `kind: Job\nmetadata:\n  name: j${i}\n  annotations: {"helm.sh/hook": "${event}", "helm.sh/hook-weight": "${5 - i}"}\n`,
      )
      .join('---\n'),
    'templates/z.yaml': cm,
  }),
  chart(
    'hooks left out',
    { 'templates/h.yaml': 'kind: Job\nmetadata:\n  annotations: {"helm.sh/hook": test}\n', 'templates/z.yaml': cm },
    ['--no-hooks'],
  ),
  chart('kinds in order', {
    'templates/a.yaml': [
      'Ingress',
      'Zebra',
      'Namespace',
      'MutatingWebhookConfiguration',
      'Service',
      'Apple',
      'CustomResourceDefinition',
      'ClusterRole',
      'Secret',
    ]
      .map((kind) => `kind: ${kind}\n`)
      .join('---\n'),
    'templates/b.yaml': '# no kind\n',
  }),
  chart('show-only', { 'templates/a.yaml': 'kind: A\n---\nkind: B\n', 'templates/b/c.yaml': 'kind: C\n' }, [
    '--show-only',
    'templates/b/*.yaml',
    '-s',
    'templates/a.yaml',
  ]),
  chart('show-only of nothing', { 'templates/a.yaml': cm }, ['--show-only', 'templates/nope.yaml']),
  chart(
    'crds',
    {
      'crds/a.yaml': 'kind: Crd\n---\nkind: Two\n',
      'crds/b.txt': 'x',
      'crds/c.JSON': '{"kind": "Crd"}',
      'templates/a.yaml': cm,
    },
    ['--include-crds'],
  ),
  chart('notes', { 'templates/NOTES.txt': '{{ fail "in the notes" }}', 'templates/a.yaml': cm }),
  chart(
    'an upgrade',
    {
      'templates/a.yaml':
        'a: {{ .Release.IsUpgrade }} {{ .Release.IsInstall }} {{ .Release.Revision }} {{ .Release.Namespace }}',
    },
    ['--is-upgrade', '-n', 'ns'],
  ),
  chart(
    'a Kubernetes version',
    { 'templates/a.yaml': 'a: {{ .Capabilities.KubeVersion.Version }} {{ .Capabilities.KubeVersion.Minor }}' },
    ['--kube-version', '1.29.3-gke.100'],
  ),
  chart('a bad Kubernetes version', { 'templates/a.yaml': cm }, ['--kube-version', 'one']),
  chart(
    'an API version',
    {
      'templates/a.yaml': 'a: {{ .Capabilities.APIVersions.Has "x/v1" }} {{ .Capabilities.APIVersions.Has "y/v1/Z" }}',
    },
    ['-a', 'x/v1,y/v1/Z'],
  ),
  chart('an unknown flag', { 'templates/a.yaml': cm }, ['--nope']),
  chart('an unknown short flag', { 'templates/a.yaml': cm }, ['-z']),
  chart('a flag without its value', { 'templates/a.yaml': cm }, ['--set']),
  chart('a values file that is not there', { 'templates/a.yaml': cm }, ['-f', 'nope.yaml']),
  chart('a values file that is a list', { '@v.yaml': '- 1\n', 'templates/a.yaml': cm }, ['-f', '{DIR}/v.yaml']),
  chart('a values file that is broken', { '@v.yaml': 'a: [\n', 'templates/a.yaml': cm }, ['-f', '{DIR}/v.yaml']),
  chart('a type mismatch of a subchart', {
    'charts/s/Chart.yaml': 'apiVersion: v2\nname: s\nversion: 1.0.0\n',
    'charts/s/templates/a.yaml': cm,
    'values.yaml': 's: text\n',
  }),
  chart('globals that are no tables', {
    'charts/s/Chart.yaml': 'apiVersion: v2\nname: s\nversion: 1.0.0\n',
    'charts/s/values.yaml': 'global: 5\n',
    'charts/s/templates/a.yaml': 'a: {{ .Values | toJson | quote }}',
    'values.yaml': 'global: {a: 1}\n',
  }),
  chart('a subchart breaks', {
    'charts/s/Chart.yaml': 'apiVersion: v2\nname: s\nversion: 1.0.0\n',
    'charts/s/values.yaml': 'a: [',
  }),
  chart('a dependency by tag and condition', {
    'Chart.yaml': `${meta}dependencies:\n- {name: s, version: "*", repository: "", tags: [t, u], condition: "s.on,global.on"}\n`,
    'charts/s/Chart.yaml': 'apiVersion: v2\nname: s\nversion: 1.0.0\n',
    'charts/s/templates/a.yaml': cm,
    'values.yaml': 'tags: {t: "x", u: false}\nglobal: {on: text}\n',
  }),
  chart('one name, two values', { 'templates/a.yaml': 'a: {{ .Values.a }}', 'values.yaml': 'a: 1\na: 2\n' }),
  chart('numbers', {
    'values.yaml':
      'a: 1000000\nb: 1234567.5\nc: 1e3\nd: 0x10\ne: 010\nf: 1_000\ng: .5\nh: 12345678901234567890\ni: -0.0\n',
    'templates/a.yaml':
      '{{ range $k, $v := .Values }}{{ $k }}: {{ $v }} {{ int64 $v }} {{ $v | toString }} {{ toJson $v }}\n{{ end }}all: {{ toYaml .Values | nindent 2 }}',
  }),
  ...flagCases.map((args) => chart(`flags: ${args.join(' ')}`, { 'templates/a.yaml': cm }, args)),
  chart(
    'flags that change nothing here',
    { 'templates/a.yaml': cm },
    '--burst-limit 5 --qps 1.5 --keyring x --kube-token x --insecure-skip-tls-verify'
      .concat(' --kube-as-group x --timeout 5m0s --labels a=b,c=d --dry-run=client --help=false -n= --description x')
      .split(' '),
  ),
  chart(
    'output to a folder',
    {
      'templates/a.yaml': 'kind: B\n---\nkind: A\n',
      'templates/h.yaml': 'kind: Job\nmetadata: {annotations: {"helm.sh/hook": test}}\n---\nkind: Z\n',
      'templates/sub/c.yaml': 'kind: C\n',
      'crds/x.yaml': 'kind: X\n',
    },
    ['--output-dir', '{DIR}/out', '--release-name', '--include-crds'],
  ),
];
