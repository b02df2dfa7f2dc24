import type { CompactRecording } from '../../../eval/recorded-state.ts';
import type { ClusterReader, KubeObject } from '../../../src/kube/cluster-reader.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import type { ClusterState } from '../../../src/sim/api/cluster-state.ts';
import { addHealthy } from '../../../src/sim/objects/background.ts';
import type { ContainerLife } from '../../../src/sim/objects/pods.ts';
import { makeDeployment, makeReplica, makeReplicaSet } from '../../../src/sim/objects/workloads.ts';
import { World } from '../../../src/sim/objects/world.ts';
import { mapObjects, seeded } from './strings.ts';

/** The simulated cluster at the time of a recording. */
export function worldOf(state: ClusterState, recordedAt: string | undefined): World {
  const at = Date.parse(recordedAt ?? '') || 0;
  return new World(state, { ...systemClock, now: () => at }, seeded(7));
}

/** Healthy Deployments with their Services, one pod each, that have nothing to do with anything else. */
export function addBystanders(world: World, namespace: string, count: number): void {
  const node = readyNode(world.state);
  for (let one = 0; one < count; one += 1) {
    addHealthy(world, `${namespace}/bystander-${one}:1.0.0`, 1, [node]);
  }
}

/** A Deployment that cannot get its image: a fault of its own, from a registry that nothing else uses. */
export function addUnrelatedPull(world: World, namespace: string): void {
  const image = 'images.elsewhere.example/timber/lumberyard:9.9.9';
  const message = `Back-off pulling image "${image}": ErrImagePull: ${notFound(image)}`;
  const pod = addBroken(world, namespace, image, { kind: 'waiting', reason: 'ImagePullBackOff', message });
  const about = { about: pod, type: 'Warning', component: 'kubelet', first: 7_100_000, last: 60_000 } as const;
  world.event({
    ...about,
    reason: 'Failed',
    message: `Failed to pull image "${image}": ${notFound(image)}`,
    count: 20,
  });
}

/** A Deployment whose program ends for a reason of its own. */
export function addUnrelatedCrash(world: World, namespace: string): void {
  const image = 'images.elsewhere.example/timber/lumberyard:9.9.8';
  const life = { kind: 'crashloop', exitCode: 2, reason: 'Error', restarts: 14, ended: 90_000 } as const;
  const pod = addBroken(world, namespace, image, life);
  const log = [
    `${world.ago(91_000)} INFO lumberyard 9.9.8`,
    `${world.ago(90_500)} INFO 14 saws found`,
    `${world.ago(90_000)} FATAL saw 9 has no teeth, giving up`,
    '',
  ].join('\n');
  for (const previous of [false, true]) world.state.setLog(namespace, pod.metadata.name, 'lumberyard', log, previous);
  const message = 'Back-off restarting failed container lumberyard in pod';
  world.event({
    about: pod,
    type: 'Warning',
    component: 'kubelet',
    first: 7_100_000,
    last: 60_000,
    reason: 'BackOff',
    message,
  });
}

function addBroken(world: World, namespace: string, image: string, life: ContainerLife): KubeObject {
  const name = 'lumberyard';
  const template = { containers: [{ name, image }] };
  const facts = { namespace, name, replicas: 1, age: 7_200_000, hash: '6c9d8f7b54', template };
  const deployment = makeDeployment(world, facts, { current: 1, updated: 1, ready: 0 }, []);
  const replicaSet = makeReplicaSet(world, deployment, facts, { desired: 1, ready: 0 });
  return makeReplica(world, replicaSet, facts, { node: readyNode(world.state), life });
}

export const notFound = (image: string): string =>
  `rpc error: code = NotFound desc = failed to pull and unpack image "${image}": failed to resolve reference "${image}": ${image}: not found`;

function readyNode(state: ClusterState): string {
  const nodes = state.select('v1', 'Node', {});
  const ready = nodes.find((node) => {
    const { conditions = [] } =
      (node as unknown as { status?: { conditions?: { type: string; status: string }[] } }).status ?? {};
    return conditions.some((it) => it.type === 'Ready' && it.status === 'True');
  });
  return ready?.metadata.name ?? '';
}

/** Events whose message is cut as the API server cuts it. */
export function withCutMessages(dump: CompactRecording, bytes: number): CompactRecording {
  return mapObjects(dump, (object, kind) => {
    const { message } = object;
    if (kind !== 'Event' || typeof message !== 'string' || Buffer.byteLength(message) <= bytes) return object;
    return {
      ...object,
      message: Buffer.from(message)
        .subarray(0, bytes)
        .toString('utf8')
        .replace(/\uFFFD+$/, ''),
    };
  });
}

/** Lists whose order means nothing. */
const unordered = new Set([
  'conditions',
  'containerStatuses',
  'endpoints',
  'subjects',
  'rules',
  'volumes',
  'volumeMounts',
]);

/** The objects with their unordered lists in another order. */
export function withShuffledLists(dump: CompactRecording): CompactRecording {
  const random = seeded(11);
  const walk = (value: unknown, key: string): unknown => {
    if (Array.isArray(value)) {
      const parts = value.map((part) => walk(part, ''));
      return unordered.has(key) ? shuffled(parts, random) : parts;
    }
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, walk(part, name)]));
  };
  return mapObjects(dump, (object) => walk(object, '') as KubeObject);
}

/** A reader that gives each list in another order than the cluster. */
export function shuffling(reader: ClusterReader): ClusterReader {
  const random = seeded(13);
  return {
    get: (...args) => reader.get(...args),
    logs: (...args) => reader.logs(...args),
    list: async (...args) => {
      const answer = await reader.list(...args);
      return { ...answer, items: shuffled(answer.items, random) };
    },
  };
}

function shuffled<T>(items: readonly T[], random: () => number): T[] {
  return items
    .map((item) => ({ item, at: random() }))
    .toSorted((a, b) => a.at - b.at)
    .map(({ item }) => item);
}
