// Charts that mean harm: each ends with an error that says why, within its limits, and the process goes on.
import assert from 'node:assert/strict';
import { gzipSync } from 'node:zlib';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { loadArchive, loadChart, renderable, renderChart } from '#helm/engine/index';
import { type RenderInput } from '#helm/index';
import { withTempDir } from '#test/support/temp-dir';
import { chartArchive, tarOf } from './support/archive.ts';

const input: RenderInput = {
  values: {},
  release: { name: 'x', namespace: 'default', revision: 1, isUpgrade: false },
  limits: { maxOutput: 8 * 1024 * 1024, maxSteps: 2_000_000 },
};

function render(template: string, values = ''): string {
  const files = { 'values.yaml': values, 'templates/a.yaml': template };
  return renderChart(renderable(loadArchive(chartArchive(files))), input)
    .manifests.map(({ content }) => content)
    .join('\n');
}

const templates: readonly (readonly [what: string, template: string, error: RegExp])[] = [
  [
    'include without end',
    '{{ define "x" }}{{ include "x" . }}{{ end }}{{ include "x" . }}',
    /nested reference name|template depth/,
  ],
  ['template without end', '{{ define "x" }}{{ template "x" . }}{{ end }}{{ template "x" . }}', /template depth/],
  ['tpl without end', '{{ $t := "{{ tpl .t . }}" }}{{ tpl $t (dict "t" $t) }}', /template depth|too deep/],
  [
    'range over a huge integer',
    '{{ range $i := (int64 9000000000000000000) }}{{ end }}',
    /more than the allowed 2000000 steps/,
  ],
  ['range over a huge list', '{{ range until 1000000000 }}{{ end }}', /more than the allowed/],
  ['a GiB by repeat', '{{ repeat 1073741824 "x" }}', /more than the allowed 8388608 characters/],
  [
    'a GiB bit by bit',
    '{{ $x := repeat 1000000 "x" }}{{ range until 5000 }}{{ $x }}{{ end }}',
    /more than the allowed/,
  ],
  [
    'doubling a text',
    '{{ $x := "x" }}{{ range until 60 }}{{ $x = print $x $x }}{{ end }}{{ len $x }}',
    /more than the allowed|too large/,
  ],
  [
    'doubling a list',
    '{{ $l := list 1 }}{{ range until 60 }}{{ $l = concat $l $l }}{{ end }}',
    /more than the allowed/,
  ],
  ['indent by millions', '{{ indent 2000000000 "x" }}', /more than the allowed/],
  ['a dict within itself', '{{ $d := dict }}{{ $_ := set $d "self" $d }}{{ $d }}', /depth|deep/],
  ['deep parentheses', `{{ ${'('.repeat(50_000)}1${')'.repeat(50_000)} }}`, /max expression depth exceeded/],
  [
    'deep conditions',
    `${'{{ if true }}'.repeat(50_000)}${'{{ end }}'.repeat(50_000)}`,
    /max expression depth exceeded/,
  ],
  ['deep YAML as output', 'a: {{ "[" | repeat 100000 }}', /exceeded max depth/],
];

function refuse(name: string, error: RegExp): void {
  assert.throws(() => loadArchive(gzipSync(tarOf([{ name, data: Buffer.from('x') }]))), error);
}

describe('hostile charts', function () {
  this.timeout(60_000);

  for (const [what, template, error] of templates) {
    it(`refuses ${what}`, () => {
      assert.throws(() => render(template), error);
    });
  }

  it('does not let a regular expression backtrack', () => {
    const started = process.cpuUsage();
    render('a: {{ regexMatch "(a*)*b" (repeat 20000 "a") }}');
    assert.ok(process.cpuUsage(started).user < 5_000_000);
  });

  it('refuses a bomb of YAML aliases in values', () => {
    const levels = Array.from(
      { length: 9 },
      (_, i) => `l${i + 1}: &l${i + 1} [${Array.from({ length: 10 }, () => `*l${i}`).join(', ')}]`,
    );
    assert.throws(
      () => render('a: {{ .Values }}', `l0: &l0 [x, x, x, x]\n${levels.join('\n')}\n`),
      /excessive aliasing|nodes|more than the allowed/,
    );
  });

  it('refuses archives that grow without measure', () => {
    const zeros = Buffer.alloc(90 * 1024 * 1024);
    assert.throws(
      () => loadArchive(gzipSync(tarOf([{ name: 'c/big', data: zeros }]))),
      /decompressed chart file "c\/big" is larger than the maximum file size 5242880/,
    );
    const many = Array.from({ length: 30 }, (_, i) => ({ name: `c/f${i}`, data: zeros.subarray(0, 5_000_000) }));
    assert.throws(
      () => loadArchive(gzipSync(tarOf(many))),
      /decompressed chart is larger than the maximum file size 104857600/,
    );
  });

  it('refuses archives within archives without end', () => {
    let inner = chartArchive({});
    for (let depth = 0; depth < 40; depth++) inner = chartArchive({ 'charts/c.tgz': inner });
    assert.throws(() => loadArchive(inner), /charts are nested deeper than 32 levels/);
  });

  it('refuses paths that lead out of the chart', () => {
    refuse('c/../../etc/passwd', /chart illegally references parent directory/);
    refuse('c//etc/passwd', /chart illegally contains absolute paths/);
    refuse('c\\..\\..\\x', /chart illegally references parent directory/);
    refuse('c/c:/x', /chart contains illegally named files/);
    refuse('Chart.yaml/x', /chart yaml not in base directory/);
    refuse('c', /content outside the base directory: "c"/);
  });

  it('refuses links that lead out of a fetched chart', async () => {
    await withTempDir(async (folder) => {
      const chart = path.join(folder, 'c');
      await mkdir(path.join(chart, 'templates'), { recursive: true });
      await writeFile(path.join(chart, 'Chart.yaml'), 'apiVersion: v2\nname: c\nversion: 1.0.0\n');
      await writeFile(path.join(folder, 'secret'), 'x');
      await symlink('../../secret', path.join(chart, 'templates', 'a.yaml'));
      assert.throws(() => loadChart(chart, { symlinks: 'inside' }), /leads out of the directory/);
      assert.equal(loadChart(chart).templates.length, 1);
    });
  });

  it('refuses a schema of alternatives upon alternatives', () => {
    const schema = {
      $defs: {
        x: {
          anyOf: [
            { properties: { a: { $ref: '#/$defs/x' }, b: { type: 'string' } }, required: ['z'] },
            { properties: { a: { $ref: '#/$defs/x' } }, required: ['y'] },
          ],
        },
      },
      $ref: '#/$defs/x',
    };
    const values = `${'{a: '.repeat(40)}1${'}'.repeat(40)}`;
    const files = { 'values.schema.json': JSON.stringify(schema), 'values.yaml': `a: ${values}\n` };
    assert.throws(() => renderChart(renderable(loadArchive(chartArchive(files))), input), /steps to check/);
  });
});
