// Skipping with a reason, which the reporter prints beside the count.
import { appendFileSync } from 'node:fs';
import process from 'node:process';

/** The environment variable that names the file of reasons (one JSON text a line). */
export const skipFileVariable = 'SLUICE_TEST_SKIP_FILE';

/** Skips the test, or from a `before` hook the whole group. */
export function skip(context: Mocha.Context, reason: string): never {
  const file = process.env[skipFileVariable];
  const group = context.test?.parent?.titlePath().join(' ') ?? '';
  if (file !== undefined) appendFileSync(file, `${JSON.stringify({ group, reason })}\n`);
  return context.skip();
}
