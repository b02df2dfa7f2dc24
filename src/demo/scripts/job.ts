import type { KubeObject } from '../../kube/cluster-reader.ts';
import { addHealthy, addNamespace } from '../../sim/objects/background.ts';
import { makePod, podSpec, type PodTemplateSpec } from '../../sim/objects/pods.ts';
import type { FaultScript } from './fault-script.ts';
import type { World } from '../../sim/objects/world.ts';

const namespace = 'billing';
const name = 'month-close';
const template: PodTemplateSpec = {
  restartPolicy: 'Never',
  containers: [
    {
      name,
      image: 'registry.example/billing/month-close:1.9.0',
      // The Service listens on 5432.
      env: [{ name: 'LEDGER_DB', value: 'ledger-db.billing:5423' }],
    },
  ],
};

/** A Job that gives up: its configuration has a wrong port. */
export const jobScripts: readonly FaultScript[] = [
  {
    cluster: 'prod-us',
    faultType: 'JobFailure',
    owner: { kind: 'Job', namespace, name },
    causeWords: ['5423'],
    setUp: (world) => {
      addNamespace(world, namespace);
      addHealthy(world, 'billing/ledger-db:16.4', 1, ['worker-02'], 5432);
    },
    steps: () => [{ at: 600, run: (stage) => stage.notice(failJob(stage.world)) }],
  },
];

function failJob(world: World): KubeObject {
  const meta = world.meta(namespace, name, 130_000, { generation: 1, labels: { app: name } });
  const labels = {
    'batch.kubernetes.io/controller-uid': meta.uid ?? '',
    'batch.kubernetes.io/job-name': name,
    'controller-uid': meta.uid ?? '',
    'job-name': name,
  };
  const job = world.put({
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: meta,
    spec: {
      parallelism: 1,
      completions: 1,
      backoffLimit: 2,
      selector: { matchLabels: { 'batch.kubernetes.io/controller-uid': meta.uid ?? '' } },
      template: { metadata: { labels }, spec: podSpec(template) },
      completionMode: 'NonIndexed',
      suspend: false,
      podReplacementPolicy: 'TerminatingOrFailed',
    },
    status: failedStatus(world),
  });
  for (const ended of [118_000, 84_000, 4000]) failedPod(world, job, labels, ended);
  const message = 'Job has reached the specified backoff limit';
  const component = 'job-controller';
  world.event({ about: job, type: 'Warning', reason: 'BackoffLimitExceeded', message, component, first: 2000 });
  return job;
}

function failedStatus(world: World): object {
  const condition = (type: string): object => ({
    type,
    status: 'True',
    lastProbeTime: world.ago(2000),
    lastTransitionTime: world.ago(2000),
    reason: 'BackoffLimitExceeded',
    message: 'Job has reached the specified backoff limit',
  });
  return {
    conditions: [condition('FailureTarget'), condition('Failed')],
    startTime: world.ago(130_000),
    failed: 3,
    terminating: 0,
    uncountedTerminatedPods: {},
    ready: 0,
  };
}

function failedPod(world: World, job: KubeObject, labels: Record<string, string>, ended: number): void {
  const pod = makePod(world, {
    owner: job,
    template,
    labels,
    name: `${name}-${world.suffix()}`,
    age: ended + 8000,
    node: 'worker-02',
    life: { kind: 'exited', exitCode: 1, reason: 'Error', ended },
  });
  const log = `${world.ago(ended + 6000)} INFO month-close: month-close 1.9.0 closing 2026-10
${world.ago(ended + 5000)} INFO month-close: connecting to ledger-db.billing:5423
${world.ago(ended)} FATAL month-close: cannot connect to ledger-db.billing:5423: connection refused (10.96.9.182:5423)
`;
  world.state.setLog(namespace, pod.metadata.name, name, log);
}
