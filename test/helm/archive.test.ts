// Packaged charts that are damaged, or have something behind their end: what Helm 3.19 said of each.
import assert from 'node:assert/strict';
import { gzipSync } from 'node:zlib';
import { loadArchive } from '#helm/engine/index';
import { chartArchive, tarOf } from './support/archive.ts';

function changed(archive: Buffer, at: number): Buffer {
  const copy = Buffer.from(archive);
  copy.writeUInt8((copy.at(at) ?? 0) ^ 0xff, at < 0 ? copy.length + at : at);
  return copy;
}

/** A gzip header that says more than it has to: a field of its own, a name, a comment and a checksum. */
function withLongHeader(archive: Buffer): Buffer {
  const header = Buffer.from(archive.subarray(0, 10));
  header.writeUInt8(0x1e, 3);
  return Buffer.concat([header, Buffer.from('\x02\x00xyname\0comment\0\0\0', 'latin1'), archive.subarray(10)]);
}

describe('packaged charts', () => {
  const archive = chartArchive({ 'templates/a.yaml': 'kind: A\n' });

  it('end where the tar archive ends: what is behind is not looked at', () => {
    for (const readable of [
      Buffer.concat([archive, Buffer.from('junk')]),
      Buffer.concat([archive, Buffer.alloc(512)]),
      changed(archive, -6),
      Buffer.concat([withLongHeader(archive), Buffer.from('junk')]),
    ]) {
      assert.equal(loadArchive(readable).templates.length, 1);
    }
  });

  it('may be of several gzip members', () => {
    const tar = tarOf([{ name: 'c/Chart.yaml', data: Buffer.from('apiVersion: v2\nname: c\nversion: 1.0.0\n') }]);
    const members = Buffer.concat([gzipSync(tar.subarray(0, 512)), gzipSync(tar.subarray(512))]);
    assert.equal(loadArchive(members).metadata.name, 'c');
  });

  it('are refused when cut off or damaged', () => {
    assert.throws(() => loadArchive(Buffer.alloc(0)), { message: 'EOF' });
    assert.throws(() => loadArchive(Buffer.from('abc')), { message: 'unexpected EOF' });
    assert.throws(() => loadArchive(Buffer.from('hello, this is text')), { message: 'gzip: invalid header' });
    assert.throws(() => loadArchive(archive.subarray(0, 10)), { message: 'unexpected EOF' });
    assert.throws(() => loadArchive(archive.subarray(0, 60)), { message: 'unexpected EOF' });
    assert.throws(() => loadArchive(changed(archive, 20)), /^ChartError: flate: corrupt input/);
  });
});
