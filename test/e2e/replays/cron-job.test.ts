import { describe, expect, test } from 'vitest';
import { faultId, type FaultSignal } from '../../../src/domain/fault.ts';
import type { KubeObject } from '../../../src/kube/cluster-reader.ts';
import { object, pod } from '../../support/kube-objects.ts';
import { Replay } from '../../support/replay.ts';

const minute = 60_000;
const iso = (ms: number): string => new Date(ms).toISOString();
const owned = (kind: string, name: string) => [
  { apiVersion: 'batch/v1', kind, name, uid: `uid-${kind}-${name}`, controller: true },
];
const batch = { apiVersion: 'batch/v1' };

const cronJob = (status: object = {}): KubeObject => object('CronJob', 'sync', { ...batch, spec: {}, status });

/** The Job of a minute, which has failed, and its pod. */
function failedRun(at: number): { job: KubeObject; pod: KubeObject } {
  const name = `sync-${Math.floor(at / minute)}`;
  const failed = { type: 'Failed', status: 'True', reason: 'BackoffLimitExceeded', lastTransitionTime: iso(at) };
  const job = object('Job', name, {
    ...batch,
    metadata: { ownerReferences: owned('CronJob', 'sync'), creationTimestamp: iso(at - 20_000) },
    status: { failed: 1, startTime: iso(at - 20_000), conditions: [failed] },
  });
  const terminated = { exitCode: 1, reason: 'Error', finishedAt: iso(at) };
  const ended = pod(
    `${name}-x7k2p`,
    {
      phase: 'Failed',
      startTime: iso(at - 20_000),
      containerStatuses: [{ name: 'app', restartCount: 0, state: { terminated } }],
    },
    { metadata: { ownerReferences: owned('Job', name), creationTimestamp: iso(at - 20_000) } },
  );
  return { job, pod: ended };
}

/** What the push server says of them. */
function pushed(run: ReturnType<typeof failedRun>, at: number): FaultSignal[] {
  const told = (
    subject: KubeObject,
    faultType: string,
    severity: FaultSignal['severity'],
    container: string,
  ): FaultSignal => {
    const { name, namespace = null, uid = '' } = subject.metadata;
    const resource = { apiVersion: subject.apiVersion, kind: subject.kind, namespace, name, uid };
    const id = faultId('', faultType, uid, container);
    return {
      cluster: 'prod',
      source: 'push',
      faultId: id,
      faultType,
      severity,
      resource,
      container,
      context: '',
      at,
      since: null,
      family: null,
    };
  };
  return [told(run.pod, 'PodCrash', 'warning', 'app'), told(run.job, 'JobFailure', 'critical', '')];
}

describe('INT-5, INT-9: a CronJob that fails every minute is one incident that counts', () => {
  test('for a day, each failure pushed and found', async () => {
    const replay = await Replay.start();
    replay.show([cronJob()]);
    await replay.pass(minute);
    for (let failures = 0; failures < 1440; failures += 1) {
      const run = failedRun(replay.clock.now());
      // `failedJobsHistoryLimit: 1`: the Job before goes when this one has failed.
      replay.show([cronJob(), run.job, run.pod]);
      await replay.push(pushed(run, replay.clock.now()));
      await replay.pass(minute);
    }
    const { incidents, channelPosts, outcomes, open } = await replay.row();
    expect({ incidents, channelPosts, open: open < 10 }).toEqual({ incidents: 1, channelPosts: 1, open: true });
    expect(outcomes['opened']).toBe(1);
    expect((outcomes['merged'] ?? 0) + (outcomes['repeated'] ?? 0) + (outcomes['self_resolved'] ?? 0)).toBeGreaterThan(
      2800,
    );
    const [only] = (await replay.store.incidents({ limit: 2 })).items;
    expect(only?.incident).toMatchObject({ status: 'reported', reopened: 0, owner: { kind: 'CronJob', name: 'sync' } });
    expect((await replay.store.activeFaults('prod')).length).toBeLessThan(10);
  }, 600_000);

  test('its Jobs are cleaned up at once: it stands until one succeeds, and is resolved then', async () => {
    const replay = await Replay.start();
    for (let failures = 0; failures < 12; failures += 1) {
      const run = failedRun(replay.clock.now());
      replay.show([cronJob(), run.job]);
      await replay.pass(20_000);
      replay.show([cronJob()]);
      for (let rest = 0; rest < 10; rest += 1) await replay.pass(4 * minute);
    }
    expect(await replay.row()).toMatchObject({
      incidents: 1,
      channelPosts: 1,
      open: 0,
      outcomes: { opened: 1, merged: 11 },
    });
    expect((await replay.store.incidents({ limit: 1 })).items[0]?.incident).toMatchObject({
      status: 'reported',
      reopened: 0,
    });
    replay.show([cronJob({ lastSuccessfulTime: iso(replay.clock.now()) })]);
    for (let rest = 0; rest < 3; rest += 1) await replay.pass(2 * minute);
    expect((await replay.store.incidents({ limit: 1 })).items[0]?.incident.status).toBe('resolved');
  }, 120_000);
});
