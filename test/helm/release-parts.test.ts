// The compressed parts of release records: joined they are one record, and they take no more memory than they must.
import assert from 'node:assert/strict';
import { assembleRelease, decodeRelease, type ReleaseRecord } from '#helm/index';
import { packBody, packChart } from '#helm/release/packed';

const chart = {
  metadata: { name: 'app', version: '1.0.0' },
  lock: null,
  templates: [{ name: 'templates/a.yaml', data: 'YQ==' }],
  values: { b: 1, a: { c: [null, 'x'] } },
  schema: null,
  files: null,
};
const info = { first_deployed: 'f', last_deployed: 'l', deleted: '', description: 'done', status: 'deployed' as const };

describe('parts of a release record', () => {
  it('are a record when they are joined', () => {
    const content = { config: { z: 'ä', a: [1] }, manifest: '---\nkind: ConfigMap\n' };
    const parts = { chart: packChart(chart), body: packBody(content) };
    const frame = { name: 'r', namespace: 'n', version: 2, info };
    const { manifest, config, version, chart: read }: ReleaseRecord = decodeRelease(assembleRelease(frame, parts));
    assert.deepEqual({ manifest, config, version, read }, { ...content, version: 2, read: chart });
  });

  it('hold on to no memory beyond their own', () => {
    for (const part of [packChart(chart), packBody({ config: {}, manifest: 'kind: Service\n' })]) {
      assert.equal(part.buffer.byteLength, part.byteLength);
    }
  });
});
