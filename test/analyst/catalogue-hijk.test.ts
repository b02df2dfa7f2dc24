import { describe, expect, test } from 'vitest';
import { causeOf } from './answer-about.ts';
import { TestCluster } from './cluster.ts';

const about = (cluster: TestCluster, kind = 'Deployment', name = 'app', ns: string | null = 'ns'): Promise<string> =>
  causeOf(cluster, kind, ns, name);
const refusedLog = (url: string): string =>
  `2026-01-01 10:00:00 ERROR lookup failed: GET ${url}: connection refused\n`.repeat(5);
const unresolvedLog = (host: string): string =>
  `2026-01-01 10:00:00 CRITICAL could not translate host name "${host}" to address: Name or service not known`;

describe('QUA-1: family H, network and DNS', () => {
  function caller(log: string, value: string): TestCluster {
    const cluster = new TestCluster();
    cluster.running('ns', 'app', log, { env: [{ name: 'API_URL', value }] });
    return cluster;
  }
  test('71: a selector that matches no pod', async () => {
    const cluster = caller(refusedLog('http://api/'), 'http://api');
    cluster.running('ns', 'api', 'ok', { ports: [{ containerPort: 80 }] });
    cluster.service('ns', 'api', { selector: { app: 'api', version: 'v2' } });
    expect(await about(cluster)).toBe('Service api selector_mismatch [v2] high');
  });
  test('61: a workload that is scaled to zero', async () => {
    const cluster = caller(refusedLog('http://api/'), 'http://api');
    cluster.deployment('ns', 'api', { replicas: 0 });
    cluster.service('ns', 'api');
    expect(await about(cluster)).toBe('Deployment api scaled_to_zero [0] high');
  });
  test('72: a wrong targetPort', async () => {
    const cluster = caller(refusedLog('http://api/'), 'http://api');
    cluster.running('ns', 'api', 'ok', { ports: [{ containerPort: 8080 }] });
    cluster.service('ns', 'api', { port: 80, targetPort: 8081 });
    expect(await about(cluster)).toBe('Service api wrong_target_port [8081] high');
  });
  test('74: a selector that takes foreign pods', async () => {
    const cluster = caller(
      '2026-01-01 10:00:00 ERROR GET http://api/: 404 not found, connection refused\n'.repeat(5),
      'http://api',
    );
    cluster.running('ns', 'api', 'ok', { ports: [{ containerPort: 80 }] });
    cluster.running('ns', 'api-admin', 'ok', { ports: [{ containerPort: 80 }] });
    for (const it of cluster.objects.filter((x) => x.kind === 'Pod' && x.metadata.name.startsWith('api')))
      (it.metadata.labels as Record<string, string>)['tier'] = 'backend';
    cluster.service('ns', 'api', { selector: { tier: 'backend' } });
    expect(await about(cluster)).toBe('Service api selector_too_broad [tier=backend] high');
  });
  test('30: a port that the Service does not offer', async () => {
    const cluster = caller(refusedLog('http://api:9000/'), 'http://api:9000');
    cluster.running('ns', 'api', 'ok', { ports: [{ containerPort: 80 }] });
    cluster.service('ns', 'api');
    expect(await about(cluster)).toBe('Deployment app wrong_endpoint [http://api:9000] high');
  });
  test('73: a Service that is gone', async () => {
    const cluster = new TestCluster();
    cluster.crash('ns', 'app', { log: unresolvedLog('api'), container: { env: [{ name: 'API', value: 'api:80' }] } });
    cluster.running('ns', 'api', 'ok', { ports: [{ containerPort: 80 }] });
    expect(await about(cluster)).toBe('Service api service_missing [api] high');
  });
  test('79: a name that is misspelt', async () => {
    const cluster = new TestCluster();
    cluster.crash('ns', 'app', {
      log: unresolvedLog('invetory'),
      container: { env: [{ name: 'API', value: 'invetory:80' }] },
    });
    cluster.running('ns', 'inventory', 'ok', { ports: [{ containerPort: 80 }] });
    cluster.service('ns', 'inventory');
    expect(await about(cluster)).toBe('Deployment app wrong_dns_name [invetory:80] high');
  });
  test('80: a dnsPolicy that does not know the cluster', async () => {
    const cluster = new TestCluster();
    const spec = {
      dnsPolicy: 'None',
      dnsConfig: { nameservers: ['192.0.2.53'] },
      containers: [{ name: 'app', image: 'a:1', env: [{ name: 'API', value: 'api:80' }] }],
    };
    cluster.crash('ns', 'app', { log: unresolvedLog('api'), spec });
    cluster.running('ns', 'api', 'ok', { ports: [{ containerPort: 80 }] });
    cluster.service('ns', 'api');
    expect(await about(cluster)).toBe('Deployment app wrong_dns_policy [None] high');
  });
  test('81: an Ingress to a Service that does not exist', async () => {
    const cluster = new TestCluster();
    const paths = [{ path: '/', backend: { service: { name: 'webb', port: { number: 80 } } } }];
    cluster.add('Ingress', 'ns', 'web', { spec: { rules: [{ http: { paths } }] } });
    cluster.service('ns', 'web');
    expect(await about(cluster, 'Ingress', 'web')).toBe('Ingress web ingress_backend_missing [webb] high');
  });
  test('123: a broken dependency is the cause, its callers are victims', async () => {
    const cluster = new TestCluster();
    cluster.crash('ns', 'app', {
      log: 'FATAL connection to server at "cache" (10.0.0.9), port 6379 failed: Connection refused',
      container: { env: [{ name: 'CACHE', value: 'cache:6379' }] },
    });
    cluster.crash('ns', 'cache', {
      exitCode: 137,
      reason: 'OOMKilled',
      container: { ports: [{ containerPort: 6379 }], resources: { limits: { memory: '20Mi' } } },
    });
    cluster.service('ns', 'cache', { port: 6379 });
    expect(await about(cluster)).toBe('Deployment cache oom_limit [20Mi] high');
  });
});

