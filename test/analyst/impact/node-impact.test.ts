import { expect, test } from 'vitest';
import type { TestCluster } from '../cluster.ts';
import { made } from './made-cluster.ts';
import { wordsOn } from './words-on.ts';

test.each<[string, readonly [string, string | null, string], TestCluster, string]>([
  [
    'a node',
    ['Node', null, 'n1'],
    made((it) => {
      it.node('n1', { conditions: [{ type: 'Ready', status: 'Unknown', reason: 'NodeStatusUnknown' }] });
      it.deployment('ns', 'a', { ready: true });
      it.deployment('ns', 'b', { ready: false });
    }),
    '1 of 2 pods that were read on Node n1 are ready; they are of Deployment ns/a (1), Deployment ns/b (1), whose pods on other nodes are not counted.',
  ],
  [
    'a node of which no pod was read',
    ['Node', null, 'n1'],
    made((it) => it.node('n1')),
    'Not known: no pod on Node n1 was read.',
  ],
])('QUA-4: what is on a node: %s', async (_what, object, cluster, wanted) => {
  expect(await wordsOn(cluster, ...object)).toBe(wanted);
});
