import type { KubeObject } from '../../kube/cluster-reader.ts';
import { addNamespace } from '../../sim/objects/background.ts';
import type { ContainerLife, PodTemplateSpec } from '../../sim/objects/pods.ts';
import type { FaultScript, Stage } from './fault-script.ts';
import {
  available,
  type DeploymentFacts,
  makeDeployment,
  makeHealthyDeployment,
  makeReplica,
  makeReplicaSet,
  makeService,
} from '../../sim/objects/workloads.ts';
import type { World } from '../../sim/objects/world.ts';

const day = 24 * 3_600_000;

/** Containers that start and die: a setting that nobody set, too little memory, an init container. */
export const crashScripts: readonly FaultScript[] = [missingEnv(), outOfMemory(), initCrash()];

function missingEnv(): FaultScript {
  const template = (version: string): PodTemplateSpec => ({
    containers: [
      {
        name: 'checkout',
        image: `registry.example/shop/checkout:${version}`,
        port: 8080,
        env: [{ name: 'PRICING_URL', value: 'http://pricing.shop:8080' }],
      },
    ],
  });
  const old = { namespace: 'shop', name: 'checkout', replicas: 2, age: 3 * day, hash: '57786f9cbb' };
  const facts: DeploymentFacts = { ...old, age: 95_000, revision: 2, hash: '7876dd8dd7', template: template('1.5.0') };
  return {
    cluster: 'prod-eu',
    faultType: 'PodCrash',
    owner: { kind: 'Deployment', namespace: 'shop', name: 'checkout' },
    causeWords: ['PRICING_API_TOKEN'],
    setUp: (world) => {
      const pods = makeHealthyDeployment(world, { ...old, template: template('1.4.2') }, ['worker-01', 'worker-02']);
      makeService(world, 'checkout', 8080, pods);
      for (const pod of pods)
        world.state.setLog('shop', pod.metadata.name, 'checkout', started(world, 'checkout', '1.4.2'));
    },
    steps: () => {
      const rollout = (stage: Stage, life: ContainerLife): KubeObject => {
        const deployment = makeDeployment(stage.world, facts, { current: 3, updated: 1, ready: 2 }, [
          available(stage.world, 3 * day, true),
          updating(stage.world, facts),
        ]);
        return crashingPod(stage.world, deployment, facts, life);
      };
      const log = (world: World): string =>
        `${started(world, 'checkout', '1.5.0').split('\n')[0]}
${world.ago(2000)} INFO checkout: setting PRICING_URL=http://pricing.shop:8080
${world.ago(2000)} FATAL checkout: startup failed: required environment variable PRICING_API_TOKEN is not set
`;
      return crashSteps(rollout, { exitCode: 1, reason: 'Error', container: 'checkout', log });
    },
  };
}

function outOfMemory(): FaultScript {
  const template: PodTemplateSpec = {
    containers: [{ name: 'ledger-export', image: 'registry.example/payments/ledger-export:3.2.0', memory: '64Mi' }],
  };
  const facts: DeploymentFacts = {
    namespace: 'payments',
    name: 'ledger-export',
    replicas: 1,
    age: 140_000,
    hash: '6c8f9d7b54',
    template,
  };
  return {
    cluster: 'prod-us',
    faultType: 'PodCrash',
    owner: { kind: 'Deployment', namespace: 'payments', name: 'ledger-export' },
    causeWords: ['64Mi'],
    setUp: (world) => addNamespace(world, 'payments'),
    steps: () => {
      const rollout = (stage: Stage, life: ContainerLife): KubeObject =>
        crashingPod(stage.world, unavailableDeployment(stage.world, facts), facts, life);
      const log = (world: World): string =>
        `${world.ago(9000)} INFO ledger-export: ledger-export 3.2.0 starting
${world.ago(8000)} INFO ledger-export: reading postings of 2026-11 into memory (412000 rows)
${world.ago(5000)} INFO ledger-export: 180000 of 412000 rows, resident memory 58 MiB
`;
      return crashSteps(rollout, { exitCode: 137, reason: 'OOMKilled', container: 'ledger-export', log });
    },
  };
}

function initCrash(): FaultScript {
  const template: PodTemplateSpec = {
    initContainers: [
      { name: 'migrate', image: 'registry.example/media/thumbnailer:2.8.1', command: ['/app/migrate', 'up'] },
    ],
    containers: [{ name: 'thumbnailer', image: 'registry.example/media/thumbnailer:2.8.1', port: 8080 }],
  };
  const facts: DeploymentFacts = {
    namespace: 'media',
    name: 'thumbnailer',
    replicas: 1,
    age: 110_000,
    hash: '5d4f8c9b6d',
    template,
  };
  return {
    cluster: 'prod-us',
    faultType: 'InitCrash',
    owner: { kind: 'Deployment', namespace: 'media', name: 'thumbnailer' },
    causeWords: ['migrate'],
    setUp: () => {},
    steps: () => [{ at: 200, run: ({ world }) => stopInInit(world, facts) }],
  };
}

