import { describe, test } from 'vitest';
import { TestCluster } from '../cluster.ts';
import { expectCause } from './expected.ts';

describe('QUA-1: mechanisms beyond the pod', () => {
  test('a network plugin has given away every address of its range', async () => {
    const cluster = new TestCluster();
    cluster.node('n1');
    cluster.deployment('quays', 'berths', {
      status: {
        phase: 'Pending',
        conditions: [
          { type: 'PodScheduled', status: 'True' },
          { type: 'Ready', status: 'False' },
        ],
        containerStatuses: [
          {
            name: 'berths',
            ready: false,
            restartCount: 0,
            state: { waiting: { reason: 'ContainerCreating' } },
          },
        ],
      },
    });
    cluster.event(
      'Pod',
      'quays',
      'berths-5d8f-abcde',
      'FailedCreatePodSandBox',
      'Failed to create pod sandbox: rpc error: code = Unknown desc = failed to setup network for sandbox "4f1c": plugin type="bridge" failed (add): failed to allocate for range 0: no IP addresses available in range set: 10.20.3.1-10.20.3.254',
    );
    await expectCause(cluster, ['Deployment', 'quays', 'berths'], {
      cause: 'Node n1 ip_exhausted',
      says: [/10\.20\.3\.1-10\.20\.3\.254/],
      never: [/cni plugin (?:is )?not/i, /does not run/],
    });
  });

  test('a driver is not on the node, for its DaemonSet leaves that node out', async () => {
    const cluster = new TestCluster();
    cluster.node('n1', { labels: { pool: 'arm' } });
    cluster.deployment('quays', 'manifests', {
      spec: {
        containers: [
          {
            name: 'manifests',
            image: 'registry.test/manifests:1.0',
            volumeMounts: [{ name: 'share', mountPath: '/share' }],
          },
        ],
        volumes: [
          {
            name: 'share',
            persistentVolumeClaim: { claimName: 'manifest-share' },
          },
        ],
      },
      status: {
        phase: 'Pending',
        conditions: [
          { type: 'PodScheduled', status: 'True' },
          { type: 'Ready', status: 'False' },
        ],
        containerStatuses: [
          {
            name: 'manifests',
            ready: false,
            restartCount: 0,
            state: { waiting: { reason: 'ContainerCreating' } },
          },
        ],
      },
    });
    cluster.add('PersistentVolumeClaim', 'quays', 'manifest-share', {
      spec: { accessModes: ['ReadWriteMany'], volumeName: 'pv-share' },
      status: { phase: 'Bound' },
    });
    cluster.add('PersistentVolume', null, 'pv-share', {
      spec: {
        accessModes: ['ReadWriteMany'],
        csi: { driver: 'smb.csi.files.test', volumeHandle: 'h1' },
        claimRef: { namespace: 'quays', name: 'manifest-share' },
      },
      status: { phase: 'Bound' },
    });
    cluster.add('CSINode', null, 'n1', {
      spec: { drivers: [{ name: 'disk.csi.block.test', nodeID: 'n1' }] },
    });
    cluster.add('CSIDriver', null, 'smb.csi.files.test', {
      spec: { attachRequired: false },
    });
    cluster.add('DaemonSet', 'kube-system', 'csi-smb-node', {
      spec: {
        selector: { matchLabels: { app: 'csi-smb-node' } },
        template: {
          metadata: { labels: { app: 'csi-smb-node' } },
          spec: {
            nodeSelector: { pool: 'amd' },
            containers: [
              {
                name: 'registrar',
                image: 'registry.test/csi-registrar:2',
                args: ['--kubelet-registration-path=/var/lib/kubelet/plugins/smb.csi.files.test/csi.sock'],
              },
              { name: 'smb', image: 'registry.test/smb-csi:1.9' },
            ],
          },
        },
      },
      status: { desiredNumberScheduled: 3, numberReady: 3 },
    });
    cluster.event(
      'Pod',
      'quays',
      'manifests-5d8f-abcde',
      'FailedMount',
      'MountVolume.MountDevice failed for volume "pv-share" : kubernetes.io/csi: attacher.MountDevice failed to create newCsiDriverClient: driver name smb.csi.files.test not found in the list of registered CSI drivers',
    );
    await expectCause(cluster, ['Deployment', 'quays', 'manifests'], {
      cause: [
        'DaemonSet csi-smb-node csi_driver_missing',
        'CSIDriver smb.csi.files.test csi_driver_missing',
        'Node n1 csi_driver_missing',
      ],
      says: [/smb\.csi\.files\.test/, /n1/],
      never: [/claim .{0,40}does not exist/],
    });
  });

  test('an aggregated API has no Service behind it', async () => {
    const cluster = new TestCluster();
    cluster.node('n1');
    cluster.add('APIService', null, 'v1beta1.berths.quays.test', {
      spec: {
        group: 'berths.quays.test',
        version: 'v1beta1',
        service: { namespace: 'quay-system', name: 'berth-api', port: 443 },
      },
      status: {
        conditions: [
          {
            type: 'Available',
            status: 'False',
            reason: 'ServiceNotFound',
            message: 'service/berth-api in "quay-system" is not present',
            lastTransitionTime: '2026-01-01T09:40:00Z',
          },
        ],
      },
    });
    await expectCause(cluster, ['APIService', null, 'v1beta1.berths.quays.test'], {
      cause: [
        'Service berth-api apiservice_unavailable',
        'APIService v1beta1.berths.quays.test apiservice_unavailable',
        'Service berth-api service_missing',
      ],
      says: [/berth-api/, /quay-system/],
    });
  });

  test('a CronJob fails night after night with the same words', async () => {
    const cluster = new TestCluster();
    cluster.node('n1');
    const template = {
      spec: {
        restartPolicy: 'Never',
        containers: [
          {
            name: 'export',
            image: 'registry.test/export:5',
            env: [{ name: 'PGHOST', value: 'quays-db' }],
          },
        ],
      },
    };
    cluster.add('CronJob', 'quays', 'export', {
      metadata: { creationTimestamp: '2025-11-01T10:00:00Z' },
      spec: {
        schedule: '0 2 * * *',
        jobTemplate: { spec: { backoffLimit: 0, template } },
      },
      status: { lastScheduleTime: '2026-01-01T02:00:00Z' },
    });
    for (const day of ['30', '31', '01']) {
      const at = day === '01' ? '2026-01-01' : `2025-12-${day}`;
      const job = `export-294${day}`;
      cluster.add('Job', 'quays', job, {
        metadata: {
          creationTimestamp: `${at}T02:00:00Z`,
          ownerReferences: [
            {
              apiVersion: 'batch/v1',
              kind: 'CronJob',
              name: 'export',
              uid: 'uid-CronJob-export',
              controller: true,
            },
          ],
        },
        spec: { backoffLimit: 0, template },
        status: {
          failed: 1,
          startTime: `${at}T02:00:00Z`,
          conditions: [
            {
              type: 'Failed',
              status: 'True',
              reason: 'BackoffLimitExceeded',
              message: 'Job has reached the specified backoff limit',
              lastTransitionTime: `${at}T02:00:09Z`,
            },
          ],
        },
      });
      cluster.add('Pod', 'quays', `${job}-p1`, {
        metadata: {
          creationTimestamp: `${at}T02:00:00Z`,
          labels: { 'job-name': job, 'batch.kubernetes.io/job-name': job },
          ownerReferences: [
            {
              apiVersion: 'batch/v1',
              kind: 'Job',
              name: job,
              uid: `uid-Job-${job}`,
              controller: true,
            },
          ],
        },
        spec: { nodeName: 'n1', ...template.spec },
        status: {
          phase: 'Failed',
          containerStatuses: [
            {
              name: 'export',
              ready: false,
              restartCount: 0,
              state: {
                terminated: {
                  exitCode: 1,
                  reason: 'Error',
                  finishedAt: `${at}T02:00:07Z`,
                },
              },
            },
          ],
        },
      });
      cluster.log(
        'quays',
        `${job}-p1`,
        'export',
        'pg_dump: error: could not translate host name "quays-db" to address: Name or service not known\n',
      );
    }
    cluster.service('quays', 'quays-pg', { port: 5432 });
    cluster.running('quays', 'quays-pg', 'database system is ready to accept connections\n');
    await expectCause(cluster, ['CronJob', 'quays', 'export'], {
      cause: ['CronJob export wrong_dns_name', 'Service quays-db service_missing', 'CronJob export wrong_endpoint'],
      says: [/quays-db/],
      never: [/backoffLimit/, /raise/],
    });
  });
});
