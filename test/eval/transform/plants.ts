import type { Recording } from '../../../eval/recording.ts';
import { recordedState } from '../../../eval/recorded-state.ts';
import type { Entity } from '../../../src/domain/verdict/verdict.ts';
import type { KubeObject } from '../../../src/kube/cluster-reader.ts';
import type { ClusterState } from '../../../src/sim/api/cluster-state.ts';
import { addHealthy } from '../../../src/sim/objects/background.ts';
import type { World } from '../../../src/sim/objects/world.ts';
import { notFound, worldOf } from './surroundings.ts';

/** A real fault put into a state in which nothing was wrong, and the verdicts that name it. */
export interface Planted {
  readonly state: ClusterState;
  readonly mechanism: string;
  readonly entities: readonly Entity[];
}

type Fields = Record<string, unknown>;

/** Null: the object that the state is about cannot have this fault. */
export type Plant = (recording: Recording) => Planted | null;

export const plants: Readonly<Record<string, Plant>> = {
  'a crash on a missing variable': (recording) => intoPods(recording, 'missing_env', crashes),
  'an image that does not exist': (recording) => intoPods(recording, 'image_not_found', lacksImage),
  'a Service whose selector fits nothing': selectorMismatch,
};

const controllers: Readonly<Record<string, string>> = {
  Deployment: 'apps/v1',
  StatefulSet: 'apps/v1',
  DaemonSet: 'apps/v1',
};

function intoPods(
  recording: Recording,
  mechanism: string,
  change: (world: World, pod: KubeObject, name: string) => void,
): Planted | null {
  const { focus, recorded_at: at } = recording.truth;
  const state = recordedState(recording.dump);
  const world = worldOf(state, at);
  const owner = focus.kind === 'Namespace' ? addVictim(world, focus.name) : focus;
  const apiVersion = controllers[owner.kind];
  const object = apiVersion === undefined ? null : state.find(apiVersion, owner.kind, owner.namespace, owner.name);
  if (!object) return null;
  const pods = podsOf(state, object).filter((pod) => fieldOf(pod, 'status', 'phase') === 'Running');
  if (pods.length === 0) return null;
  for (const pod of pods) change(world, pod, owner.name);
  state.put(notAvailable(world, object, pods.length));
  return { state, mechanism, entities: [owner] };
}

/** A Deployment of its own, with its Service, in the namespace. */
function addVictim(world: World, namespace: string): Entity {
  const node = fieldOf(world.state.select('v1', 'Pod', { namespace })[0], 'spec', 'nodeName');
  addHealthy(world, `${namespace}/tollbooth:1.0.0`, 1, [String(node)]);
  return { kind: 'Deployment', namespace, name: 'tollbooth' };
}

/** The pods of the workload's newest revision. */
function podsOf(state: ClusterState, owner: KubeObject): KubeObject[] {
  const namespace = owner.metadata.namespace ?? '';
  const owned = (kind: string, by: KubeObject): KubeObject[] =>
    state
      .select(kind === 'Pod' ? 'v1' : 'apps/v1', kind, { namespace })
      .filter(({ metadata }) => metadata.ownerReferences?.some((reference) => reference.uid === by.metadata.uid));
  const revision = ({ metadata }: KubeObject): number =>
    Number(metadata.annotations?.['deployment.kubernetes.io/revision'] ?? 0);
  if (owner.kind !== 'Deployment') return owned('Pod', owner);
  const [newest] = owned('ReplicaSet', owner).toSorted((a, b) => revision(b) - revision(a));
  return newest ? owned('Pod', newest) : [];
}

function crashes(world: World, pod: KubeObject): void {
  const ended = { exitCode: 1, reason: 'Error', startedAt: world.ago(63_000), finishedAt: world.ago(62_000) };
  const message = `back-off 2m40s restarting failed container=${containerName(pod)} pod=${pod.metadata.name}`;
  const status = {
    state: { waiting: { reason: 'CrashLoopBackOff', message } },
    lastState: { terminated: ended },
    restartCount: 5,
  };
  putNotReady(world, pod, status, 'Running', (container) => container);
  const log = [
    `${world.ago(63_000)} INFO starting`,
    `${world.ago(62_500)} INFO reading settings from the environment`,
    `${world.ago(62_000)} FATAL required environment variable TOLL_LEDGER_DSN is not set`,
    '',
  ].join('\n');
  for (const previous of [false, true]) {
    world.state.setLog(pod.metadata.namespace ?? '', pod.metadata.name, containerName(pod), log, previous);
  }
  const about = { about: pod, type: 'Warning', component: 'kubelet', first: 600_000, last: 30_000 } as const;
  world.event({ ...about, reason: 'BackOff', message: message.replace('2m40s ', ''), count: 12 });
}

