import { describe, expect, test } from 'vitest';
import { createAnalyst } from '../../../src/analyst/create-analyst.ts';
import type { PodsImpact } from '../../../src/domain/verdict/impact.ts';
import { impactWords } from '../../../src/domain/verdict/impact-words.ts';
import { createRedactor } from '../../../src/lib/redact/redact.ts';
import { requestFor, TestCluster } from '../cluster.ts';
import { amend } from '../rules/amend.ts';

const ofApp = {
  ownerReferences: [
    { apiVersion: 'apps/v1', kind: 'Deployment', name: 'app', uid: 'uid-Deployment-app', controller: true },
  ],
};

describe('QUA-4: nothing is said to serve that may not', () => {
  /** A rollout that stands still: the pods of the revision before are ready and have endpoints. */
  async function stuck(more: (cluster: TestCluster) => void, measured = false): Promise<PodsImpact> {
    const cluster = new TestCluster();
    cluster.running('ns', 'app', 'listening');
    cluster.service('ns', 'app');
    cluster.endpoints('ns', 'app', ['10.0.0.9']);
    const template = { spec: { containers: [{ name: 'app', image: 'registry.test/app:2' }] } };
    cluster.add('ReplicaSet', 'ns', 'app-new', {
      metadata: { ...ofApp, annotations: { 'deployment.kubernetes.io/revision': '2' } },
      spec: { replicas: 1, template },
      status: { replicas: 0 },
    });
    more(cluster);
    const analyst = createAnalyst({ readersFor: () => [cluster.reader()] });
    const request = requestFor('Deployment', 'ns', 'app');
    const fault = { faultType: 'HighErrorRate', resource: request.subject, context: '', measured };
    const asked = { ...request, faults: [fault] };
    const { findings } = analyst.analyse(
      asked,
      await analyst.collect(asked, createRedactor(), AbortSignal.timeout(20_000)),
    );
    if (findings.impact?.of !== 'pods') throw new Error('no pods');
    return findings.impact;
  }
  const nothing = (): void => {};

  test('the revision before serves while the new one does not start', async () => {
    const impact = await stuck(nothing);
    expect(impact).toMatchObject({ serves: true, ready: 1, pods: 1, revisions: { before: 1, newest: 0 } });
    expect(impactWords(impact)).toBe(
      'Still serves: 1 of 1 pod of Deployment ns/app is ready, of the revision before; of the new one none is.',
    );
  });

  test('but what an alert measures is not in the pods', async () => {
    expect((await stuck(nothing, true)).serves).toBeNull();
  });

  test('nor where somebody calls in vain, who is named', async () => {
    const impact = await stuck((it) =>
      it.crash('ns', 'web', { log: 'dial tcp: connect to app:80: connection refused' }),
    );
    expect(impact).toMatchObject({ serves: null, callers: ['Deployment ns/web'] });
    expect(impactWords(impact)).toMatch(/; calls of Deployment ns\/web to it fail\.$/);
  });

  test('nor where a Service has no endpoint', async () => {
    const impact = await stuck((it) => {
      it.service('ns', 'admin', { selector: { app: 'app' } });
      it.endpoints('ns', 'admin', []);
    });
    expect(impact).toMatchObject({ serves: null });
    expect(impactWords(impact)).toMatch(/; Service ns\/admin has no ready endpoint\.$/);
  });

  test('where the new revision is ready in part, both are counted', async () => {
    const impact = await stuck((it) => {
      amend(it, 'ReplicaSet', 'app-new', { spec: { replicas: 2 }, status: { readyReplicas: 1 } });
      amend(it, 'Deployment', 'app', { status: { readyReplicas: 2 } });
    });
    expect(impact).toMatchObject({ ready: 1, pods: 1, revisions: { before: 1, newest: 1 } });
    expect(impactWords(impact)).toMatch(/ is ready, 1 of the revision before and 1 of the new one\.$/);
  });

  test('several objects of one incident are counted together, without what runs to an end', async () => {
    const cluster = new TestCluster();
    cluster.deployment('ns', 'a', { ready: true, replicas: 2 });
    cluster.crash('ns', 'b', { log: 'boom' });
    cluster.add('Job', 'ns', 'once', { spec: {}, status: {} });
    const analyst = createAnalyst({ readersFor: () => [cluster.reader()] });
    const request = requestFor('Deployment', 'ns', 'a');
    const related = [
      { kind: 'Deployment', namespace: 'ns', name: 'b' },
      { kind: 'Job', namespace: 'ns', name: 'once' },
    ];
    const asked = { ...request, related };
    const evidence = await analyst.collect(asked, createRedactor(), AbortSignal.timeout(20_000));
    expect(analyst.analyse(asked, evidence).findings.impact).toMatchObject({ ready: 2, pods: 3, workload_count: 2 });
  });

  test('of an incident with more objects than are looked at the count is a lower bound', async () => {
    const cluster = new TestCluster();
    const names = Array.from({ length: 30 }, (_, at) => `app-${at}`);
    for (const name of names) {
      cluster.crash('ns', name, { log: 'boom' });
      cluster.service('ns', name);
      cluster.endpoints('ns', name, []);
    }
    const analyst = createAnalyst({ readersFor: () => [cluster.reader()] });
    const related = names.map((name) => ({ kind: 'Deployment', namespace: 'ns', name }));
    const asked = { ...requestFor('Deployment', 'ns', 'app-0'), related };
    const evidence = await analyst.collect(asked, createRedactor(), AbortSignal.timeout(20_000));
    const { impact } = analyst.analyse(asked, evidence).findings;
    expect(impact).toMatchObject({ pods: 20, at_least: true, serves: null });
    expect(impact && impactWords(impact)).toMatch(/^0 of at least 20 pods of at least 20 workloads are ready \(/);
  });

  test('a status that does not fit what was read of its revisions tells nothing of them', async () => {
    const impact = await stuck((it) => {
      it.objects.splice(
        it.objects.findIndex(({ kind }) => kind === 'ReplicaSet'),
        1,
      );
      it.add('ReplicaSet', 'ns', 'app-old', {
        metadata: { ...ofApp, annotations: { 'deployment.kubernetes.io/revision': '1' } },
        spec: { replicas: 1 },
        status: {},
      });
    });
    expect(impact).toMatchObject({ revisions: null, serves: null });
  });
});
