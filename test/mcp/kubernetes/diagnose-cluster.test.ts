import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { recordedState } from '../../../eval/recorded-state.ts';
import { loadRecordings, packedEnding } from '../../../eval/recording.ts';
import { recordingsDir } from '../../../eval/sets.ts';
import { createAnalyst } from '../../../src/analyst/create-analyst.ts';
import type { Analyst } from '../../../src/domain/ports.ts';
import { type ClusterReader, type KubeObject, ReadError } from '../../../src/kube/cluster-reader.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import type { KubernetesDeps } from '../../../src/mcp/kubernetes/deps.ts';
import { ago, container, now, object, ownedBy, pod, warning, wellPod } from '../../support/kube-objects.ts';
import { kubernetesTools } from '../../support/kubernetes-tools.ts';
import { ObjectsReader } from '../../support/objects-reader.ts';
import { loadRecording } from '../../support/recorded-cluster.ts';

interface Diagnosis {
  readonly score: number;
  readonly grade: string;
  readonly issues: readonly {
    readonly severity: string;
    readonly owner: { readonly kind: string; readonly name: string };
    readonly message: string;
    readonly evidence: readonly string[];
    readonly recommendation: string;
    readonly mechanism?: string;
    readonly [key: string]: unknown;
  }[];
  readonly checked: readonly string[];
  readonly not_checked: readonly string[];
  readonly [key: string]: unknown;
}

/** The built-in analyst over one reader, where it is called. */
function analystOver(reader: ClusterReader): KubernetesDeps['analyst'] {
  const local = createAnalyst({ readersFor: () => [reader] });
  return { collect: local.collect, analyse: (...asked) => Promise.resolve(local.analyse(...asked)) };
}

const recorded = (name: string): ClusterReader =>
  recordedState(loadRecordings(path.join(recordingsDir, `${name}${packedEnding}`))[0]!.dump);

const diagnose = (reader: ClusterReader, deps: Parameters<typeof kubernetesTools>[1] = {}, args: object = {}) =>
  kubernetesTools(reader, { now: () => now, ...deps })<Diagnosis>('diagnose_cluster', { ...args });

const healthy: readonly KubeObject[] = [
  object('Node', 'n1', { status: { conditions: [{ type: 'Ready', status: 'True' }] } }),
  object('Namespace', 'shop', { status: { phase: 'Active' } }),
  object('Deployment', 'cart', { spec: { replicas: 1 }, status: { replicas: 1, availableReplicas: 1 } }),
  wellPod('cart-1'),
  // An old crash is over, and a Job that has ended is well.
  wellPod('cart-2', { restartCount: 1, lastState: { terminated: { exitCode: 1, finishedAt: ago(3000) } } }),
  object('Job', 'nightly', { status: { succeeded: 1, conditions: [{ type: 'Complete', status: 'True' }] } }),
];

/** A pod of a Deployment whose container crashes again and again. */
function crashing(name: string, deployment: string, restartCount = 4): KubeObject {
  const last = { terminated: { exitCode: 1, reason: 'Error', finishedAt: ago(60) } };
  const containerStatuses = [container({ waiting: { reason: 'CrashLoopBackOff' } }, { restartCount, lastState: last })];
  const owner = ownedBy('ReplicaSet', `${deployment}-5d4f8b7c9d`, { labels: { 'pod-template-hash': '5d4f8b7c9d' } });
  return pod(name, { phase: 'Running', containerStatuses }, owner);
}

const unbound = object('PersistentVolumeClaim', 'data', {
  spec: { storageClassName: 'fast' },
  status: { phase: 'Lost' },
});

