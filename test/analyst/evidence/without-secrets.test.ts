import { expect, test } from 'vitest';
import { createAnalyst } from '../../../src/analyst/create-analyst.ts';
import { GatheredEvidence } from '../../../src/analyst/model/evidence-files.ts';
import { createRedactor } from '../../../src/lib/redact/redact.ts';
import { requestFor, TestCluster } from '../cluster.ts';

const never = new AbortController().signal;

/** A pod that crashes because its database refuses its password, with that password wherever people leave one. */
function leakyShop(): TestCluster {
  const cluster = new TestCluster();
  const env = [
    { name: 'DB_PASSWORD', value: 'zebra-85-pass' },
    { name: 'DB_HOST', value: 'db.shop' },
  ];
  cluster.deployment('shop', 'cart', {
    spec: { containers: [{ name: 'cart', image: 'registry.test/cart:1.0', env }] },
    status: {
      containerStatuses: [
        {
          name: 'cart',
          ready: false,
          restartCount: 7,
          state: { waiting: { reason: 'CrashLoopBackOff', message: 'back-off' } },
          lastState: { terminated: { exitCode: 1, reason: 'Error', message: 'login with zebra-85-pass failed' } },
        },
      ],
    },
  });
  cluster.add('ConfigMap', 'shop', 'cart-settings', {
    metadata: { annotations: { note: 'old token=zebra-86-token' } },
    data: { 'app.yaml': 'db:\n  password: zebra-87-pass\n  host: db.shop\n' },
  });
  cluster.add('Secret', 'shop', 'db', { data: { password: Buffer.from('zebra-88-pass').toString('base64') } });
  cluster.add('Event', 'shop', 'cart.1', {
    involvedObject: { kind: 'Pod', namespace: 'shop', name: 'cart-5d8f-abcde' },
    type: 'Warning',
    reason: 'Failed',
    message: 'exec: postgres://app:zebra-89-pass@db.shop/cart',
  });
  cluster.logs.set(
    'shop/cart-5d8f-abcde/cart',
    'connecting to postgres://app:zebra-90-pass@db.shop\nFATAL: login with zebra-85-pass refused by db.shop\n',
  );
  return cluster;
}

test('GAT-4: no secret of a cluster is in its evidence, in the answer or in the graph behind it', async () => {
  const analyst = createAnalyst({ readersFor: () => [leakyShop().reader()] });
  const request = requestFor('Deployment', 'shop', 'cart');
  const redact = createRedactor();
  const evidence = await analyst.collect(request, redact, never);
  const { graph } = evidence as GatheredEvidence;
  const answer = analyst.analyse(request, evidence);
  const known = [graph.get('Pod', 'shop', 'cart-5d8f-abcde'), graph.logs, graph.events];

  expect(evidence.files.some(({ path }) => path.startsWith('evidence/logs/'))).toBe(true);
  expect(JSON.stringify([evidence, answer, known])).not.toContain('zebra');
  expect(redact.count).toBeGreaterThan(5);
  // What explains the fault is still there.
  expect(JSON.stringify(evidence.files)).toContain('refused by db.shop');
  expect(answer.verdict.causes.length).toBeGreaterThan(0);
  for (const ref of answer.verdict.causes.flatMap((cause) => cause.evidence)) {
    expect(evidence.files.find((file) => file.path === ref.file)?.text).toContain(ref.quote);
  }
});

test('QUA-1: where there is nothing to hide, nothing is read a second time', async () => {
  const cluster = new TestCluster();
  cluster.deployment('shop', 'cart');
  const analyst = createAnalyst({ readersFor: () => [cluster.reader()] });
  const redact = createRedactor();
  const evidence = await analyst.collect(requestFor('Deployment', 'shop', 'cart'), redact, never);
  expect(redact.count).toBe(0);
  expect(evidence).toBeInstanceOf(GatheredEvidence);
});
