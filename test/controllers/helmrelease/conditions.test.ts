// Ready of a HelmRelease follows from what was released, tested and remediated; requests count once.
import assert from 'node:assert/strict';
import { passGate, setReady, summarize } from '#controllers/helmrelease/conditions';
import type { HelmReleaseDraft } from '#controllers/helmrelease/helmrelease';
import { takeForceRequest, takeResetRequest } from '#controllers/helmrelease/requests';
import { getCondition } from '#runtime/conditions';

const now = Date.UTC(2026, 0, 1);

/** Conditions as `Type Status generation`. */
function object(spec: object, conditions: readonly string[] = [], status: object = {}): HelmReleaseDraft {
  return {
    apiVersion: '',
    kind: 'HelmRelease',
    metadata: { name: 'x', namespace: 'ns', generation: 2 },
    spec: { interval: '1h', ...spec },
    status: {
      conditions: conditions.map((text) => {
        const [type = '', value = '', generation = '2'] = text.split(' ');
        return {
          type,
          status: value as 'True',
          reason: `${type}Reason`,
          message: `${type} message`,
          lastTransitionTime: '2026-01-01T00:00:00Z',
          observedGeneration: Number(generation),
        };
      }),
      ...status,
    },
  };
}

const tested = { test: { enable: true } };

describe('Ready of a HelmRelease', () => {
  for (const { title, spec = {}, conditions, want } of [
    { title: 'nothing released', conditions: [], want: undefined },
    { title: 'released', conditions: ['Released True'], want: 'True ReleasedReason' },
    { title: 'failed', conditions: ['Released False'], want: 'False ReleasedReason' },
    { title: 'remediated', conditions: ['Released False', 'Remediated True'], want: 'False RemediatedReason' },
    { title: 'remediation failed', conditions: ['Released False', 'Remediated False'], want: 'False RemediatedReason' },
    {
      title: 'released anew after an older remediation',
      conditions: ['Released True 2', 'Remediated True 1'],
      want: 'True ReleasedReason',
    },
    {
      title: 'tested',
      spec: tested,
      conditions: ['Released True', 'TestSuccess True'],
      want: 'True TestSuccessReason',
    },
    {
      title: 'test failed',
      spec: tested,
      conditions: ['Released True', 'TestSuccess False'],
      want: 'False TestSuccessReason',
    },
    {
      title: 'awaiting its test',
      spec: tested,
      conditions: ['Released True', 'TestSuccess Unknown'],
      want: 'Unknown TestSuccessReason',
    },
    {
      title: 'test that does not count',
      spec: { test: { enable: true, ignoreFailures: true } },
      conditions: ['Released True', 'TestSuccess False'],
      want: 'True ReleasedReason',
    },
    {
      title: 'released anew after an older test',
      spec: tested,
      conditions: ['Released True 2', 'TestSuccess False 1'],
      want: 'True ReleasedReason',
    },
    {
      title: 'remediated after a failed test',
      spec: tested,
      conditions: ['Released True', 'Remediated True', 'TestSuccess False'],
      want: 'False RemediatedReason',
    },
  ]) {
    it(title, () => {
      const draft = object(spec, conditions);
      summarize(draft, now);
      const ready = getCondition(draft, 'Ready');
      assert.equal(ready && `${ready.status} ${ready.reason}`, want);
      if (ready !== undefined) assert.equal(ready.observedGeneration, 2);
    });
  }

  it('forgets a test nobody asks for any more, and a stall that is over', () => {
    const draft = object({}, ['Stalled True', 'Released True', 'TestSuccess False']);
    summarize(draft, now);
    assert.equal(getCondition(draft, 'TestSuccess'), undefined);
    assert.equal(getCondition(draft, 'Stalled'), undefined);
  });

  it('is unknown again once what it was False of is over', () => {
    const draft = object({}, ['Ready False']);
    passGate(draft, ['ValuesError'], now);
    assert.equal(getCondition(draft, 'Ready')!.status, 'False');
    setReady(draft, 'False', 'ValuesError', 'no values', now);
    passGate(draft, ['ArtifactFailed', 'ValuesError'], now);
    const { status, message } = getCondition(draft, 'Ready')!;
    assert.deepEqual([status, message], ['Unknown', 'reconciliation in progress']);
  });
});

function annotated(annotations: Record<string, string>, status: object = {}): HelmReleaseDraft {
  const draft = object({}, [], status);
  draft.metadata.annotations = annotations;
  return draft;
}

describe('requests by annotation', () => {
  const [at, force, reset] = ['requestedAt', 'forceAt', 'resetAt'].map((name) => `reconcile.fluxcd.io/${name}`) as [
    string,
    string,
    string,
  ];

  it('count together with a request of the same token, once', () => {
    const draft = annotated({ [at]: '1', [force]: '1' });
    assert.equal(takeForceRequest(draft), true);
    assert.equal(takeForceRequest(draft), false);
    assert.equal(draft.status!.lastHandledForceAt, '1');
    assert.equal(takeResetRequest(annotated({ [at]: '1', [reset]: '1' })), true);
  });

  it('are used up when they come to nothing', () => {
    const other = annotated({ [at]: '2', [force]: '1' });
    assert.equal(takeForceRequest(other), false);
    assert.equal(other.status!.lastHandledForceAt, '1');
    assert.equal(takeForceRequest(annotated({ [force]: '1' })), false);
    assert.equal(takeForceRequest(annotated({ [at]: '1', [force]: '1' }, { lastHandledReconcileAt: '1' })), false);
  });
});