describe('K8S-4: the score', () => {
  test('of a healthy cluster is 100, whether it is one or was recorded', async () => {
    const given = await diagnose(new ObjectsReader(healthy));
    expect(given).toMatchObject({ score: 100, grade: 'A', issues: [], truncated: false, incidents: [] });
    expect(given.checked).toEqual(expect.arrayContaining(['nodes: 1', 'pods: 2', 'jobs: 1', 'warning events: 0']));
    const { now: end } = loadRecording('c01-all-healthy');
    const shop = await diagnose(recorded('c01-all-healthy'), { now: () => end }, { namespace: 'shop' });
    expect(shop).toMatchObject({ score: 100, issues: [] });
  });

  test('costs once for each root owner, by the worst of it', async () => {
    const objects = [crashing('a-1', 'a'), crashing('a-2', 'a'), crashing('b-1', 'b'), unbound];
    const given = await diagnose(new ObjectsReader([...healthy, ...objects]));
    expect(given).toMatchObject({ score: 40, grade: 'F', counts: { critical: 2, warning: 1, info: 0 } });
    expect(given.issues.map(({ severity, owner }) => `${severity} ${owner.kind}/${owner.name}`)).toEqual([
      'critical Deployment/a',
      'critical Deployment/b',
      'warning PersistentVolumeClaim/data',
    ]);
    expect(given.issues[0]).toMatchObject({
      category: 'workload',
      resource: { kind: 'Pod', namespace: 'shop', name: 'a-1' },
      message: expect.stringContaining('CrashLoopBackOff'),
      recommendation: expect.stringContaining('get_pod_logs'),
    });
  });

  test('is equal for an equal state, in whatever order it comes', async () => {
    const objects = [
      ...healthy,
      unbound,
      ...[1, 2, 3].flatMap((at) => [crashing(`x-${at}`, 'x'), crashing(`y-${at}`, `y${at}`)]),
    ];
    const first = await diagnose(new ObjectsReader(objects));
    const backwards = new ObjectsReader(objects);
    const list = backwards.list.bind(backwards);
    backwards.list = async (...asked) => {
      const answer = await list(...asked);
      return { ...answer, items: answer.items.toReversed() };
    };
    const { checked: _, ...second } = await diagnose(backwards);
    const { checked: __, ...same } = first;
    expect(second).toEqual(same);
    expect(first.score).toBe(0);
  });
});

describe('K8S-4: a cluster of which nothing could be read', () => {
  const failing = (code: 'unreachable' | 'forbidden'): ObjectsReader => {
    const reader = new ObjectsReader(healthy);
    reader.list = () => Promise.reject(new ReadError(code, 'no list'));
    return reader;
  };

  test('has no score: the failure is the answer', async () => {
    await expect(diagnose(failing('unreachable'))).rejects.toMatchObject({ failure: 'unreachable' });
    await expect(diagnose(failing('forbidden'), {}, { namespace: 'shop' })).rejects.toMatchObject({
      failure: 'forbidden',
    });
  });

  test('is told from one of which something could', async () => {
    const reader = new ObjectsReader(healthy);
    const list = reader.list.bind(reader);
    reader.list = (apiVersion, kind, ...rest) =>
      kind === 'Pod'
        ? list.call(reader, apiVersion, kind, ...rest)
        : Promise.reject(new ReadError('forbidden', 'no list'));
    expect(await diagnose(reader)).toMatchObject({ score: 100, checked: ['pods: 2'] });
  });
});

describe('what the analyst finds', () => {
  test('cause, mechanism, evidence and what to do, of a recorded fault', async () => {
    const { now: end } = loadRecording('001-missing-env');
    const reader = recorded('001-missing-env');
    const given = await diagnose(reader, { now: () => end, analyst: analystOver(reader) });
    expect(given.issues[0]).toMatchObject({
      severity: 'critical',
      mechanism: 'missing_env',
      cause: { kind: 'Deployment', confidence: 'high' },
    });
    const [issue] = given.issues;
    expect(issue!.evidence.some((text) => /required|not set|undefined/i.test(text))).toBe(true);
    expect(issue!.recommendation).toContain('--context c1');
    expect(given.checked.at(-1)).toMatch(/^causes of \d+ root owners?$/);
  });

  test('of the worst alone; of the others it is said that nobody looked', async () => {
    const objects = Array.from({ length: 8 }, (_, at) => crashing(`p-${at}`, `d${at}`));
    const asked: string[] = [];
    const analyst: KubernetesDeps['analyst'] = {
      collect: async ({ subject }) => {
        asked.push(subject.name);
        return { files: [], missing: [], apiCalls: 0 };
      },
      analyse: async () => ({ verdict: noFault }) as unknown as Awaited<ReturnType<Analyst['analyse']>>,
    };
    const given = await diagnose(new ObjectsReader(objects), { analyst }, { max_issues: 2 });
    expect(asked).toEqual(['d0', 'd1', 'd2', 'd3', 'd4']);
    expect(given).toMatchObject({ truncated: true, counts: { critical: 8 } });
    expect(given.issues).toHaveLength(2);
    expect(given.issues[0]!.message).toContain('Looked into: it runs again');
    expect(given.issues[0]).not.toHaveProperty('mechanism');
    expect(given.not_checked).toContain('causes of 3 further root owners: only those of the worst are looked for');
  });

  test('one that fails or takes too long costs its cause and nothing else', async () => {
    let monotonic = 0;
    const analyst: KubernetesDeps['analyst'] = {
      collect: async ({ subject }) => {
        monotonic += 50_000;
        if (subject.name === 'd0') throw new Error('no disk');
        return { files: [], missing: [], apiCalls: 0 };
      },
      analyse: async () => ({ verdict: noFault }) as unknown as Awaited<ReturnType<Analyst['analyse']>>,
    };
    const objects = Array.from({ length: 3 }, (_, at) => crashing(`p-${at}`, `d${at}`));
    const clock = { ...systemClock, now: () => now, monotonic: () => monotonic };
    const given = await kubernetesTools(new ObjectsReader(objects), { analyst, clock })<Diagnosis>('diagnose_cluster');
    expect(given.issues).toHaveLength(3);
    expect(given.not_checked).toEqual(
      expect.arrayContaining([
        expect.stringContaining('cause of CrashLoop · shop/d0 (Deployment): no disk'),
        'causes of 1 root owners: the others took all the time there was',
      ]),
    );
  });
});

