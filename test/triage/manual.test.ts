import { describe, expect, test } from 'vitest';
import type { KubeObject } from '../../src/kube/cluster-reader.ts';
import { kindNamed } from '../../src/kube/kinds.ts';
import { OwnerLookup } from '../../src/kube/owner.ts';
import { ProblemError } from '../../src/lib/problem.ts';
import type { ManualRequest } from '../../src/domain/state-store.ts';
import { createManualTriage, type ManualTriageRequest } from '../../src/triage/manual.ts';
import { FakeRunStore } from '../support/fake-run-store.ts';
import { ObjectsReader } from '../support/objects-reader.ts';

const now = Date.UTC(2026, 10, 20, 9, 0, 0);

const pod: KubeObject = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: {
    name: 'cart-6d9c-x2v7p',
    namespace: 'shop',
    uid: 'uid-pod',
    creationTimestamp: '2026-11-20T08:00:00Z',
    ownerReferences: [
      { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'cart-6d9c', uid: 'uid-rs', controller: true },
    ],
  },
  spec: { nodeName: 'n1', containers: [{ name: 'cart', image: 'cart:1' }] },
  status: {
    phase: 'Running',
    containerStatuses: [
      {
        name: 'cart',
        image: 'cart:1',
        ready: false,
        restartCount: 7,
        state: { waiting: { reason: 'CrashLoopBackOff', message: 'back-off 5m0s restarting failed container' } },
        lastState: { terminated: { exitCode: 1, reason: 'Error', finishedAt: '2026-11-20T08:58:00Z' } },
      },
    ],
  },
};
const replicaSet: KubeObject = {
  apiVersion: 'apps/v1',
  kind: 'ReplicaSet',
  metadata: {
    name: 'cart-6d9c',
    namespace: 'shop',
    uid: 'uid-rs',
    ownerReferences: [{ apiVersion: 'apps/v1', kind: 'Deployment', name: 'cart', uid: 'uid-d', controller: true }],
  },
};
const deployment: KubeObject = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'cart', namespace: 'shop', uid: 'uid-d' },
  spec: { replicas: 1 },
  status: { replicas: 1, readyReplicas: 1, availableReplicas: 1, updatedReplicas: 1 },
};
const node: KubeObject = { apiVersion: 'v1', kind: 'Node', metadata: { name: 'n1', uid: 'uid-n' }, status: {} };

class Bench {
  readonly store = new FakeRunStore();
  readonly reader = new ObjectsReader([pod, replicaSet, deployment, node]);
  triageConfigured = true;
  request: ManualRequest | null = null;

  triage(request: Partial<ManualTriageRequest>, signal = new AbortController().signal) {
    const manual = createManualTriage({
      store: {
        triageByHand: (asked, at) => {
          this.request = asked;
          return this.store.triageByHand(asked, at);
        },
      },
      cluster: (name) =>
        name === 'prod'
          ? {
              reader: this.reader,
              serverCluster: 'prod-server',
              triageConfigured: this.triageConfigured,
              policy: {
                environment: 'production',
                labels: {},
                severityThreshold: 'critical',
                triageEnabled: true,
                triageDisabledReason: null,
              },
              owners: new OwnerLookup(this.reader),
            }
          : null,
      now: () => now,
    });
    return manual({ cluster: 'prod', kind: 'pod', namespace: 'shop', name: 'cart-6d9c-x2v7p', ...request }, signal);
  }

  async code(request: Partial<ManualTriageRequest>): Promise<string> {
    const error: unknown = await this.triage(request).catch((thrown: unknown) => thrown);
    if (!(error instanceof ProblemError)) throw new Error('expected a ProblemError');
    if (error.fix.includes('{')) throw new Error(`placeholder left in: ${error.fix}`);
    return error.code;
  }
}

describe('INT-7: triage by hand', () => {
  test('takes the fault that the object shows, with its root owner and node, whatever the threshold', async () => {
    const bench = new Bench();
    const { run, incident } = await bench.triage({});
    expect(run).toMatchObject({ trigger: 'manual', status: 'queued' });
    expect(incident.cluster).toBe('prod');
    expect(bench.request).toMatchObject({
      signal: { source: 'manual', faultType: 'CrashLoop', container: 'cart', cluster: 'prod' },
      owner: { kind: 'Deployment', namespace: 'shop', name: 'cart', certain: true },
      node: 'n1',
    });
  });

  test('opens the fault Manual for an object that shows none', async () => {
    const bench = new Bench();
    await bench.triage({ kind: 'DEPLOY', name: 'cart' });
    expect(bench.request?.signal).toMatchObject({ faultType: 'Manual', severity: 'info', container: '', at: now });
    expect(bench.request?.signal.resource).toEqual({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      namespace: 'shop',
      name: 'cart',
      uid: 'uid-d',
    });
    expect(bench.request?.signal.faultId).toMatch(/^[0-9a-f]{16}$/);
  });

  test('the same object asked for twice is the same fault', async () => {
    const bench = new Bench();
    await bench.triage({ kind: 'Deployment', name: 'cart' });
    const first = bench.request?.signal.faultId;
    await bench.triage({ kind: 'deployments', name: 'cart' });
    expect(bench.request?.signal.faultId).toBe(first);
  });

  test('reads objects of the whole cluster without a namespace', async () => {
    const bench = new Bench();
    await bench.triage({ kind: 'node', namespace: null, name: 'n1' });
    expect(bench.reader.calls[0]).toBe('get Node /n1');
    expect(bench.request?.owner).toMatchObject({ kind: 'Node', name: 'n1' });
  });

  test('goes on when what is around the object cannot be read', async () => {
    const bench = new Bench();
    bench.reader.forbidden.add('Event').add('ReplicaSet');
    await bench.triage({});
    expect(bench.request?.signal.faultType).toBe('CrashLoop');
    expect(bench.request?.owner.certain).toBe(false);
  });

  test('says what is wrong with the request', async () => {
    const bench = new Bench();
    expect(await bench.code({ cluster: 'nowhere' })).toBe('NC-TRIAGE-006');
    expect(await bench.code({ kind: 'Unicorn' })).toBe('NC-TRIAGE-007');
    expect(await bench.code({ namespace: null })).toBe('NC-TRIAGE-007');
    expect(await bench.code({ name: 'gone' })).toBe('NC-TRIAGE-005');
    bench.reader.forbidden.add('Pod');
    expect(await bench.code({})).toBe('NC-TRIAGE-009');
    bench.triageConfigured = false;
    expect(await bench.code({})).toBe('NC-TRIAGE-008');
    expect(bench.request).toBeNull();
  });

  test('a name with controls is shown without them', async () => {
    const bench = new Bench();
    const error: unknown = await bench.triage({ name: 'a\u001b[31m\nb' }).catch((thrown: unknown) => thrown);
    expect(String(error)).not.toMatch(/[\u0000-\u001f]/);
  });

  test('an abort opens nothing', async () => {
    const bench = new Bench();
    const stop = new AbortController();
    stop.abort(new Error('stopped'));
    await expect(bench.triage({}, stop.signal)).rejects.toThrow('stopped');
    expect(bench.request).toBeNull();
  });
});

test('INT-7: kinds are known by name, plural and short name, without regard to case', () => {
  for (const name of ['Pod', 'POD', 'pods', 'po']) expect(kindNamed(name)?.kind).toBe('Pod');
  expect(kindNamed('sts')).toMatchObject({ apiVersion: 'apps/v1', kind: 'StatefulSet', namespaced: true });
  expect(kindNamed('node')?.namespaced).toBe(false);
  expect(kindNamed('constructor')).toBeNull();
});
