import type { CompactRecording } from '../../../eval/recorded-state.ts';
import type { Recording } from '../../../eval/recording.ts';
import type { KubeObject } from '../../../src/kube/cluster-reader.ts';
import { mapObjects } from './strings.ts';
import { worldOf } from './surroundings.ts';
import type { ClusterState } from '../../../src/sim/api/cluster-state.ts';

type Fields = Record<string, unknown>;

interface PodFields {
  readonly spec?: { readonly containers?: readonly Fields[] };
  readonly status?: {
    readonly startTime?: string;
    readonly containerStatuses?: readonly Fields[];
    readonly phase?: string;
  };
}

/** Warnings that are over at once: what a kubelet says about nearly every pod in its first seconds. */
export function addStartNoise(state: ClusterState, { truth }: Recording): void {
  const world = worldOf(state, truth.recorded_at);
  for (const pod of state.select('v1', 'Pod', {})) {
    const { startTime, containerStatuses = [] } = (pod as unknown as PodFields).status ?? {};
    if (startTime === undefined || !containerStatuses.some((it) => it['ready'] === true)) continue;
    const ago = world.now() - Date.parse(startTime) - 2000;
    const about = { about: pod, type: 'Warning', component: 'kubelet', first: ago } as const;
    const message =
      'MountVolume.SetUp failed for volume "kube-api-access-7xk2p" : failed to sync configmap cache: timed out waiting for the condition';
    world.event({ ...about, reason: 'FailedMount', message });
  }
}

/** Many quiet lines before everything that a container has said. */
export function withQuietLines(dump: CompactRecording): CompactRecording {
  const lines = Array.from({ length: 120 }, (_, at) => `level=info msg="tick" seq=${at} errors=0 failed=0 retries=0`);
  const logs = Object.entries(dump.logs).map(([key, text]) => [key, `${lines.join('\n')}\n${text}`] as const);
  return { ...dump, logs: Object.fromEntries(logs) };
}

/** A second container that runs well in every pod of a controller that keeps pods running, as a mesh puts it there. */
export function withSidecars(dump: CompactRecording): CompactRecording {
  const logs: Record<string, string> = {};
  const changed = mapObjects(dump, (object, kind) => {
    if (kind === 'Pod') return podWithSidecar(object, logs);
    if (!['Deployment', 'ReplicaSet', 'StatefulSet', 'DaemonSet'].includes(kind)) return object;
    const spec = object['spec'] as { template?: { spec?: { containers?: readonly Fields[] } } } | undefined;
    if (!spec?.template?.spec?.containers) return object;
    const { template } = spec;
    const inner = { ...template.spec, containers: [...(template.spec?.containers ?? []), sidecar] };
    return { ...object, spec: { ...spec, template: { ...template, spec: inner } } };
  });
  return { ...changed, logs: { ...dump.logs, ...logs } };
}

const sidecar: Fields = {
  name: 'traffic-agent',
  image: 'images.elsewhere.example/agents/traffic-agent:4.2.0',
  resources: { requests: { cpu: '10m', memory: '16Mi' }, limits: { cpu: '100m', memory: '64Mi' } },
  imagePullPolicy: 'IfNotPresent',
  terminationMessagePath: '/dev/termination-log',
  terminationMessagePolicy: 'File',
};

function podWithSidecar(pod: KubeObject, logs: Record<string, string>): KubeObject {
  const { spec, status } = pod as unknown as PodFields;
  const { name, namespace = '', ownerReferences = [] } = pod.metadata;
  if (!ownerReferences.some(({ kind }) => ['ReplicaSet', 'StatefulSet', 'DaemonSet'].includes(kind))) return pod;
  const statuses = status?.containerStatuses ?? [];
  const runs = statuses.some(
    (it) =>
      Number(it['restartCount'] ?? 0) > 0 ||
      it['ready'] === true ||
      (it['state'] as Fields | undefined)?.['running'] !== undefined,
  );
  if (runs)
    logs[`${namespace}/${name}/traffic-agent`] = 'info\tagent 4.2.0 started\ninfo\tconfiguration received, 14 routes\n';
  const state = runs ? { running: { startedAt: status?.startTime } } : { waiting: { reason: 'ContainerCreating' } };
  const own = {
    name: 'traffic-agent',
    image: sidecar['image'],
    imageID: '',
    ready: runs,
    started: runs,
    restartCount: 0,
    state,
    lastState: {},
  };
  return {
    ...pod,
    spec: { ...spec, containers: [...(spec?.containers ?? []), sidecar] },
    status: statuses.length === 0 ? status : { ...status, containerStatuses: [...statuses, own] },
  };
}
