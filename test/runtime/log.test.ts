// Logs: one JSON object a line, with the keys Flux's logs have.
import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { jsonLogger, silentLogger, type LogLevel, type Logger } from '#runtime/log';

async function lines(level: LogLevel, write: (log: Logger) => void): Promise<Record<string, unknown>[]> {
  const stream = new PassThrough();
  write(jsonLogger(stream, level));
  stream.end();
  const written = await text(stream);
  return written
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

function logAtEachLevel(log: Logger): void {
  for (const level of ['trace', 'debug', 'info', 'error'] as const) log[level]({}, level);
}

async function shown(level: LogLevel): Promise<unknown[]> {
  return (await lines(level, logAtEachLevel)).map(({ msg }) => msg);
}

describe('jsonLogger', () => {
  it('writes level, ts, the fields and msg', async () => {
    const [line] = await lines('info', (log) =>
      log.child({ controller: 'gitrepository', namespace: 'ns', name: 'a' }).info({ revision: 'r' }, 'it is "so"\n'),
    );
    assert.deepEqual(Object.keys(line ?? {}), ['level', 'ts', 'controller', 'namespace', 'name', 'revision', 'msg']);
    assert.equal(line?.['level'], 'info');
    assert.equal(line['msg'], 'it is "so"\n');
    assert.match(String(line['ts']), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  });

  it('leaves out what is below its level', async () => {
    assert.deepEqual(await shown('trace'), ['trace', 'debug', 'info', 'error']);
    assert.deepEqual(await shown('info'), ['info', 'error']);
    assert.deepEqual(await shown('error'), ['error']);
  });

  it('can be silent', () => {
    assert.equal(silentLogger.child({}).info({}, 'nothing'), undefined);
  });
});
