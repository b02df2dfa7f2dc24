import { describe, test } from 'vitest';
import { TestCluster } from '../cluster.ts';
import { amend } from '../rules/amend.ts';
import { expectCause, expectCleared } from './expected.ts';

/** A custom resource `north` that owns a Deployment at zero replicas, with its condition Ready. */
function harbour(ready: Record<string, unknown>): TestCluster {
  const cluster = new TestCluster();
  cluster.node('n1');
  cluster.add('Harbour', 'quays', 'north', {
    apiVersion: 'ports.acme.test/v1',
    spec: { tide: 'high' },
    status: { conditions: [{ type: 'Ready', lastTransitionTime: '2026-01-01T09:59:00Z', ...ready }] },
  });
  cluster.deployment('quays', 'north-workers', { replicas: 0 });
  amend(cluster, 'Deployment', 'north-workers', {
    metadata: {
      ownerReferences: [
        {
          apiVersion: 'ports.acme.test/v1',
          kind: 'Harbour',
          name: 'north',
          uid: 'uid-Harbour-north',
          controller: true,
        },
      ],
    },
  });
  return cluster;
}

describe('QUA-1: custom resources by what they say of themselves', () => {
  test('one that is not ready owns what stands at zero', async () => {
    const cluster = harbour({
      status: 'False',
      reason: 'TideTableInvalid',
      message: 'spec.tide: "high" is no tide table of region north; workers stay at zero',
    });
    await expectCause(cluster, ['Harbour', 'quays', 'north'], {
      cause: ['Harbour north other', 'Harbour north bad_config_value'],
      says: [/no tide table of region north/],
      never: [/scale deployment/],
    });
  });

  test('the reverse: it is ready, with nothing to do', async () => {
    const cluster = harbour({ status: 'True', reason: 'Idle', message: 'no ship in sight' });
    await expectCleared(cluster, ['Harbour', 'quays', 'north'], [/Ready|0 replicas/]);
  });
});
