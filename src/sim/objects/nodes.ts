import type { KubeObject } from '../../kube/cluster-reader.ts';
import type { World } from './world.ts';

const day = 24 * 3_600_000;

/** A healthy worker node. */
export function makeNode(world: World, name: string, memory = '16Gi'): KubeObject {
  const resources = { cpu: '4', 'ephemeral-storage': '101430960Ki', memory, pods: '110' };
  return world.put({
    apiVersion: 'v1',
    kind: 'Node',
    metadata: world.meta(null, name, 60 * day, {
      labels: {
        'kubernetes.io/arch': 'amd64',
        'kubernetes.io/hostname': name,
        'kubernetes.io/os': 'linux',
        'node.kubernetes.io/instance-type': 'm5.xlarge',
      },
    }),
    spec: {},
    status: {
      capacity: resources,
      allocatable: resources,
      conditions: [
        pressure(world, 'MemoryPressure', 'KubeletHasSufficientMemory', 'kubelet has sufficient memory available'),
        pressure(world, 'DiskPressure', 'KubeletHasNoDiskPressure', 'kubelet has no disk pressure'),
        pressure(world, 'PIDPressure', 'KubeletHasSufficientPID', 'kubelet has sufficient PID available'),
        {
          type: 'Ready',
          status: 'True',
          lastHeartbeatTime: world.ago(20_000),
          lastTransitionTime: world.ago(60 * day),
          reason: 'KubeletReady',
          message: 'kubelet is posting ready status',
        },
      ],
      addresses: [
        { type: 'InternalIP', address: '10.20.0.11' },
        { type: 'Hostname', address: name },
      ],
      nodeInfo: {
        kernelVersion: '6.1.0-30-amd64',
        osImage: 'Debian GNU/Linux 12 (bookworm)',
        containerRuntimeVersion: 'containerd://2.1.4',
        kubeletVersion: 'v1.34.4',
        operatingSystem: 'linux',
        architecture: 'amd64',
      },
    },
  });
}

function pressure(world: World, type: string, reason: string, message: string): object {
  return {
    type,
    status: 'False',
    lastHeartbeatTime: world.ago(20_000),
    lastTransitionTime: world.ago(60 * day),
    reason,
    message,
  };
}

/** The node as the control plane shows it after its kubelet went silent `age` milliseconds ago. */
export function silenceNode(world: World, name: string, age: number): KubeObject {
  const node = world.current('v1', 'Node', null, name);
  const status = node['status'] as { conditions: readonly { type: string }[] };
  return world.put({
    ...node,
    spec: {
      taints: ['NoSchedule', 'NoExecute'].map((effect) => ({
        key: 'node.kubernetes.io/unreachable',
        effect,
        timeAdded: world.ago(age),
      })),
    },
    status: {
      ...status,
      conditions: status.conditions.map((condition) => ({
        ...condition,
        status: 'Unknown',
        lastHeartbeatTime: world.ago(age + 50_000),
        lastTransitionTime: world.ago(age),
        reason: 'NodeStatusUnknown',
        message: 'Kubelet stopped posting node status.',
      })),
    },
  });
}

/** A pod of a silent node: it keeps its phase, and is not ready without a reason. */
export function strandPod(world: World, pod: KubeObject, age: number): KubeObject {
  const status = pod['status'] as { conditions: readonly { type: string; status: string }[] };
  const conditions = status.conditions.map((condition) =>
    condition.type === 'Ready' ? { ...condition, status: 'False', lastTransitionTime: world.ago(age) } : condition,
  );
  return world.put({ ...pod, status: { ...status, conditions } });
}