describe('QUA-1: family I, storage', () => {
  const mounted = { volumes: [{ name: 'd', persistentVolumeClaim: { claimName: 'data' } }] };
  const unbound = '0/1 nodes are available: pod has unbound immediate PersistentVolumeClaims. not found';
  function claimed(claim: Record<string, unknown>, event?: [string, string]): TestCluster {
    const cluster = new TestCluster();
    cluster.pending('ns', 'app', unbound, mounted);
    cluster.node('n1');
    cluster.add('PersistentVolumeClaim', 'ns', 'data', {
      spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '50Gi' } }, ...claim },
      status: { phase: 'Pending' },
    });
    if (event) cluster.event('PersistentVolumeClaim', 'ns', 'data', ...event);
    return cluster;
  }
  test('91: a StorageClass that does not exist', async () => {
    const cluster = claimed({ storageClassName: 'gold' }, [
      'ProvisioningFailed',
      'storageclass.storage.k8s.io "gold" not found',
    ]);
    expect(await about(cluster)).toBe('PersistentVolumeClaim data storageclass_missing [gold] high');
  });
  test('93: no volume is large enough', async () => {
    const cluster = claimed({}, [
      'FailedBinding',
      'no persistent volumes available for this claim and no storage class is set',
    ]);
    cluster.add('PersistentVolume', null, 'pv1', {
      spec: { capacity: { storage: '10Gi' }, accessModes: ['ReadWriteOnce'] },
      status: { phase: 'Available' },
    });
    expect(await about(cluster)).toBe('PersistentVolumeClaim data no_matching_pv [50Gi] high');
  });
  test('95: a host path of another kind', async () => {
    const cluster = new TestCluster();
    cluster.deployment('ns', 'app', {
      spec: {
        containers: [{ name: 'app', image: 'a:1' }],
        volumes: [{ name: 'h', hostPath: { path: '/mnt/fast', type: 'Directory' } }],
      },
      status: {
        containerStatuses: [
          { name: 'app', ready: false, restartCount: 0, state: { waiting: { reason: 'ContainerCreating' } } },
        ],
      },
    });
    cluster.event(
      'Pod',
      'ns',
      'app-5d8f-abcde',
      'FailedMount',
      'MountVolume.SetUp failed for volume "h" : hostPath type check failed: /mnt/fast is not a directory',
    );
    expect(await about(cluster)).toBe('Deployment app hostpath_missing [/mnt/fast] high');
  });
  test('103: an emptyDir over its limit', async () => {
    const cluster = new TestCluster();
    cluster.deployment('ns', 'app', {
      status: {
        phase: 'Failed',
        reason: 'Evicted',
        message: 'Usage of EmptyDir volume "cache" exceeds the limit "30Mi". ',
      },
    });
    expect(await about(cluster)).toBe('Deployment app ephemeral_eviction [30Mi] high');
  });
});

