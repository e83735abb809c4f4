// Whose an artifact is: by its address, or, for one stored by a process before this one, by the file.
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { FileStorage } from '#artifact/fs-storage';
import { ArtifactIndex } from '#artifact/index';
import { ArtifactStore } from '#artifact/store';
import { localArtifactFile } from '#cli/serve/open-artifact';
import { systemClock } from '#lib/clock';
import { tempDir } from '#test/support/temp-dir';

describe('the file of an artifact', () => {
  it('is ours at the address of before too, as long as it is the same', async () => {
    const root = await tempDir('storage');
    let address = 'localhost:1';
    const storage = new FileStorage(root);
    const index = new ArtifactIndex();
    const store = new ArtifactStore({ storage, index, clock: systemClock, advertisedAddress: () => address });
    const owner = { kind: 'GitRepository', namespace: 'ns', name: 'a' };
    const artifact = await store.put(owner, {
      file: 'one.tar.gz',
      revision: 'one',
      produce: async (file) => {
        await writeFile(file, 'content');
        return { digest: 'sha256:00', size: 7, files: [] };
      },
    });
    const find = localArtifactFile(store);
    const file = join(root, artifact.path);
    assert.equal(await find(artifact), file);
    address = 'localhost:2';
    assert.equal(await find(artifact), file);
    assert.equal(await find({ ...artifact, size: 8 }), undefined);
    assert.equal(await find({ ...artifact, path: 'gitrepository/ns/a/two.tar.gz' }), undefined);
  });
});
