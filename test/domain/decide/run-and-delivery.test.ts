import { expect, test } from 'vitest';
import {
  endDelivery,
  incidentDelivery,
  noticeDelivery,
  recoverDelivery,
  startDelivery,
  supersedeDelivery,
} from '../../../src/domain/decide/delivery.ts';
import {
  cancelRun,
  endRun,
  isUnstarted,
  queueRun,
  requeueRun,
  startRun,
  withSeverity,
} from '../../../src/domain/decide/run.ts';
import { runResult } from '../../storage/store-fixture.ts';
import { startOfTime as at } from '../../support/signals.ts';

const incident = { id: 'inc_1', cluster: 'prod', severity: 'warning', status: 'open', seq: 3 } as const;
const queued = queueRun('run_1', incident, 'fault', at, at + 3000);
const pending = incidentDelivery('dlv_1', 'slack', incident, false, at);
const sending = startDelivery(pending);

test('TRI-1: a run goes from queued to its end, and each step is refused out of order', () => {
  const running = startRun(queued, at + 1);
  expect(running).toMatchObject({ status: 'running', startedAt: at + 1, attempt: 1 });
  expect(endRun(running, runResult(), at + 2)).toMatchObject({ status: 'succeeded', endedAt: at + 2 });
  expect(endRun(running, runResult({ outcome: 'failed' }), at + 2).status).toBe('failed');
  expect(() => startRun(running, at)).toThrow('run run_1 is running, not queued');
  expect(() => endRun(queued, runResult(), at)).toThrow('not running');
  expect(() => cancelRun(running, at)).toThrow('not queued');
  expect(cancelRun(queued, at + 1)).toMatchObject({ status: 'cancelled', endedAt: at + 1 });
});

test('TRI-1: a run that was interrupted waits again and counts its attempts', () => {
  const back = requeueRun(startRun(queued, at + 1), at + 2);
  expect(back).toMatchObject({ status: 'queued', attempt: 2, notBefore: at + 2, startedAt: null });
  expect(isUnstarted(queued)).toBe(true);
  expect(isUnstarted(back)).toBe(false);
  expect(isUnstarted(queueRun('r', incident, 'manual', at, at))).toBe(false);
  expect(isUnstarted(queueRun('r', incident, 'new_evidence', at, at))).toBe(false);
  expect(withSeverity(queued, 'critical').severity).toBe('critical');
});

test('NOT-3: a message is pending, sending, then sent, dead or tried again', () => {
  expect(pending).toMatchObject({ status: 'pending', state: 'open', seq: 3, incidentId: 'inc_1', notBefore: at });
  expect(sending).toMatchObject({ status: 'sending', attempts: 1 });
  expect(endDelivery(sending, { kind: 'sent', post: null }, false, at + 1)).toMatchObject({
    status: 'sent',
    sentAt: at + 1,
  });
  expect(endDelivery(sending, { kind: 'dead', error: 'x' }, false, at)).toMatchObject({ status: 'dead', error: 'x' });
  const retry = { kind: 'retry', notBefore: at + 9, error: '429' } as const;
  expect(endDelivery(sending, retry, false, at)).toMatchObject({
    status: 'pending',
    notBefore: at + 9,
    uncertain: false,
  });
  expect(() => startDelivery(sending)).toThrow('not pending');
  expect(() => endDelivery(pending, retry, false, at)).toThrow('not sending');
});

test('NOT-3: one that is to be tried again gives way to a newer one; doubt is kept', () => {
  const retry = { kind: 'retry', notBefore: at + 9, error: 'cut off', uncertain: true } as const;
  expect(endDelivery(sending, retry, true, at)).toMatchObject({ status: 'superseded', uncertain: true });
  expect(endDelivery(sending, retry, false, at)).toMatchObject({ status: 'pending', uncertain: true });
  expect(recoverDelivery(sending, false, at + 5)).toMatchObject({
    status: 'pending',
    uncertain: true,
    notBefore: at + 5,
  });
  expect(recoverDelivery(sending, true, at + 5)).toMatchObject({ status: 'superseded', uncertain: true });
  expect(supersedeDelivery(pending).status).toBe('superseded');
});

test('NOT-6: a notice is a message about itself', () => {
  const notice = { key: 'k', clusters: ['a'], since: at, until: null, incidents: 0, detail: '' };
  expect(noticeDelivery('dlv_2', 'console', 'clusters_dark', notice, at)).toMatchObject({
    kind: 'clusters_dark',
    state: 'clusters_dark',
    incidentId: null,
    notice,
  });
});