describe('QUA-1: family J, nodes', () => {
  function onNode(conditions: Record<string, unknown>[]): TestCluster {
    const cluster = new TestCluster();
    cluster.deployment('ns', 'app', { status: { phase: 'Running' } });
    cluster.node('n1', { conditions });
    return cluster;
  }
  test('99: a node that stopped reporting', async () => {
    const cluster = onNode([
      {
        type: 'Ready',
        status: 'Unknown',
        reason: 'NodeStatusUnknown',
        message: 'Kubelet stopped posting node status.',
      },
    ]);
    expect(await about(cluster, 'Node', 'n1', null)).toBe('Node n1 node_down [NodeStatusUnknown] high');
  });
  test('99: its workloads are victims', async () => {
    const cluster = onNode([
      {
        type: 'Ready',
        status: 'Unknown',
        reason: 'NodeStatusUnknown',
        message: 'Kubelet stopped posting node status.',
      },
    ]);
    expect(await about(cluster)).toBe('Node n1 node_down [NodeStatusUnknown] high');
  });
  test('101: memory pressure', async () => {
    const cluster = onNode([
      { type: 'Ready', status: 'True' },
      { type: 'MemoryPressure', status: 'True', message: 'kubelet has insufficient memory available' },
    ]);
    expect(await about(cluster, 'Node', 'n1', null)).toBe('Node n1 memory_pressure [MemoryPressure] high');
  });
});

describe('QUA-1: family K, rights and finalizers', () => {
  const log =
    'ERROR configmaps is forbidden: User "system:serviceaccount:ns:reader" cannot list resource "configmaps" in API group "" in the namespace "ns"';
  const rules = (verbs: string[]) => ({ rules: [{ apiGroups: [''], resources: ['configmaps'], verbs }] });
  function denied(verbs: string[], subject: string): TestCluster {
    const cluster = new TestCluster();
    cluster.crash('ns', 'app', { log, spec: { serviceAccountName: 'reader' } });
    cluster.add('ServiceAccount', 'ns', 'reader');
    cluster.add('Role', 'ns', 'cm-reader', rules(verbs));
    cluster.add('RoleBinding', 'ns', 'cm-reader', {
      roleRef: { kind: 'Role', name: 'cm-reader' },
      subjects: [{ kind: 'ServiceAccount', name: subject, namespace: 'ns' }],
    });
    return cluster;
  }
  test('109: a Role that lacks a verb', async () => {
    expect(await about(denied(['get'], 'reader'))).toBe('Role cm-reader rbac_missing [list] high');
  });
  test('109: a binding for somebody else', async () => {
    expect(await about(denied(['get', 'list'], 'readers'))).toBe(
      'RoleBinding cm-reader rbac_wrong_subject [readers] high',
    );
  });
  test('110: a finalizer that nobody removes', async () => {
    const cluster = new TestCluster();
    cluster.add('ConfigMap', 'ns', 'old', {
      metadata: { deletionTimestamp: '2026-01-01T09:00:00Z', finalizers: ['acme.test/cleanup'] },
    });
    cluster.running('ns', 'app', 'ok');
    expect(await about(cluster, 'ConfigMap', 'old')).toBe('ConfigMap old finalizer_stuck [acme.test/cleanup] high');
  });
});

