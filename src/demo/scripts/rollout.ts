import type { FaultScript } from './fault-script.ts';
import {
  available,
  type DeploymentFacts,
  makeDeployment,
  makeHealthyDeployment,
  makeReplica,
  makeReplicaSet,
  makeService,
  progressed,
} from '../../sim/objects/workloads.ts';
import type { World } from '../../sim/objects/world.ts';

const day = 24 * 3_600_000;

/** Rollouts that do not end: an image that does not exist (pod and Deployment belong together), a quota that is used up. */
export const rolloutScripts: readonly FaultScript[] = [imageNotFound(), quotaExceeded()];

function imageNotFound(): FaultScript {
  const template = (tag: string) => ({
    containers: [{ name: 'query-api', image: `registry.example/search/query-api:${tag}`, port: 8080 }],
  });
  const old = { namespace: 'search', name: 'query-api', replicas: 2, age: 6 * day, hash: '6b9f7c5d88' };
  const facts: DeploymentFacts = {
    ...old,
    age: 160_000,
    revision: 2,
    hash: '84d6c7f9b5',
    template: template('2.7.0-rc9'),
  };
  return {
    cluster: 'prod-eu',
    faultType: 'ImagePull',
    owner: { kind: 'Deployment', namespace: 'search', name: 'query-api' },
    causeWords: ['2.7.0-rc9'],
    setUp: (world) => {
      const pods = makeHealthyDeployment(world, { ...old, template: template('2.6.0') }, ['worker-01', 'worker-02']);
      makeService(world, 'query-api', 8080, pods);
      for (const pod of pods)
        world.state.setLog('search', pod.metadata.name, 'query-api', 'INFO query-api: listening\n');
    },
    steps: () => [
      { at: 150, run: ({ world }) => pullImage(world, facts) },
      // A rollout gives up long after its image cannot be pulled: the sweep has told of that by then.
      { at: 6000, run: (stage) => stage.notice(giveUp(stage.world, facts)) },
    ],
  };
}

function pullImage(world: World, facts: DeploymentFacts): void {
  const counts = { current: 3, updated: 1, ready: 2 };
  const deployment = makeDeployment(world, facts, counts, [available(world, 6 * day, true), progressed(world, facts)]);
  const replicaSet = makeReplicaSet(world, deployment, facts, { desired: 1, ready: 0 });
  const image = facts.template.containers[0]?.image ?? '';
  const detail = `rpc error: code = NotFound desc = failed to pull and unpack image "${image}": failed to resolve reference "${image}": ${image}: not found`;
  const message = `Back-off pulling image "${image}": ErrImagePull: ${detail}`;
  const pod = makeReplica(world, replicaSet, facts, {
    node: 'worker-02',
    life: { kind: 'waiting', reason: 'ImagePullBackOff', message },
  });
  const event = {
    about: pod,
    type: 'Warning',
    reason: 'Failed',
    component: 'kubelet',
    host: 'worker-02',
    fieldPath: 'spec.containers{query-api}',
    count: 5,
    first: 150_000,
    last: 20_000,
  } as const;
  world.event({ ...event, message: `Failed to pull image "${image}": ${detail}` });
  world.event({ ...event, message: 'Error: ErrImagePull' });
  world.event({ ...event, message: 'Error: ImagePullBackOff', count: 9 });
}

function giveUp(world: World, facts: DeploymentFacts) {
  return makeDeployment(world, facts, { current: 3, updated: 1, ready: 2 }, [
    available(world, 6 * day, true),
    {
      type: 'Progressing',
      status: 'False',
      lastUpdateTime: world.ago(500),
      lastTransitionTime: world.ago(500),
      reason: 'ProgressDeadlineExceeded',
      message: `ReplicaSet "${facts.name}-${facts.hash}" has timed out progressing.`,
    },
  ]);
}

function quotaExceeded(): FaultScript {
  const facts: DeploymentFacts = {
    namespace: 'datalab',
    name: 'notebooks',
    replicas: 3,
    age: 12 * day,
    hash: '7f6b8d9c44',
    template: { containers: [{ name: 'notebook', image: 'registry.example/datalab/notebook:5.1.0', memory: '1Gi' }] },
  };
  return {
    cluster: 'prod-eu',
    faultType: 'CreateFailed',
    owner: { kind: 'Deployment', namespace: 'datalab', name: 'notebooks' },
    causeWords: ['team-quota'],
    setUp: (world) => {
      const pods = makeHealthyDeployment(world, facts, ['worker-01', 'worker-02', 'worker-03']);
      for (const pod of pods) world.state.setLog('datalab', pod.metadata.name, 'notebook', 'INFO notebook: ready\n');
      world.put({
        apiVersion: 'v1',
        kind: 'ResourceQuota',
        metadata: world.meta('datalab', 'team-quota', 90 * day),
        spec: { hard: { pods: '3', 'limits.memory': '8Gi' } },
        status: { hard: { pods: '3', 'limits.memory': '8Gi' }, used: { pods: '3', 'limits.memory': '3Gi' } },
      });
    },
    steps: () => [{ at: 250, run: ({ world }) => scaleOverQuota(world, { ...facts, replicas: 5 }) }],
  };
}

function scaleOverQuota(world: World, facts: DeploymentFacts): void {
  const { name, hash } = facts;
  const refusal = (): string =>
    `pods "${name}-${hash}-${world.suffix()}" is forbidden: exceeded quota: team-quota, requested: pods=1, used: pods=3, limited: pods=3`;
  const failure = {
    type: 'ReplicaFailure',
    status: 'True',
    lastTransitionTime: world.ago(120_000),
    reason: 'FailedCreate',
    message: refusal(),
  };
  const deployment = makeDeployment(world, facts, { current: 3, updated: 3, ready: 3 }, [
    available(world, 120_000, false),
    progressed(world, facts),
    { ...failure, lastUpdateTime: failure.lastTransitionTime },
  ]);
  const existing = world.current('apps/v1', 'ReplicaSet', 'datalab', `${name}-${hash}`);
  const spec = existing['spec'] as object;
  const status = { replicas: 3, readyReplicas: 3, availableReplicas: 3, observedGeneration: 2, conditions: [failure] };
  const replicaSet = world.put({ ...existing, spec: { ...spec, replicas: 5 }, status });
  world.event({
    about: deployment,
    type: 'Normal',
    reason: 'ScalingReplicaSet',
    message: `Scaled up replica set ${name}-${hash} from 3 to 5`,
    component: 'deployment-controller',
    first: 121_000,
  });
  for (const first of [120_000, 100_000, 60_000]) {
    const message = `Error creating: ${refusal()}`;
    const component = 'replicaset-controller';
    world.event({ about: replicaSet, type: 'Warning', reason: 'FailedCreate', message, component, first });
  }
}
