import fc from 'fast-check';
import { expect, test } from 'vitest';
import { evaluate } from '../../../eval/evaluate.ts';
import { recordingsDir } from '../../../eval/sets.ts';
import { loadRecordings } from '../../../eval/recording.ts';
import { answerFor } from '../../../src/analyst/answer.ts';
import { createAnalyst } from '../../../src/analyst/create-analyst.ts';
import { GatheredEvidence, gathered, readEvidence } from '../../../src/analyst/model/evidence-files.ts';
import type { Evidence } from '../../../src/domain/ports.ts';
import { requestFor, TestCluster } from '../cluster.ts';
import { createRedactor } from '../../../src/lib/redact/redact.ts';

const request = requestFor('Deployment', 'shop', 'cart');

/** `cart` misses a ConfigMap; beside it are `others` that run. */
function brokenShop(others: number): TestCluster {
  const cluster = new TestCluster();
  const envFrom = [{ configMapRef: { name: 'cart-settings' } }];
  const waiting = { reason: 'CreateContainerConfigError', message: 'configmap "cart-settings" not found' };
  cluster.deployment('shop', 'cart', {
    spec: { containers: [{ name: 'cart', image: 'registry.test/cart:1.0', envFrom }] },
    status: { containerStatuses: [{ name: 'cart', ready: false, restartCount: 0, state: { waiting } }] },
  });
  for (let at = 0; at < others; at += 1) cluster.running('shop', `app-${at}`, 'INFO ok\n'.repeat(at));
  return cluster;
}

function collect(cluster: TestCluster, bytes?: number): Promise<Evidence> {
  const budget = bytes === undefined ? {} : { bytes };
  const analyst = createAnalyst({ readersFor: () => [cluster.reader()], budget });
  return analyst.collect(request, createRedactor(), new AbortController().signal);
}

test('QUA-1: what was collected and what its files hold give the very same answer, recording by recording', async () => {
  const different: string[] = [];
  for (const recording of loadRecordings(recordingsDir)) {
    const { request: asked, evidence, answer, truth } = await evaluate(recording);
    expect(evidence).toBeInstanceOf(GatheredEvidence);
    const again = answerFor(asked, readEvidence(evidence.files));
    if (JSON.stringify(again) !== JSON.stringify(answer)) different.push(truth.id);
  }
  expect(different).toEqual([]);
}, 60_000);

test('QUA-1: the same holds when not all that was read fits', async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat({ max: 12 }), fc.integer({ min: 500, max: 60_000 }), async (others, bytes) => {
      const evidence = await collect(brokenShop(others), bytes);
      expect(answerFor(request, readEvidence(evidence.files))).toEqual(answerFor(request, evidence));
    }),
    { numRuns: 40 },
  );
});

test('what is complete and what is absent is data; the index says the same in words', async () => {
  const { files } = await collect(brokenShop(1));
  const file = (name: string) => JSON.parse(files.find(({ path }) => path === `evidence/${name}.json`)?.text ?? '');
  expect(file('completeness').complete).toContainEqual({ kind: 'ConfigMap', namespace: 'shop', names: [] });
  expect(file('completeness').complete).toContainEqual({
    kind: 'Deployment',
    namespace: 'shop',
    names: ['app-0', 'cart'],
  });
  expect(file('completeness').absent).toContainEqual({ kind: 'Namespace', namespace: null, name: 'shop' });
  expect(file('index')).toMatchObject({ absent: expect.arrayContaining(['Namespace shop']) });
  expect(file('index').lists).toEqual(
    expect.arrayContaining(['all ConfigMap in shop: none', 'all Deployment in shop: app-0, cart']),
  );
});

test('what a complete list names is never proven absent, though its file is gone', async () => {
  const { files } = await collect(brokenShop(1));
  const without = files.filter(({ path }) => path !== 'evidence/objects/shop/Deployment/app-0.json');
  const { graph } = readEvidence(without);
  expect(graph.get('Deployment', 'shop', 'app-0')).toBeNull();
  expect(graph.absent('Deployment', 'shop', 'app-0')).toBeNull();
  expect(graph.absent('Deployment', 'shop', 'app-1')).toEqual({
    file: 'evidence/index.json',
    quote: 'all Deployment in shop: app-0, cart',
  });
});

test('what was missing and what it cost comes back from the files', async () => {
  const evidence = await collect(brokenShop(3), 4000);
  expect(evidence.missing.join('\n')).toMatch(/\d+ files over the size limit/);
  const { missing, apiCalls } = readEvidence(evidence.files);
  expect({ missing, apiCalls }).toEqual({ missing: evidence.missing, apiCalls: evidence.apiCalls });
});

test.each(['', '{', '[]', '{"absent":"all"}'])(
  'completeness that is no such file (%j) proves nothing',
  async (text) => {
    const { files } = await collect(brokenShop(0));
    const broken = files.map((file) => (file.path === 'evidence/completeness.json' ? { ...file, text } : file));
    const evidence = readEvidence(broken);
    expect(evidence).toMatchObject({ missing: [], apiCalls: 0 });
    expect(evidence.graph.absent('ConfigMap', 'shop', 'cart-settings')).toBeNull();
    expect(evidence.graph.get('Deployment', 'shop', 'cart')).not.toBeNull();
  },
);

test('evidence is taken as it is, and copies of it are read from their files', async () => {
  const evidence = await collect(brokenShop(0));
  expect(gathered(evidence)).toBe(evidence);
  const { graph } = gathered({ ...evidence, files: [] });
  expect(graph.all('Deployment')).toEqual([]);
});