describe('QUA-1: family H, policies and addresses', () => {
  function called(log: string, env: { name: string; value: string }[]): TestCluster {
    const cluster = new TestCluster();
    cluster.running('ns', 'app', log.repeat(5), { env });
    cluster.running('ns', 'api', 'ok', { ports: [{ containerPort: 80 }] });
    cluster.service('ns', 'api');
    cluster.add('EndpointSlice', 'ns', 'api-1', {
      metadata: { labels: { 'kubernetes.io/service-name': 'api' } },
      endpoints: [{ addresses: ['10.1.1.1'], conditions: { ready: true } }],
    });
    return cluster;
  }
  const env = [{ name: 'API', value: 'http://api:80' }];
  const timeout = '2026-01-01 10:00:00 ERROR GET http://api:80/ timed out\n';
  test('76: a NetworkPolicy that admits others only', async () => {
    const cluster = called(timeout, env);
    cluster.add('NetworkPolicy', 'ns', 'api-only-web', {
      spec: {
        podSelector: { matchLabels: { app: 'api' } },
        policyTypes: ['Ingress'],
        ingress: [{ from: [{ podSelector: { matchLabels: { tier: 'web' } } }] }],
      },
    });
    expect(await about(cluster)).toBe('NetworkPolicy api-only-web other [tier=web] high');
  });
  test('76: a policy that admits the caller is not to blame', async () => {
    const cluster = called(timeout, env);
    cluster.add('NetworkPolicy', 'ns', 'api-in', {
      spec: {
        podSelector: {},
        policyTypes: ['Ingress'],
        ingress: [{ from: [{ podSelector: { matchLabels: { app: 'app' } } }] }],
      },
    });
    expect(await about(cluster)).toBe('no fault');
  });
  test('77: a policy without DNS', async () => {
    const cluster = called(
      '2026-01-01 10:00:00 ERROR lookup api: could not translate host name "api" to address\n',
      env,
    );
    cluster.add('NetworkPolicy', 'ns', 'no-egress', {
      spec: { podSelector: {}, policyTypes: ['Egress'], egress: [{ ports: [{ port: 443 }] }] },
    });
    expect(await about(cluster)).toBe('NetworkPolicy no-egress other [no-egress] high');
  });
  test('30: localhost where nothing listens', async () => {
    const cluster = called('2026-01-01 10:00:00 ERROR connect localhost:5432: connection refused\n', [
      { name: 'DB', value: 'postgres://localhost:5432/x' },
    ]);
    expect(await about(cluster)).toBe('Deployment app wrong_endpoint [postgres://localhost:5432/x] high');
  });
  test('72: the log tells another port than the spec', async () => {
    const cluster = called('2026-01-01 10:00:00 ERROR GET http://api:80/: connection refused\n', env);
    cluster.log('ns', 'api-5d8f-abcde', 'api', 'INFO listening on 0.0.0.0:9000');
    expect(await about(cluster)).toBe('Service api wrong_target_port [80] high');
  });
});

test('110: a namespace that stays', async () => {
  const cluster = new TestCluster();
  cluster.add('Namespace', null, 'ns', {
    metadata: { deletionTimestamp: '2026-01-01T09:00:00Z' },
    status: {
      phase: 'Terminating',
      conditions: [
        {
          type: 'NamespaceFinalizersRemaining',
          status: 'True',
          message: 'Some content in the namespace has finalizers remaining: acme.test/hold in 1 resource instances',
        },
      ],
    },
  });
  expect(await about(cluster, 'Namespace', 'ns', null)).toBe('Namespace ns finalizer_stuck [acme.test/hold] high');
});

test('28: a file of an optional ConfigMap that does not exist', async () => {
  const cluster = new TestCluster();
  const volumes = [{ name: 'c', configMap: { name: 'conf', optional: true } }];
  cluster.crash('ns', 'app', {
    log: "FileNotFoundError: [Errno 2] No such file or directory: '/etc/app/app.yaml'",
    spec: {
      containers: [{ name: 'app', image: 'a:1', volumeMounts: [{ name: 'c', mountPath: '/etc/app' }] }],
      volumes,
    },
  });
  expect(await about(cluster)).toBe('ConfigMap conf missing_configmap [conf] high');
});