function lacksImage(world: World, pod: KubeObject): void {
  const image = `registry.example/toll/${containerName(pod)}:7.7.7-absent`;
  const message = `Back-off pulling image "${image}": ErrImagePull: ${notFound(image)}`;
  const status = {
    state: { waiting: { reason: 'ImagePullBackOff', message } },
    lastState: {},
    restartCount: 0,
    image,
    imageID: '',
  };
  putNotReady(world, pod, status, 'Pending', (container) => ({ ...container, image }));
  const about = { about: pod, type: 'Warning', component: 'kubelet', first: 600_000, last: 30_000 } as const;
  world.event({ ...about, reason: 'Failed', message: `Failed to pull image "${image}": ${notFound(image)}`, count: 6 });
  world.event({ ...about, reason: 'Failed', message: 'Error: ImagePullBackOff', count: 20 });
}

/** The pod with its first container in that state, and what follows from it in its conditions. */
function putNotReady(
  world: World,
  pod: KubeObject,
  first: Fields,
  phase: string,
  changeContainer: (container: Fields) => Fields,
): void {
  const spec = pod['spec'] as { containers: Fields[] };
  const status = pod['status'] as { containerStatuses?: Fields[]; conditions?: Fields[] };
  const name = containerName(pod);
  const conditions = (status.conditions ?? []).map((it) =>
    ['Ready', 'ContainersReady'].includes(String(it['type']))
      ? {
          ...it,
          status: 'False',
          reason: 'ContainersNotReady',
          message: `containers with unready status: [${name}]`,
          lastTransitionTime: world.ago(600_000),
        }
      : it,
  );
  const containerStatuses = (status.containerStatuses ?? []).map((it) =>
    it['name'] === name ? { ...it, ready: false, started: false, ...first } : it,
  );
  world.put({
    ...pod,
    spec: { ...spec, containers: spec.containers.map((it) => (it['name'] === name ? changeContainer(it) : it)) },
    status: { ...status, phase, conditions, containerStatuses },
  });
}

function notAvailable(world: World, owner: KubeObject, lost: number): KubeObject {
  const status = owner['status'] as Fields;
  const less = (key: string): Fields =>
    typeof status[key] === 'number' ? { [key]: Math.max(0, status[key] - lost) } : {};
  const conditions = ((status['conditions'] ?? []) as Fields[]).map((it) =>
    it['type'] === 'Available'
      ? {
          ...it,
          status: 'False',
          reason: 'MinimumReplicasUnavailable',
          message: 'Deployment does not have minimum availability.',
          lastTransitionTime: world.ago(600_000),
        }
      : it,
  );
  return {
    ...owner,
    status: {
      ...status,
      ...less('readyReplicas'),
      ...less('availableReplicas'),
      ...less('numberReady'),
      ...less('numberAvailable'),
      ...(owner.kind === 'Deployment' ? { unavailableReplicas: lost } : {}),
      ...(conditions.length > 0 ? { conditions } : {}),
    },
  };
}

/** The Service of the state, or one of its namespace, asks for a label that no pod has. */
function selectorMismatch(recording: Recording): Planted | null {
  const { focus, recorded_at: at } = recording.truth;
  const state = recordedState(recording.dump);
  const world = worldOf(state, at);
  if (focus.kind === 'Namespace') addVictim(world, focus.name);
  const namespace = focus.kind === 'Namespace' ? focus.name : focus.namespace;
  const name = focus.kind === 'Namespace' ? 'tollbooth' : focus.name;
  const service = ['Namespace', 'Service'].includes(focus.kind) ? state.find('v1', 'Service', namespace, name) : null;
  const selected = podsSelected(state, service);
  if (!service || selected.length === 0) return null;
  const spec = service['spec'] as { selector: Record<string, string> };
  const selector = Object.fromEntries(Object.entries(spec.selector).map(([key, value]) => [key, `${value}-v2`]));
  state.put({ ...service, spec: { ...spec, selector } });
  for (const slice of state.select('discovery.k8s.io/v1', 'EndpointSlice', { namespace: namespace ?? '' })) {
    if (slice.metadata.labels?.['kubernetes.io/service-name'] === name)
      state.put({ ...slice, endpoints: [], ports: [] });
  }
  return { state, mechanism: 'selector_mismatch', entities: [{ kind: 'Service', namespace, name }] };
}

function podsSelected(state: ClusterState, service: KubeObject | null): KubeObject[] {
  const selector = (service?.['spec'] as { selector?: Record<string, string> } | undefined)?.selector ?? {};
  const wanted = Object.entries(selector);
  if (wanted.length === 0) return [];
  return state
    .select('v1', 'Pod', { namespace: service?.metadata.namespace ?? '' })
    .filter(({ metadata }) => wanted.every(([key, value]) => metadata.labels?.[key] === value));
}

function containerName(pod: KubeObject): string {
  return (pod['spec'] as { containers: { name: string }[] }).containers[0]?.name ?? '';
}

function fieldOf(value: unknown, ...path: readonly string[]): unknown {
  return path.reduce<unknown>((part, key) => (part as Fields | undefined)?.[key], value);
}