function stopInInit(world: World, facts: DeploymentFacts): void {
  const deployment = unavailableDeployment(world, facts);
  const replicaSet = makeReplicaSet(world, deployment, facts, { desired: 1, ready: 0 });
  const pod = makeReplica(world, replicaSet, facts, {
    node: 'worker-01',
    life: { kind: 'waiting', reason: 'PodInitializing' },
    initLife: { kind: 'crashloop', exitCode: 1, reason: 'Error', restarts: 4, ended: 12_000 },
  });
  const log = `${world.ago(13_000)} INFO migrate: 41 of 42 migrations are applied
${world.ago(12_000)} FATAL migrate: migration 0042_add_checksum failed: column "checksum" of relation "assets" already exists
`;
  for (const previous of [false, true]) world.state.setLog('media', pod.metadata.name, 'migrate', log, previous);
  backOffEvent(world, pod, 'migrate', 'spec.initContainers{migrate}');
}

/** A pod whose one container dies, then is restarted until the kubelet backs off. */
function crashSteps(
  rollout: (stage: Stage, life: ContainerLife) => KubeObject,
  death: { exitCode: number; reason: string; container: string; log: (world: World) => string },
): { at: number; run(stage: Stage): void }[] {
  const { exitCode, reason, container, log } = death;
  return [
    {
      at: 100,
      run: (stage) => {
        const pod = rollout(stage, { kind: 'exited', exitCode, reason, ended: 1000 });
        stage.world.state.setLog(pod.metadata.namespace ?? '', pod.metadata.name, container, log(stage.world));
        stage.notice(pod);
      },
    },
    {
      at: 900,
      run: (stage) => {
        const { world } = stage;
        const pod = rollout(stage, { kind: 'crashloop', exitCode, reason, restarts: 4, ended: 1000 });
        for (const previous of [false, true]) {
          world.state.setLog(pod.metadata.namespace ?? '', pod.metadata.name, container, log(world), previous);
        }
        backOffEvent(world, pod, container, `spec.containers{${container}}`);
        stage.notice(pod);
      },
    },
  ];
}

/** The new ReplicaSet's one pod; the same pod each time. */
function crashingPod(world: World, deployment: KubeObject, facts: DeploymentFacts, life: ContainerLife): KubeObject {
  const replicaSet = world.state.find('apps/v1', 'ReplicaSet', facts.namespace, `${facts.name}-${facts.hash}`);
  const owner = replicaSet ?? makeReplicaSet(world, deployment, facts, { desired: 1, ready: 0 });
  const replicas = { namespace: facts.namespace, labelSelector: `pod-template-hash=${facts.hash}` };
  const [existing] = world.state.select('v1', 'Pod', replicas);
  return makeReplica(world, owner, facts, {
    ...(existing && { name: existing.metadata.name }),
    node: 'worker-01',
    life,
  });
}

function unavailableDeployment(world: World, facts: DeploymentFacts): KubeObject {
  const none = { current: 1, updated: 1, ready: 0 };
  return makeDeployment(world, facts, none, [available(world, facts.age, false), updating(world, facts)]);
}

function updating(world: World, { name, hash, age }: DeploymentFacts): object {
  return {
    type: 'Progressing',
    status: 'True',
    lastUpdateTime: world.ago(age),
    lastTransitionTime: world.ago(age),
    reason: 'ReplicaSetUpdated',
    message: `ReplicaSet "${name}-${hash}" is progressing.`,
  };
}

function backOffEvent(world: World, pod: KubeObject, container: string, fieldPath: string): void {
  const { name, namespace, uid } = pod.metadata;
  const message = `Back-off restarting failed container ${container} in pod ${name}_${namespace}(${uid})`;
  const facts = { about: pod, component: 'kubelet', host: 'worker-01', fieldPath };
  world.event({ ...facts, type: 'Warning', reason: 'BackOff', message, count: 7, first: 80_000, last: 2000 });
}

function started(world: World, name: string, version: string): string {
  return `${world.ago(3000)} INFO ${name}: ${name} ${version} starting\n${world.ago(2500)} INFO ${name}: listening on 0.0.0.0:8080\n`;
}
