// A command's output on real descriptors: files, and a pipe that takes no more.
import assert from 'node:assert/strict';
import { closeSync, constants, openSync, readFileSync, readSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { descriptorOutput, type Output, print } from '#cli/output';
import { mustRun } from '#test/support/run';
import { withTempDir } from '#test/support/temp-dir';

const none = (): Output => assert.fail('the stream is not to be opened');

describe('descriptorOutput', () => {
  it('writes texts and bytes in order without opening the stream', async () => {
    await withTempDir(async (folder) => {
      const file = path.join(folder, 'out');
      const descriptor = openSync(file, 'w');
      const output = descriptorOutput(descriptor, none);
      output.write('é');
      await print(output, Uint8Array.of(10));
      await print(output, 'end');
      closeSync(descriptor);
      assert.equal(readFileSync(file, 'utf8'), 'é\nend');
    });
  });

  it('gives what a full pipe does not take to the stream, and all that follows', async () => {
    await withTempDir(async (folder) => {
      const pipe = path.join(folder, 'pipe');
      await mustRun('mkfifo', [pipe]);
      const reader = openSync(pipe, constants.O_RDONLY | constants.O_NONBLOCK);
      const writer = openSync(pipe, constants.O_WRONLY | constants.O_NONBLOCK);
      const waiting: Uint8Array[] = [];
      const stream: Output = {
        write(chunk, done) {
          waiting.push(Buffer.from(chunk));
          done?.();
        },
      };
      const output = descriptorOutput(writer, () => stream);
      const text = 'abcdefg\n'.repeat(64 * 1024);
      await print(output, text);
      const taken = Buffer.alloc(text.length);
      const length = readSync(reader, taken);
      await print(output, 'end');
      assert.ok(length > 0 && length < text.length);
      assert.equal(Buffer.concat([taken.subarray(0, length), ...waiting]).toString(), `${text}end`);
      closeSync(reader);
      closeSync(writer);
    });
  });

  it('reports a failure to who waits, and throws it where nobody does', async () => {
    await withTempDir(async (folder) => {
      const file = path.join(folder, 'in');
      writeFileSync(file, '');
      const descriptor = openSync(file, 'r');
      const output = descriptorOutput(descriptor, none);
      await assert.rejects(print(output, 'x'), { code: 'EBADF' });
      assert.throws(() => output.write('x'), { code: 'EBADF' });
      closeSync(descriptor);
    });
  });
});
