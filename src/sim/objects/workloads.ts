import type { KubeObject } from '../../kube/cluster-reader.ts';
import { makePod, type PodFacts, podSpec, type PodTemplateSpec } from './pods.ts';
import { controlledBy, type World } from './world.ts';

export interface DeploymentFacts {
  readonly namespace: string;
  readonly name: string;
  readonly replicas: number;
  readonly age: number;
  readonly revision?: number;
  /** pod-template-hash of the revision. */
  readonly hash: string;
  readonly template: PodTemplateSpec;
}

/** Replicas as the controllers count them. */
export interface Replicas {
  readonly current: number;
  readonly updated: number;
  readonly ready: number;
}

/** A Deployment whose condition is given; a rolled out one by default. It keeps its uid when it is put again. */
export function makeDeployment(
  world: World,
  facts: DeploymentFacts,
  replicas: Replicas = { current: facts.replicas, updated: facts.replicas, ready: facts.replicas },
  conditions?: readonly object[],
): KubeObject {
  const { namespace, name, age, revision = 1 } = facts;
  const existing = world.state.find('apps/v1', 'Deployment', namespace, name)?.metadata;
  const missing = facts.replicas - replicas.ready;
  return world.put({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: {
      ...(existing ?? world.meta(namespace, name, age)),
      generation: revision,
      labels: { app: name },
      annotations: { 'deployment.kubernetes.io/revision': String(revision) },
    },
    spec: {
      replicas: facts.replicas,
      selector: { matchLabels: { app: name } },
      template: { metadata: { labels: { app: name } }, spec: podSpec(facts.template) },
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: '25%', maxSurge: '25%' } },
      revisionHistoryLimit: 10,
      progressDeadlineSeconds: 600,
    },
    status: {
      observedGeneration: revision,
      replicas: replicas.current,
      updatedReplicas: replicas.updated,
      readyReplicas: replicas.ready,
      availableReplicas: replicas.ready,
      ...(missing > 0 && { unavailableReplicas: missing }),
      conditions: conditions ?? [available(world, age, missing <= 0), progressed(world, facts)],
    },
  });
}

export function available(world: World, age: number, good: boolean): object {
  return {
    type: 'Available',
    status: good ? 'True' : 'False',
    lastUpdateTime: world.ago(age),
    lastTransitionTime: world.ago(age),
    reason: good ? 'MinimumReplicasAvailable' : 'MinimumReplicasUnavailable',
    message: good ? 'Deployment has minimum availability.' : 'Deployment does not have minimum availability.',
  };
}

export function progressed(world: World, { name, hash, age }: DeploymentFacts): object {
  return {
    type: 'Progressing',
    status: 'True',
    lastUpdateTime: world.ago(age),
    lastTransitionTime: world.ago(age),
    reason: 'NewReplicaSetAvailable',
    message: `ReplicaSet "${name}-${hash}" has successfully progressed.`,
  };
}

/** The ReplicaSet of one revision. */
export function makeReplicaSet(
  world: World,
  deployment: KubeObject,
  facts: DeploymentFacts,
  counts: { readonly desired: number; readonly ready: number; readonly conditions?: readonly object[] },
): KubeObject {
  const { namespace, name, hash, age, revision = 1 } = facts;
  const { conditions = [] } = counts;
  const labels = { app: name, 'pod-template-hash': hash };
  return world.put({
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: world.meta(namespace, `${name}-${hash}`, age, {
      generation: 1,
      labels,
      annotations: {
        'deployment.kubernetes.io/desired-replicas': String(facts.replicas),
        'deployment.kubernetes.io/revision': String(revision),
      },
      ownerReferences: controlledBy(deployment),
    }),
    spec: {
      replicas: counts.desired,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: podSpec(facts.template) },
    },
    status: {
      replicas: conditions.length > 0 ? counts.ready : counts.desired,
      ...(counts.ready > 0 && { readyReplicas: counts.ready, availableReplicas: counts.ready }),
      observedGeneration: 1,
      ...(conditions.length > 0 && { conditions }),
    },
  });
}

/** A rolled out Deployment with ReplicaSet and running pods, one on each of the nodes in turn. */
export function makeHealthyDeployment(world: World, facts: DeploymentFacts, nodes: readonly string[]): KubeObject[] {
  const deployment = makeDeployment(world, facts);
  const replicaSet = makeReplicaSet(world, deployment, facts, { desired: facts.replicas, ready: facts.replicas });
  return Array.from({ length: facts.replicas }, (_, i) =>
    makeReplica(world, replicaSet, facts, {
      node: nodes[i % nodes.length] ?? '',
      life: { kind: 'running', started: facts.age - 2000 },
    }),
  );
}

/** One pod of a ReplicaSet, with a generated name and the age of the workload unless `pod` says otherwise. */
export function makeReplica(
  world: World,
  replicaSet: KubeObject,
  facts: DeploymentFacts,
  pod: Pick<PodFacts, 'life'> & Partial<Omit<PodFacts, 'owner' | 'template' | 'labels'>>,
): KubeObject {
  return makePod(world, {
    owner: replicaSet,
    template: facts.template,
    labels: { app: facts.name, 'pod-template-hash': facts.hash },
    name: `${replicaSet.metadata.name}-${world.suffix()}`,
    age: facts.age,
    ...pod,
  });
}

/** A Service and the EndpointSlice of its ready pods. */
export function makeService(world: World, name: string, port: number, pods: readonly KubeObject[]): KubeObject {
  const namespace = pods[0]?.metadata.namespace ?? 'default';
  const age = 9 * 24 * 3_600_000;
  const service = world.put({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: world.meta(namespace, name, age, { labels: { app: name } }),
    spec: {
      type: 'ClusterIP',
      clusterIP: `10.96.${name.length}.${port % 250}`,
      selector: { app: name },
      ports: [{ name: 'http', port, protocol: 'TCP', targetPort: port }],
    },
    status: { loadBalancer: {} },
  });
  world.put({
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: world.meta(namespace, `${name}-${world.suffix()}`, age, {
      labels: { 'kubernetes.io/service-name': name },
      ownerReferences: controlledBy(service),
    }),
    addressType: 'IPv4',
    ports: [{ name: 'http', port, protocol: 'TCP' }],
    endpoints: pods.map((pod, i) => ({
      addresses: [`10.244.2.${20 + i}`],
      conditions: { ready: true, serving: true, terminating: false },
      targetRef: { kind: 'Pod', namespace, name: pod.metadata.name, uid: pod.metadata.uid },
    })),
  });
  return service;
}

export function makeConfigMap(
  world: World,
  namespace: string,
  name: string,
  data: Readonly<Record<string, string>>,
): KubeObject {
  const age = 40 * 24 * 3_600_000;
  return world.put({ apiVersion: 'v1', kind: 'ConfigMap', metadata: world.meta(namespace, name, age), data });
}
