import { expect, test } from 'vitest';
import { createAnalyst } from '../../src/analyst/create-analyst.ts';
import type { ClusterReader } from '../../src/kube/cluster-reader.ts';
import { requestFor, TestCluster } from './cluster.ts';
import { createRedactor } from '../../src/lib/redact/redact.ts';

/** 5,000 pods of 500 Deployments and 20,000 events in `namespaces` namespaces, and one Deployment that crashes. */
function largeCluster(namespaces: number): TestCluster {
  const cluster = new TestCluster();
  for (let n = 0; n < 10; n += 1) cluster.node(`n${n}`);
  for (let d = 0; d < 500; d += 1) {
    const namespace = `ns${d % namespaces}`;
    cluster.running(namespace, `app${d}`, 'INFO ok\n'.repeat(100));
    const pod = cluster.objects.at(-1)!;
    for (let p = 1; p < 10; p += 1) {
      cluster.objects.push({ ...pod, metadata: { ...pod.metadata, name: `${pod.metadata.name}${p}` } });
    }
  }
  for (let e = 0; e < 20_000; e += 1) {
    cluster.event('Pod', `ns${e % namespaces}`, `app${e % 500}-5d8f-abcde`, 'BackOff', `Back-off ${e}`);
  }
  cluster.crash('ns0', 'bad', { log: 'FATAL required setting REDIS_URL is not set' });
  return cluster;
}

test.each([50, 1])(
  'QUA-1: 5,000 pods in %i namespaces: at most 60 requests and 5 s, the right cause',
  async (namespaces) => {
    const cluster = largeCluster(namespaces);
    const analyst = createAnalyst({ readersFor: () => [cluster.reader()] });
    const request = requestFor('Deployment', 'ns0', 'bad');
    const started = performance.now();
    const evidence = await analyst.collect(request, createRedactor(), new AbortController().signal);
    const { verdict } = analyst.analyse(request, evidence);
    expect(performance.now() - started).toBeLessThan(5000);
    expect(cluster.requests).toBeLessThanOrEqual(60);
    expect(verdict.causes[0]).toMatchObject({ mechanism: 'missing_env', wrong_value: 'REDIS_URL' });
  },
);

test('QUA-1: a cluster that never answers costs no more than the budget of time', async () => {
  const hang = (...args: unknown[]): Promise<never> =>
    new Promise((_resolve, reject) => {
      const signal = args.at(-1) as AbortSignal;
      signal.addEventListener('abort', () => reject(new Error('aborted')), { once: true });
    });
  const silent: ClusterReader = { get: hang, list: hang, logs: hang };
  const analyst = createAnalyst({ readersFor: () => [silent], budget: { milliseconds: 100 } });
  const started = performance.now();
  const evidence = await analyst.collect(
    requestFor('Deployment', 'ns0', 'bad'),
    createRedactor(),
    new AbortController().signal,
  );
  expect(performance.now() - started).toBeLessThan(2000);
  expect(evidence.missing.length).toBeGreaterThan(0);
});

test('TRI-2: names from a hostile server stay inside the evidence folder', async () => {
  const cluster = new TestCluster();
  cluster.add('ConfigMap', 'ns', '../../../etc/cron.d/x', { data: { a: 'b' } });
  cluster.add('Pod', 'ns', '..', {
    spec: { containers: [{ name: '../../up' }] },
    status: { containerStatuses: [{ name: '../../up', restartCount: 1, state: { running: {} } }] },
  });
  cluster.log('ns', '..', '../../up', 'ERROR x');
  const analyst = createAnalyst({ readersFor: () => [cluster.reader()] });
  const evidence = await analyst.collect(
    requestFor('Deployment', 'ns', '../..'),
    createRedactor(),
    new AbortController().signal,
  );
  for (const file of evidence.files) {
    expect(file.path.startsWith('evidence/')).toBe(true);
    expect(file.path.split('/')).not.toContain('..');
  }
});
