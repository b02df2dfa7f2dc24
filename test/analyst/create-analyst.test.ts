import { expect, test } from 'vitest';
import { createAnalyst } from '../../src/analyst/create-analyst.ts';
import { sections, verdictSchema } from '../../src/domain/verdict/verdict.ts';
import { ReadError, type ClusterReader } from '../../src/kube/cluster-reader.ts';
import { requestFor, TestCluster } from './cluster.ts';
import { createRedactor } from '../../src/lib/redact/redact.ts';

const never = new AbortController().signal;

function brokenShop(): TestCluster {
  const cluster = new TestCluster();
  const envFrom = [{ configMapRef: { name: 'cart-settings' } }];
  cluster.deployment('shop', 'cart', {
    spec: { containers: [{ name: 'cart', image: 'registry.test/cart:1.0', envFrom }] },
    status: {
      containerStatuses: [
        {
          name: 'cart',
          ready: false,
          restartCount: 0,
          state: { waiting: { reason: 'CreateContainerConfigError', message: 'configmap "cart-settings" not found' } },
        },
      ],
    },
  });
  return cluster;
}

test('QUA-1: names the missing object, how it breaks the workload, and proves the absence', async () => {
  const cluster = brokenShop();
  const analyst = createAnalyst({ readersFor: () => [cluster.reader()] });
  const request = requestFor('Deployment', 'shop', 'cart');
  const evidence = await analyst.collect(request, createRedactor(), never);
  const answer = analyst.analyse(request, evidence);

  expect(verdictSchema.parse(answer.verdict)).toEqual(answer.verdict);
  const [cause] = answer.verdict.causes;
  expect(cause).toMatchObject({
    entity: { kind: 'ConfigMap', namespace: 'shop', name: 'cart-settings' },
    mechanism: 'missing_configmap',
    wrong_value: 'cart-settings',
    confidence: 'high',
  });
  expect(answer.verdict.victims).toContainEqual({ kind: 'Deployment', namespace: 'shop', name: 'cart' });
  for (const ref of cause?.evidence ?? []) {
    expect(evidence.files.find((file) => file.path === ref.file)?.text).toContain(ref.quote);
  }
});

test('TRI-5: the report has the seven sections, the card first', async () => {
  const cluster = brokenShop();
  const analyst = createAnalyst({ readersFor: () => [cluster.reader()] });
  const request = requestFor('Deployment', 'shop', 'cart');
  const { markdown } = analyst.analyse(request, await analyst.collect(request, createRedactor(), never));
  const titles = [...markdown.matchAll(/^## (.+)$/gm)].map((match) => match[1]);
  expect(titles).toEqual([...sections]);
  expect(markdown.length).toBeGreaterThan(100);
});

test('QUA-1: a healthy workload is no fault', async () => {
  const cluster = new TestCluster();
  cluster.deployment('shop', 'cart', { ready: true });
  const analyst = createAnalyst({ readersFor: () => [cluster.reader()] });
  const request = requestFor('Deployment', 'shop', 'cart');
  const { verdict } = analyst.analyse(request, await analyst.collect(request, createRedactor(), never));
  expect(verdict.is_fault).toBe(false);
  expect(verdict.causes).toEqual([]);
});

test('UX-18: no cause found is a legal answer that says what was looked at', async () => {
  const cluster = new TestCluster();
  cluster.deployment('shop', 'cart', { status: { phase: 'Running' } });
  const analyst = createAnalyst({ readersFor: () => [cluster.reader()] });
  const request = requestFor('Deployment', 'shop', 'cart');
  const { verdict, markdown } = analyst.analyse(request, await analyst.collect(request, createRedactor(), never));
  expect(verdict).toMatchObject({ is_fault: true, causes: [] });
  expect(verdict.summary).toContain('No cause found');
  expect(markdown).toContain('Looked at');
  expect(markdown).not.toMatch(/\d+ ?%/);
});

test('collect never rejects: a cluster that does not answer gives an empty, honest answer', async () => {
  const fail = async (): Promise<never> => {
    throw new ReadError('unreachable', 'connection refused');
  };
  const dead: ClusterReader = { get: fail, list: fail, logs: fail };
  const analyst = createAnalyst({ readersFor: () => [dead] });
  const request = requestFor('Deployment', 'shop', 'cart');
  const evidence = await analyst.collect(request, createRedactor(), never);
  expect(evidence.missing.join('\n')).toContain('unreachable');
  const { verdict } = analyst.analyse(request, evidence);
  expect(verdict).toMatchObject({ is_fault: true, causes: [] });
});

test('a second reader answers where the first one does not', async () => {
  const cluster = brokenShop();
  const fail = async (): Promise<never> => {
    throw new ReadError('unreachable', 'connection refused');
  };
  const analyst = createAnalyst({ readersFor: () => [{ get: fail, list: fail, logs: fail }, cluster.reader()] });
  const request = requestFor('Deployment', 'shop', 'cart');
  const { verdict } = analyst.analyse(request, await analyst.collect(request, createRedactor(), never));
  expect(verdict.causes[0]?.mechanism).toBe('missing_configmap');
});

test('Secret values never reach the evidence', async () => {
  const cluster = new TestCluster();
  const secret = Buffer.from('hunter2-very-secret').toString('base64');
  cluster.add('Secret', 'shop', 'db', {
    data: { password: secret },
    metadata: { annotations: { 'kubectl.kubernetes.io/last-applied-configuration': secret } },
  });
  const env = [{ name: 'P', valueFrom: { secretKeyRef: { name: 'db', key: 'password' } } }];
  cluster.deployment('shop', 'cart', { spec: { containers: [{ name: 'cart', image: 'i:1', env }] } });
  const analyst = createAnalyst({ readersFor: () => [cluster.reader()] });
  const evidence = await analyst.collect(requestFor('Deployment', 'shop', 'cart'), createRedactor(), never);
  const all = evidence.files.map((file) => file.text).join('\n');
  expect(all).toContain('"password"');
  expect(all).not.toContain(secret);
  expect(all).not.toContain('hunter2');
});

test('the budget of requests holds', async () => {
  const cluster = brokenShop();
  for (let i = 0; i < 40; i += 1) cluster.deployment('shop', `other-${i}`);
  const analyst = createAnalyst({ readersFor: () => [cluster.reader()], budget: { requests: 15 } });
  const evidence = await analyst.collect(requestFor('Deployment', 'shop', 'cart'), createRedactor(), never);
  expect(cluster.requests).toBeLessThanOrEqual(15);
  expect(evidence.apiCalls).toBe(cluster.requests);
  expect(evidence.missing.join('\n')).toContain('budget');
});

test.each([
  ['a rate of errors', { measured: true }, true],
  ['what its object tells', {}, false],
])('INT-7, QUA-1: %s is not over because its object is well', async (_what, kind, isFault) => {
  const cluster = new TestCluster();
  cluster.deployment('shop', 'cart', { ready: true });
  const analyst = createAnalyst({ readersFor: () => [cluster.reader()] });
  const asked = requestFor('Deployment', 'shop', 'cart');
  const fault = { faultType: 'HighErrorRate', resource: asked.subject, context: '7 % of requests fail', ...kind };
  const request = { ...asked, faults: [fault] };
  const { verdict } = analyst.analyse(request, await analyst.collect(request, createRedactor(), never));
  expect(verdict.is_fault).toBe(isFault);
  expect(verdict.summary).toMatch(
    isFault ? /^No cause found for Deployment shop\/cart.*What the alert measures/ : /^No fault/,
  );
});
