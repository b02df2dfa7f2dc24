import { addHealthy } from '../../sim/objects/background.ts';
import { silenceNode, strandPod } from '../../sim/objects/nodes.ts';
import type { FaultScript } from './fault-script.ts';
import type { World } from '../../sim/objects/world.ts';

/** A node that goes silent with the pods on it. */
export const nodeScripts: readonly FaultScript[] = [
  {
    cluster: 'prod-us',
    faultType: 'NodeUnhealthy',
    owner: { kind: 'Node', namespace: null, name: 'worker-04' },
    causeWords: ['worker-04'],
    setUp: (world) => {
      addHealthy(world, 'orders/fulfilment:4.4.1', 2, ['worker-01', 'worker-04']);
      addHealthy(world, 'orders/returns:4.4.1', 2, ['worker-02', 'worker-04']);
    },
    steps: () => [{ at: 400, run: (stage) => stage.notice(loseNode(stage.world, 'worker-04')) }],
  },
];

function loseNode(world: World, name: string) {
  const node = silenceNode(world, name, 5000);
  for (const pod of world.state.select('v1', 'Pod', { fieldSelector: `spec.nodeName=${name}` })) {
    strandPod(world, pod, 5000);
    const message = 'Node is not ready';
    world.event({
      about: pod,
      type: 'Warning',
      reason: 'NodeNotReady',
      message,
      component: 'node-controller',
      first: 5000,
    });
    markNotReady(world, pod.metadata.namespace ?? '', pod.metadata.labels?.['app'] ?? '', pod.metadata.uid ?? '');
  }
  const message = `Node ${name} status is now: NodeNotReady`;
  world.event({
    about: node,
    type: 'Normal',
    reason: 'NodeNotReady',
    message,
    component: 'node-controller',
    first: 5000,
  });
  return node;
}

/** What the endpoint and replica controllers write when a pod is not ready any more. */
function markNotReady(world: World, namespace: string, app: string, uid: string): void {
  for (const slice of world.state.select('discovery.k8s.io/v1', 'EndpointSlice', { namespace })) {
    const endpoints = slice['endpoints'] as readonly { targetRef: { uid: string } }[];
    const changed = endpoints.map((endpoint) =>
      endpoint.targetRef.uid === uid
        ? { ...endpoint, conditions: { ready: false, serving: false, terminating: false } }
        : endpoint,
    );
    world.put({ ...slice, endpoints: changed });
  }
  const deployment = world.state.find('apps/v1', 'Deployment', namespace, app);
  if (!deployment) return;
  const status = deployment['status'] as { replicas: number };
  const ready = status.replicas - 1;
  world.put({
    ...deployment,
    status: { ...status, readyReplicas: ready, availableReplicas: ready, unavailableReplicas: 1 },
  });
}
