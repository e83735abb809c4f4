// Rules for any kind: deletion, observed generation, and the Reconciling, Stalled and Ready conditions.
import { conditionsOf, intAt, type Inspected } from './fields.ts';
import { current, failed, inProgress, type HealthResult } from './result.ts';

/** What holds before the kind is looked at; undefined leaves the decision to the kind's rule. */
export function generic(object: Inspected): HealthResult | undefined {
  if (object.metadata.deletionTimestamp) {
    return { status: 'Terminating', message: 'Resource scheduled for deletion' };
  }
  const generation = intAt(object, ['metadata', 'generation'], Number.NaN);
  const observed = intAt(object, ['status', 'observedGeneration'], Number.NaN);
  // Either may be missing, as most kinds have no observedGeneration: NaN differs from everything, so ask for both.
  if (!Number.isNaN(generation) && !Number.isNaN(observed) && generation !== observed) {
    return inProgress(
      'LatestGenerationNotObserved',
      `${object.kind ?? ''} generation is ${generation}, but latest observed generation is ${observed}`,
    );
  }
  for (const { type, status, reason, message } of conditionsOf(object)) {
    if (status !== 'True') continue;
    if (type === 'Reconciling') return inProgress(reason, message);
    if (type === 'Stalled') return failed(reason, message);
  }
  return undefined;
}

/** The last word on kinds without a rule: their Ready condition, else they are taken to be done. */
export function byReadyCondition(object: Inspected): HealthResult {
  for (const { type, status, reason, message } of conditionsOf(object)) {
    if (type !== 'Ready') continue;
    if (status === 'True') return current('Resource is Ready');
    if (status === 'False' || status === 'Unknown') return inProgress(reason, message);
  }
  return current('Resource is current');
}
