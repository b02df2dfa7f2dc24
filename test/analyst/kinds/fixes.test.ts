import { describe, expect, test } from 'vitest';
import type { Verdict } from '../../../src/domain/verdict/verdict.ts';
import { TestCluster } from '../cluster.ts';
import { amend } from '../rules/amend.ts';
import { expectCause } from './expected.ts';

const commandsOf = (verdict: Verdict): string => verdict.remediation.map(({ command }) => command ?? '').join('\n');

const exceedingMemory = (name: string): TestCluster => {
  const cluster = new TestCluster();
  cluster.node('n1');
  cluster.crash('looms', name, {
    exitCode: 137,
    reason: 'OOMKilled',
    log: 'INFO weaving pattern 17\n',
    container: {
      resources: { limits: { memory: '96Mi' }, requests: { memory: '96Mi' } },
    },
  });
  return cluster;
};

describe('QUA-1: a fix holds: it names its cluster, can be undone, and nobody reverts it', () => {
  test('the memory of a Deployment of nobody is changed at the Deployment', async () => {
    const { verdict } = await expectCause(exceedingMemory('shuttle'), ['Deployment', 'looms', 'shuttle'], {
      cause: 'Deployment shuttle oom_limit',
      value: '96Mi',
      says: [/kubectl --context c1 -n looms (?:set resources|patch|edit) deployment/],
    });
    expect.soft(commandsOf(verdict)).not.toMatch(/ (?:edit|patch) (?:pod|replicaset)\b/);
  });

  test('the reverse: an operator writes the Deployment, so the step goes to what the operator reads', async () => {
    const cluster = exceedingMemory('shuttle');
    amend(cluster, 'Deployment', 'shuttle', {
      metadata: {
        ownerReferences: [
          {
            apiVersion: 'mills.acme.test/v1',
            kind: 'Loom',
            name: 'shuttle-loom',
            uid: 'uid-Loom-shuttle-loom',
            controller: true,
          },
        ],
      },
    });
    cluster.add('Loom', 'looms', 'shuttle-loom', {
      apiVersion: 'mills.acme.test/v1',
      spec: { memory: '96Mi' },
    });
    const { verdict } = await expectCause(cluster, ['Deployment', 'looms', 'shuttle'], {
      cause: ['Deployment shuttle oom_limit', 'Loom shuttle-loom oom_limit'],
      says: [/Loom/i, /shuttle-loom/],
    });
    expect.soft(commandsOf(verdict)).not.toMatch(/set resources deployment/);
  });

  test('a release tool keeps the Deployment as its chart has it, so the step says so', async () => {
    const cluster = exceedingMemory('carder');
    amend(cluster, 'Deployment', 'carder', {
      metadata: {
        labels: { 'app.kubernetes.io/managed-by': 'Helm' },
        annotations: {
          'meta.helm.sh/release-name': 'mill',
          'meta.helm.sh/release-namespace': 'looms',
        },
      },
    });
    await expectCause(cluster, ['Deployment', 'looms', 'carder'], {
      cause: 'Deployment carder oom_limit',
      says: [/Helm|chart/, /\bmill\b/],
    });
  });

  test('a workload at zero that an autoscaler keeps at its least is not scaled by hand below it', async () => {
    const cluster = new TestCluster();
    cluster.node('n1');
    cluster.pending(
      'looms',
      'dyer',
      '0/1 nodes are available: 1 Insufficient cpu. preemption: 0/1 nodes are available: 1 No preemption victims found for incoming pod.',
      {
        containers: [
          {
            name: 'dyer',
            image: 'registry.test/dyer:1.0',
            resources: { requests: { cpu: '6', memory: '64Mi' } },
          },
        ],
      },
    );
    cluster.add('HorizontalPodAutoscaler', 'looms', 'dyer', {
      spec: {
        scaleTargetRef: {
          apiVersion: 'apps/v1',
          kind: 'Deployment',
          name: 'dyer',
        },
        minReplicas: 1,
        maxReplicas: 4,
      },
      status: { currentReplicas: 1, desiredReplicas: 1 },
    });
    const { verdict } = await expectCause(cluster, ['Deployment', 'looms', 'dyer'], {
      cause: 'Deployment dyer insufficient_resources',
      says: [/cpu/, /\b6\b/],
    });
    expect.soft(commandsOf(verdict)).not.toMatch(/kubectl[^\n]* scale /);
  });

  test('a quota that is used up: reading first, and the change says how it is taken back', async () => {
    const cluster = new TestCluster();
    cluster.deployment('looms', 'winder', {});
    cluster.objects.splice(
      cluster.objects.findIndex(({ kind }) => kind === 'Pod'),
      1,
    );
    cluster.add('ResourceQuota', 'looms', 'mill', {
      spec: { hard: { 'requests.memory': '2Gi' } },
      status: {
        hard: { 'requests.memory': '2Gi' },
        used: { 'requests.memory': '2000Mi' },
      },
    });
    cluster.event(
      'ReplicaSet',
      'looms',
      'winder-5d8f',
      'FailedCreate',
      'Error creating: pods "winder-5d8f-m2x9r" is forbidden: exceeded quota: mill, requested: requests.memory=128Mi, used: requests.memory=2000Mi, limited: requests.memory=2Gi',
    );
    await expectCause(cluster, ['Deployment', 'looms', 'winder'], {
      cause: 'ResourceQuota mill quota_exceeded',
      says: [/requests\.memory/, /2Gi/, /--context c1/],
      never: [/delete (?:resourcequota|quota)/i],
    });
  });

  test('the template of a Job cannot be edited, so no step does', async () => {
    const cluster = new TestCluster();
    cluster.node('n1');
    const spec = {
      restartPolicy: 'Never',
      containers: [
        {
          name: 'reindex',
          image: 'registry.test/reindex:2',
          command: ['reindx', '--all'],
        },
      ],
    };
    const message =
      'failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: error during container init: exec: "reindx": executable file not found in $PATH';
    cluster.add('Job', 'looms', 'reindex', {
      spec: { backoffLimit: 3, template: { spec } },
      status: { active: 1, failed: 1, startTime: '2026-01-01T10:00:00Z' },
    });
    cluster.add('Pod', 'looms', 'reindex-4kx2p', {
      metadata: {
        labels: {
          'batch.kubernetes.io/job-name': 'reindex',
          'job-name': 'reindex',
        },
        ownerReferences: [
          {
            apiVersion: 'batch/v1',
            kind: 'Job',
            name: 'reindex',
            uid: 'uid-Job-reindex',
            controller: true,
          },
        ],
      },
      spec: { nodeName: 'n1', ...spec },
      status: {
        phase: 'Failed',
        containerStatuses: [
          {
            name: 'reindex',
            ready: false,
            restartCount: 0,
            state: {
              terminated: {
                exitCode: 128,
                reason: 'StartError',
                message,
                finishedAt: '2026-01-01T10:03:00Z',
              },
            },
          },
        ],
      },
    });
    const { verdict } = await expectCause(cluster, ['Job', 'looms', 'reindex'], {
      cause: 'Job reindex bad_command',
      value: 'reindx',
      says: [/reindx/],
    });
    expect.soft(commandsOf(verdict)).not.toMatch(/ (?:edit|patch|set image) job/);
  });

  test('a ConfigMap that may not change is not edited', async () => {
    const cluster = new TestCluster();
    cluster.node('n1');
    cluster.add('ConfigMap', 'looms', 'spinner-7f2', {
      immutable: true,
      data: { 'spinner.conf': 'speed = 1200rpm\nmode = turbo\n' },
    });
    cluster.crash('looms', 'spinner', {
      log: 'FATAL /etc/spinner/spinner.conf: invalid value "turbo" for mode: must be one of slow, fast\n',
      container: {
        volumeMounts: [{ name: 'conf', mountPath: '/etc/spinner' }],
      },
      spec: { volumes: [{ name: 'conf', configMap: { name: 'spinner-7f2' } }] },
    });
    const { verdict } = await expectCause(cluster, ['Deployment', 'looms', 'spinner'], {
      cause: 'ConfigMap spinner-7f2 bad_config_value',
      value: 'turbo',
      says: [/immutable/i],
    });
    expect.soft(commandsOf(verdict)).not.toMatch(/edit configmap|patch configmap/);
  });
});
