import { expect, test } from 'vitest';
import { nodeScripts } from '../../../src/demo/scripts/node.ts';
import { addBackground } from '../../../src/sim/objects/background.ts';
import type { World } from '../../../src/sim/objects/world.ts';
import type { KubeObject } from '../../../src/kube/cluster-reader.ts';
import { emptyWorld } from '../../support/simulated-world.ts';

const silent = 'worker-04';

/** The cluster before the node goes, and after its script was played. */
function played(): { world: World; noticed: string[] } {
  const { world } = emptyWorld();
  addBackground(world, { nodes: ['worker-01', 'worker-02', silent], workloads: [] });
  const noticed: string[] = [];
  for (const script of nodeScripts) {
    script.setUp(world);
    const stage = {
      world,
      notice: (object: { kind: string; metadata: { name: string } }) =>
        void noticed.push(`${object.kind} ${object.metadata.name}`),
    };
    for (const step of script.steps()) step.run(stage);
  }
  return { world, noticed };
}

function readyOf(world: World, pods: boolean) {
  return world.state.select('v1', 'Pod', {}).filter((pod) => {
    const { nodeName } = pod['spec'] as { nodeName?: string };
    return (nodeName === silent) === pods;
  });
}

test('UX-1: the push server is told of the node alone, and the node is as the control plane shows a silent one', () => {
  const { world, noticed } = played();
  expect(noticed).toEqual([`Node ${silent}`]);
  const node = world.current('v1', 'Node', null, silent);
  const { conditions } = node['status'] as { conditions: { type: string; status: string; reason: string }[] };
  expect(conditions.map(({ status, reason }) => `${status} ${reason}`)).toEqual(
    conditions.map(() => 'Unknown NodeStatusUnknown'),
  );
  const { taints } = node['spec'] as { taints: { key: string; effect: string }[] };
  expect(taints.map(({ key, effect }) => `${key}:${effect}`)).toEqual([
    'node.kubernetes.io/unreachable:NoSchedule',
    'node.kubernetes.io/unreachable:NoExecute',
  ]);
});

test('its pods keep their phase and are not ready any more; pods of other nodes stay ready', () => {
  const { world } = played();
  const condition = (pod: KubeObject): string | undefined =>
    (pod['status'] as { conditions: { type: string; status: string }[] }).conditions.find(
      ({ type }) => type === 'Ready',
    )?.status;
  const lost = readyOf(world, true);
  expect(lost).not.toHaveLength(0);
  for (const pod of lost) {
    expect(condition(pod)).toBe('False');
    expect((pod['status'] as { phase: string }).phase).toBe('Running');
  }
  for (const pod of readyOf(world, false)) expect(condition(pod)).toBe('True');
});

test('endpoints and replicas count what is left', () => {
  const { world } = played();
  for (const name of ['fulfilment', 'returns']) {
    const { readyReplicas, unavailableReplicas } = world.current('apps/v1', 'Deployment', 'orders', name)[
      'status'
    ] as Record<string, number>;
    expect({ readyReplicas, unavailableReplicas }).toEqual({ readyReplicas: 1, unavailableReplicas: 1 });
    const [slice] = world.state
      .select('discovery.k8s.io/v1', 'EndpointSlice', { namespace: 'orders' })
      .filter(({ metadata }) => metadata.labels?.['kubernetes.io/service-name'] === name);
    const endpoints = slice?.['endpoints'] as { conditions: { ready: boolean } }[];
    expect(endpoints.filter(({ conditions }) => conditions.ready)).toHaveLength(endpoints.length - 1);
  }
});
