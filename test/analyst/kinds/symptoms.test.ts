import { describe, test } from 'vitest';
import { TestCluster } from '../cluster.ts';
import { expectCause } from './expected.ts';

const claim = (cluster: TestCluster, namespace: string, name: string): void => {
  cluster.add('PersistentVolumeClaim', namespace, name, {
    spec: {
      accessModes: ['ReadWriteOnce'],
      volumeName: `pv-${name}`,
      resources: { requests: { storage: '20Gi' } },
    },
    status: { phase: 'Bound', accessModes: ['ReadWriteOnce'] },
  });
  cluster.add('PersistentVolume', null, `pv-${name}`, {
    spec: {
      capacity: { storage: '20Gi' },
      accessModes: ['ReadWriteOnce'],
      claimRef: { namespace, name },
    },
    status: { phase: 'Bound' },
  });
};

describe('QUA-1: a symptom is not sold as a cause', () => {
  test('a database may not write below its claim, and its pod sets a user without fsGroup', async () => {
    const cluster = new TestCluster();
    cluster.node('n1');
    claim(cluster, 'telemetry', 'columns-data');
    cluster.crash('telemetry', 'columns', {
      exitCode: 70,
      log: `Processing configuration file '/etc/clickhouse-server/config.xml'.
Logging trace to /var/log/clickhouse-server/clickhouse-server.log
Application: filesystem error: in create_directories: Permission denied ["/var/lib/clickhouse/preprocessed_configs"]
`,
      container: {
        volumeMounts: [{ name: 'data', mountPath: '/var/lib/clickhouse' }],
      },
      spec: {
        securityContext: {
          runAsUser: 4101,
          runAsGroup: 4101,
          runAsNonRoot: true,
        },
        volumes: [
          {
            name: 'data',
            persistentVolumeClaim: { claimName: 'columns-data' },
          },
        ],
      },
    });
    await expectCause(cluster, ['Deployment', 'telemetry', 'columns'], {
      cause: 'Deployment columns volume_permission',
      says: [/fsGroup/, /\/var\/lib\/clickhouse/, /4101/],
      never: [/makes \S+ end/i, /ConfigMap/],
    });
  });

  test('the reverse: the pod sets the group, and the path that is refused is not on the volume', async () => {
    const cluster = new TestCluster();
    cluster.node('n1');
    claim(cluster, 'telemetry', 'columns-data');
    cluster.crash('telemetry', 'columns', {
      exitCode: 70,
      log: `Application: filesystem error: in create_directories: Permission denied ["/var/spool/columns/preprocessed"]
`,
      container: {
        volumeMounts: [{ name: 'data', mountPath: '/var/lib/clickhouse' }],
      },
      spec: {
        securityContext: { runAsUser: 4101, runAsGroup: 4101, fsGroup: 4101 },
        volumes: [
          {
            name: 'data',
            persistentVolumeClaim: { claimName: 'columns-data' },
          },
        ],
      },
    });
    await expectCause(cluster, ['Deployment', 'telemetry', 'columns'], {
      cause: ['Deployment columns security_context', 'Deployment columns app_exit'],
      says: [/\/var\/spool\/columns/],
      never: [/set fsGroup|add fsGroup|without (?:an )?fsGroup|no fsGroup/i, /columns-data/],
    });
  });

  test('a program ends with words that nothing in the cluster explains: quoted, at most medium', async () => {
    const cluster = new TestCluster();
    cluster.node('n1');
    cluster.crash('rating', 'premium-worker', {
      log: `[2026-01-01 10:03:57,110: INFO/MainProcess] Connected to amqp://rating@broker:5672//
[2026-01-01 10:03:57,402: INFO/MainProcess] premium@premium-worker-5d8f-abcde ready.
[2026-01-01 10:03:58,006: CRITICAL/MainProcess] Unrecoverable error: ShardEpochError('shard 7 lost its epoch')
Traceback (most recent call last):
  File "/usr/local/lib/python3.12/site-packages/celery/worker/worker.py", line 202, in start
    self.blueprint.start(self)
  File "/srv/premium/shards.py", line 61, in attach
    raise ShardEpochError("shard 7 lost its epoch")
premium.shards.ShardEpochError: shard 7 lost its epoch
`,
    });
    await expectCause(cluster, ['Deployment', 'rating', 'premium-worker'], {
      cause: 'Deployment premium-worker app_exit',
      atMost: 'medium',
      says: [/shard 7 lost its epoch/, /not shown|does not show|cannot be seen|nothing (?:that was read|else)/i],
      never: [/Correct what makes/i, /broker/],
    });
  });

  test('a controller asks for a version of a built-in kind that the server no longer serves', async () => {
    const cluster = new TestCluster();
    cluster.node('n1');
    cluster.crash('queues', 'broker-operator', {
      log: `2026-01-01T10:03:51Z	INFO	setup	starting manager
2026-01-01T10:03:51Z	INFO	Starting EventSource	{"controller": "broker", "source": "kind source: *v1beta1.PodDisruptionBudget"}
2026-01-01T10:03:52Z	ERROR	controller-runtime.source.EventHandler	if kind is a CRD, it should be installed before calling Start	{"kind": "PodDisruptionBudget.policy", "error": "no matches for kind \\"PodDisruptionBudget\\" in version \\"policy/v1beta1\\""}
2026-01-01T10:03:59Z	ERROR	setup	problem running manager	{"error": "failed to wait for broker caches to sync: timed out waiting for cache to be synced for Kind *v1beta1.PodDisruptionBudget"}
`,
    });
    await expectCause(cluster, ['Deployment', 'queues', 'broker-operator'], {
      cause: 'Deployment broker-operator api_removed',
      value: 'policy/v1beta1',
      says: [/PodDisruptionBudget/, /policy\/v1beta1/],
      never: [/CustomResourceDefinition .* does not exist/, /install the CRD/i],
    });
  });

  test('the reverse: a kind of nobody but its operator, whose definition was never installed', async () => {
    const cluster = new TestCluster();
    cluster.node('n1');
    cluster.crash('queues', 'broker-operator', {
      log: `2026-01-01T10:03:52Z	ERROR	controller-runtime.source.EventHandler	if kind is a CRD, it should be installed before calling Start	{"kind": "BrokerShard.queues.acme.test", "error": "no matches for kind \\"BrokerShard\\" in version \\"queues.acme.test/v1\\""}
2026-01-01T10:03:59Z	ERROR	setup	problem running manager	{"error": "failed to wait for shard caches to sync: timed out waiting for cache to be synced for Kind *v1.BrokerShard"}
`,
    });
    await expectCause(cluster, ['Deployment', 'queues', 'broker-operator'], {
      cause: 'CustomResourceDefinition brokershards.queues.acme.test crd_missing',
      says: [/BrokerShard/],
      never: [/timed out waiting/],
    });
  });

  test('a runtime has a heap limit of its own far below that of the container', async () => {
    const cluster = new TestCluster();
    cluster.node('n1');
    cluster.crash('invoices', 'renderer', {
      exitCode: 139,
      log: `info: Microsoft.Hosting.Lifetime[0]
      Application started. Press Ctrl+C to shut down.
Out of memory.
Unhandled exception. System.OutOfMemoryException: Exception of type 'System.OutOfMemoryException' was thrown.
   at Renderer.Pages.Rasterise(Page page) in /src/Pages.cs:line 214
`,
      container: {
        env: [{ name: 'DOTNET_GCHeapHardLimit', value: '0xC800000' }],
        resources: { limits: { memory: '2Gi' }, requests: { memory: '1Gi' } },
      },
    });
    await expectCause(cluster, ['Deployment', 'invoices', 'renderer'], {
      cause: 'Deployment renderer heap_limit',
      value: '0xC800000',
      says: [/DOTNET_GCHeapHardLimit/, /2Gi/],
      never: [/raise the (?:memory )?limit of the container/i],
    });
  });

  test('a script runs out of the memory that its own settings file gives it', async () => {
    const cluster = new TestCluster();
    cluster.node('n1');
    cluster.add('ConfigMap', 'invoices', 'import-php', {
      data: { 'limits.ini': 'max_execution_time = 300\nmemory_limit = 128M\n' },
    });
    cluster.crash('invoices', 'import', {
      exitCode: 255,
      log: 'importing customers.csv\nPHP Fatal error:  Allowed memory size of 134217728 bytes exhausted (tried to allocate 20480 bytes) in /srv/app/Import.php on line 88\n',
      container: {
        resources: { limits: { memory: '1Gi' } },
        volumeMounts: [{ name: 'ini', mountPath: '/usr/local/etc/php/conf.d' }],
      },
      spec: { volumes: [{ name: 'ini', configMap: { name: 'import-php' } }] },
    });
    await expectCause(cluster, ['Deployment', 'invoices', 'import'], {
      cause: 'ConfigMap import-php heap_limit',
      says: [/memory_limit/, /128M/, /1Gi/],
      never: [/OOMKilled container/],
    });
  });

  test('a container is ended from outside and nothing says by whom: no limit is blamed', async () => {
    const cluster = new TestCluster();
    cluster.node('n1');
    cluster.crash('invoices', 'stamper', {
      exitCode: 137,
      log: 'INFO stamping batch 88\nINFO stamping batch 89\n',
      container: { resources: { limits: { memory: '256Mi' } } },
    });
    await expectCause(cluster, ['Deployment', 'invoices', 'stamper'], {
      cause: 'Deployment stamper app_exit',
      atMost: 'medium',
      says: [/137|SIGKILL/, /outside/],
      never: [/memory limit .{0,30}(?:too low|below)/, /[Rr]aise the memory/],
    });
  });
});
