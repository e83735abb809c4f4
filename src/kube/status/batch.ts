// The rule for Jobs, which is Flux's: done when complete, not when started.
import { booleanAt, conditionsOf, intAt, type Inspected } from './fields.ts';
import { current, failed, inProgress, type HealthResult } from './result.ts';

export function job(object: Inspected): HealthResult {
  const parallelism = intAt(object, ['spec', 'parallelism'], 1);
  const completions = intAt(object, ['spec', 'completions'], parallelism);
  const succeeded = intAt(object, ['status', 'succeeded'], 0);
  const failures = intAt(object, ['status', 'failed'], 0);
  for (const { type, status } of conditionsOf(object)) {
    if (status !== 'True') continue;
    if (type === 'Complete') return current(`Job Completed. succeeded: ${succeeded}/${completions}`);
    if (type === 'Failed') return failed('JobFailed', `Job Failed. failed: ${failures}/${completions}`);
  }
  // A suspended Job will not move until somebody resumes it: waiting for it would never end.
  if (booleanAt(object, ['spec', 'suspend'], false)) return current('Job is suspended');
  return inProgress('JobInProgress', 'Job in progress');
}
