import { expect, test } from 'vitest';
import { allRules } from '../../src/analyst/all-rules.ts';
import { TestCluster } from './cluster.ts';
import { causeOf } from './answer-about.ts';

test('QUA-1: every rule has an id of its own, rows of the catalogue what it needs, and what would rule it out', () => {
  expect(new Set(allRules.map((rule) => rule.id)).size).toBe(allRules.length);
  for (const rule of allRules) {
    expect(rule.needs.length).toBeGreaterThan(10);
    expect(rule.unless, `what would rule ${rule.id} out`).toMatch(/^.{11,}[^.]$/);
    expect(rule.catalogue.length).toBeGreaterThan(0);
  }
});

test('C11: an object that does not exist is no fault, and the nearest name is told', async () => {
  const cluster = new TestCluster();
  cluster.running('shop', 'checkout', 'ok');
  expect(await causeOf(cluster, 'Deployment', 'shop', 'chekout')).toBe('no fault');
});

test('C2: a crash loop that was caught while the container runs is still one', async () => {
  const cluster = new TestCluster();
  const end = { exitCode: 1, reason: 'Error', startedAt: '2026-01-01T10:00:00Z', finishedAt: '2026-01-01T10:00:10Z' };
  cluster.deployment('shop', 'cart', {
    ready: true,
    status: {
      phase: 'Running',
      containerStatuses: [
        {
          name: 'cart',
          ready: true,
          restartCount: 5,
          state: { running: { startedAt: '2026-01-01T10:00:12Z' } },
          lastState: { terminated: end },
        },
      ],
    },
  });
  cluster.log('shop', 'cart-5d8f-abcde', 'cart', 'FATAL required setting API_KEY is not set', true);
  cluster.add('Event', 'shop', 'now', {
    involvedObject: { kind: 'Namespace', name: 'shop' },
    reason: 'x',
    message: 'y',
    lastTimestamp: '2026-01-01T10:00:20Z',
  });
  expect(await causeOf(cluster, 'Deployment', 'shop', 'cart')).toBe('Deployment cart missing_env [API_KEY] high');
});

test('C2: restarts that lie behind a container are no fault', async () => {
  const cluster = new TestCluster();
  const end = { exitCode: 1, reason: 'Error', startedAt: '2026-01-01T10:00:00Z', finishedAt: '2026-01-01T10:00:10Z' };
  cluster.deployment('shop', 'cart', {
    ready: true,
    status: {
      phase: 'Running',
      containerStatuses: [
        {
          name: 'cart',
          ready: true,
          restartCount: 3,
          state: { running: { startedAt: '2026-01-01T10:00:12Z' } },
          lastState: { terminated: end },
        },
      ],
    },
  });
  cluster.log('shop', 'cart-5d8f-abcde', 'cart', 'FATAL required setting API_KEY is not set', true);
  cluster.add('Event', 'shop', 'now', {
    involvedObject: { kind: 'Namespace', name: 'shop' },
    reason: 'x',
    message: 'y',
    lastTimestamp: '2026-01-01T10:20:00Z',
  });
  expect(await causeOf(cluster, 'Deployment', 'shop', 'cart')).toBe('no fault');
});