const noFault = {
  version: 1,
  is_fault: false,
  summary: 'it runs again',
  causes: [],
  victims: [],
  missing: [],
  remediation: [],
};

describe('what is said beside the issues', () => {
  test('what was not looked at', async () => {
    const reader = new ObjectsReader([...healthy, crashing('a-1', 'a')]);
    reader.forbidden.add('Node').add('Ingress');
    const { not_checked: missing } = await diagnose(reader);
    expect(missing).toEqual([
      expect.stringMatching(/^Node list \(forbidden\)/),
      expect.stringMatching(/^Ingress list \(forbidden\)/),
      'causes: no analyst runs here',
      expect.stringContaining('latency'),
    ]);
  });

  test('of one namespace, only what is in it', async () => {
    const elsewhere = { ...unbound, metadata: { ...unbound.metadata, namespace: 'pay', uid: 'pay' } };
    const down = object('Node', 'n2', { status: { conditions: [{ type: 'Ready', status: 'False' }] } });
    const given = await diagnose(new ObjectsReader([...healthy, unbound, elsewhere, down]), {}, { namespace: 'shop' });
    expect(given.issues.map(({ owner }) => owner)).toEqual([
      { kind: 'PersistentVolumeClaim', namespace: 'shop', name: 'data' },
    ]);
    expect(given.not_checked[0]).toContain('what has no namespace, such as nodes');
  });

  test('events are evidence as far back as is asked for', async () => {
    const crash = crashing('a-1', 'a');
    const backOff = warning('BackOff', crash, 'Back-off restarting', { lastTimestamp: ago(1200) });
    const reader = new ObjectsReader([crash, backOff]);
    const evidence = async (since: string) => (await diagnose(reader, {}, { since })).issues[0]!.evidence.join('\n');
    expect(await evidence('1h')).toContain('event BackOff (5): Back-off restarting');
    expect(await evidence('5m')).not.toContain('event BackOff');
  });

  test('incidents that have not ended; when they cannot be read, that', async () => {
    const incident = {
      id: 'inc_1',
      title: 'CrashLoop · shop/a (Deployment)',
      status: 'open',
      severity: 'critical',
    } as const;
    const given = await diagnose(new ObjectsReader(healthy), { openIncidents: () => Promise.resolve([incident]) });
    expect(given).toMatchObject({ incidents: [incident] });
    const failing = { openIncidents: () => Promise.reject(new Error('the store is closed')) };
    const { not_checked: missing } = await diagnose(new ObjectsReader(healthy), failing);
    expect(missing).toContain('incidents of the cluster: the store is closed');
  });

  test('owners are read where nothing that was listed tells, and guessed where they cannot be', async () => {
    const replicaSet = object('ReplicaSet', 'a-5d4f8b7c9d', ownedBy('Rollout', 'a'));
    const reader = new ObjectsReader([crashing('a-1', 'a'), replicaSet]);
    expect((await diagnose(reader)).issues[0]!.owner).toMatchObject({ kind: 'Rollout', name: 'a' });
    reader.forbidden.add('ReplicaSet');
    expect((await diagnose(reader)).issues[0]!.owner).toMatchObject({ kind: 'Deployment', name: 'a' });
  });
});
