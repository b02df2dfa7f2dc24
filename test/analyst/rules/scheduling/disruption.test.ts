import { describe, expect, test } from 'vitest';
import { answerAbout, causeOf } from '../../answer-about.ts';
import { TestCluster } from '../../cluster.ts';

type Fields = Record<string, unknown>;
type Build = (cluster: TestCluster) => void;
const full = { expectedPods: 1, currentHealthy: 1, disruptionsAllowed: 0 };
const covering = { selector: { matchLabels: { app: 'app' } } };
const budget =
  (spec: Fields, status: Fields, name = 'keep', namespace = 'ns'): Build =>
  (cluster) =>
    cluster.add('PodDisruptionBudget', namespace, name, { spec: { ...covering, ...spec }, status });
const ready: Build = (cluster) => cluster.deployment('ns', 'app', { ready: true });
const crashes: Build = (cluster) => cluster.crash('ns', 'app', { log: 'panic: environment variable DSN is not set' });

/** A node that is being drained, or not, with what is on it. */
function drained(...build: Build[]): TestCluster {
  const cluster = new TestCluster();
  cluster.node('n1', { unschedulable: true });
  for (const one of build) one(cluster);
  return cluster;
}
const nodeCause = (...build: Build[]): Promise<string> => causeOf(drained(...build), 'Node', null, 'n1');

describe('QUA-1: a node that cannot be drained', () => {
  test.each<[string, Build[], string]>([
    [
      'a budget lets no pod go',
      [ready, budget({ minAvailable: 1 }, full)],
      'PodDisruptionBudget keep pdb_blocks [1] high',
    ],
    ['maxUnavailable 0', [ready, budget({ maxUnavailable: 0 }, full)], 'PodDisruptionBudget keep pdb_blocks [0] high'],
    [
      'unhealthy pods may not go either',
      [crashes, budget({ minAvailable: 1 }, { ...full, currentHealthy: 0 })],
      'PodDisruptionBudget keep pdb_blocks [1] medium',
    ],
    [
      'two budgets, and the eviction says so',
      [
        ready,
        budget({ minAvailable: 0 }, { ...full, disruptionsAllowed: 1 }),
        budget({ selector: {}, maxUnavailable: 1 }, { ...full, disruptionsAllowed: 1 }, 'all'),
        (c) =>
          c.event(
            'Pod',
            'ns',
            'app-5d8f-abcde',
            'EvictionFailed',
            'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.',
          ),
      ],
      'PodDisruptionBudget all pdb_blocks [all] high',
    ],
  ])('%s', async (_title, build, wanted) => expect(await nodeCause(...build)).toBe(wanted));

  test.each<[string, Build[]]>([
    ['the budget lets one go', [ready, budget({ minAvailable: 0 }, { ...full, disruptionsAllowed: 1 })]],
    [
      'its pods are elsewhere',
      [
        (c) =>
          c.deployment('ns', 'app', {
            ready: true,
            spec: { nodeName: 'n2', containers: [{ name: 'app', image: 'a:1' }] },
          }),
        budget({ minAvailable: 1 }, full),
      ],
    ],
    [
      'unhealthy pods may go',
      [crashes, budget({ minAvailable: 1, unhealthyPodEvictionPolicy: 'AlwaysAllow' }, { ...full, currentHealthy: 0 })],
    ],
    [
      'the other budget is of another namespace',
      [
        ready,
        budget({ minAvailable: 0 }, { ...full, disruptionsAllowed: 1 }),
        budget({ selector: {} }, { ...full, disruptionsAllowed: 1 }, 'all', 'other'),
      ],
    ],
  ])('not: %s', async (_title, build) => expect(await nodeCause(...build)).not.toContain('pdb_blocks'));

  test('of the workload whose pods are not healthy the log is the cause', async () => {
    const cluster = drained(crashes, budget({ minAvailable: 1 }, { ...full, currentHealthy: 0 }));
    expect(await causeOf(cluster, 'Deployment', 'ns', 'app')).toBe('Deployment app missing_env [DSN] high');
  });

  test('it says which pods hold the node and what to change', async () => {
    const { verdict } = await answerAbout(drained(ready, budget({ minAvailable: 1 }, full)), 'Node', null, 'n1');
    expect(verdict.causes[0]?.statement).toBe(
      'PodDisruptionBudget keep allows no disruption (minAvailable 1, 1 of 1 pods healthy), so n1 cannot be drained.',
    );
    expect(verdict.remediation[0]?.action).toContain('Run more replicas than PodDisruptionBudget keep wants');
  });
});
