import { describe, test } from 'vitest';
import { TestCluster } from '../cluster.ts';
import { expectCause } from './expected.ts';
import { changing, crashedPod, newPod } from './rollout.ts';

const unpulled = (cluster: TestCluster, name: string, image: string, message: string): void => {
  cluster.node('n1');
  cluster.deployment('depot', name, {
    spec: {
      containers: [{ name, image }],
      imagePullSecrets: [{ name: 'depot-pull' }],
    },
    status: {
      phase: 'Pending',
      conditions: [{ type: 'PodScheduled', status: 'True' }],
      containerStatuses: [
        {
          name,
          image,
          ready: false,
          restartCount: 0,
          state: {
            waiting: {
              reason: 'ImagePullBackOff',
              message: `Back-off pulling image "${image}": ErrImagePull: ${message}`,
            },
          },
        },
      ],
    },
  });
  cluster.add('Secret', 'depot', 'depot-pull', {
    type: 'kubernetes.io/dockerconfigjson',
    data: { '.dockerconfigjson': 'e30=' },
  });
  cluster.event('Pod', 'depot', `${name}-5d8f-abcde`, 'Failed', `Failed to pull image "${image}": ${message}`);
};

const refusedBy = (cluster: TestCluster, detail: string): void => {
  const message = `Internal error occurred: failed calling webhook "seals.inspect.test": failed to call webhook: Post "https://seal-inspector.inspect.svc:443/pods?timeout=10s": ${detail}`;
  cluster.deployment('depot', 'gates', {
    replicas: 1,
    status: {},
  });
  for (const kind of ['Pod']) {
    const left = cluster.objects.filter((object) => object.kind !== kind);
    cluster.objects.splice(0, cluster.objects.length, ...left);
  }
  cluster.add('ValidatingWebhookConfiguration', null, 'seals', {
    webhooks: [
      {
        name: 'seals.inspect.test',
        failurePolicy: 'Fail',
        clientConfig: {
          service: {
            namespace: 'inspect',
            name: 'seal-inspector',
            path: '/pods',
            port: 443,
          },
          caBundle: 'LS0tLS1CRUdJTg==',
        },
        rules: [
          {
            apiGroups: [''],
            apiVersions: ['v1'],
            operations: ['CREATE'],
            resources: ['pods'],
          },
        ],
      },
    ],
  });
  cluster.service('inspect', 'seal-inspector', { port: 443, targetPort: 9443 });
  cluster.running('inspect', 'seal-inspector', 'serving webhooks on :9443\n');
  cluster.event('ReplicaSet', 'depot', 'gates-5d8f', 'FailedCreate', `Error creating: ${message}`);
};

describe('QUA-1: each class of a refusal has words and a fix of its own', () => {
  test('a registry refuses a token that is past its time', async () => {
    const cluster = new TestCluster();
    const image = '111122223333.dkr.registry.test/depot/cranes:14';
    unpulled(
      cluster,
      'cranes',
      image,
      `failed to pull and unpack image "${image}": failed to resolve reference "${image}": pull access denied, repository does not exist or may require authorization: authorization failed: denied: Your authorization token has expired. Reauthenticate and try again.`,
    );
    await expectCause(cluster, ['Deployment', 'depot', 'cranes'], {
      cause: ['Secret depot-pull image_auth', 'Deployment cranes image_auth'],
      says: [/expired/, /depot-pull/],
      never: [/does not exist/, /rate/i, /tag/i],
    });
  });

  test('a registry is reached under a certificate of an authority that the node does not know', async () => {
    const cluster = new TestCluster();
    const image = 'images.depot.test/depot/belts:7.1';
    unpulled(
      cluster,
      'belts',
      image,
      `failed to pull and unpack image "${image}": failed to resolve reference "${image}": failed to do request: Head "https://images.depot.test/v2/depot/belts/manifests/7.1": tls: failed to verify certificate: x509: certificate signed by unknown authority`,
    );
    await expectCause(cluster, ['Deployment', 'depot', 'belts'], {
      cause: ['Deployment belts registry_unreachable', 'Deployment belts other'],
      says: [/authority|CA\b/, /images\.depot\.test/],
      never: [/does not exist/, /expired/, /log ?in|pull secret|imagePullSecret/i, /cannot be resolved/],
    });
  });

  test('a registry counts the pulls and has had enough', async () => {
    const cluster = new TestCluster();
    const image = 'mirror.depot.test/library/sorter:3';
    unpulled(
      cluster,
      'sorter',
      image,
      `failed to pull and unpack image "${image}": failed to copy: httpReadSeeker: failed open: unexpected status code https://mirror.depot.test/v2/library/sorter/blobs/sha256:5f3a: 429 Too Many Requests - Server message: toomanyrequests: Rate exceeded`,
    );
    await expectCause(cluster, ['Deployment', 'depot', 'sorter'], {
      cause: 'Deployment sorter pull_rate_limit',
      says: [/rate|limit|too many/i],
      never: [/does not exist/, /certificate/i, /unreachable/],
    });
  });

  test('a webhook answers under a certificate for another name', async () => {
    const cluster = new TestCluster();
    refusedBy(
      cluster,
      'tls: failed to verify certificate: x509: certificate is valid for seal-inspector.old-inspect.svc, not seal-inspector.inspect.svc',
    );
    await expectCause(cluster, ['Deployment', 'depot', 'gates'], {
      cause: [
        'ValidatingWebhookConfiguration seals webhook_ca',
        'Deployment seal-inspector webhook_ca',
        'Service seal-inspector webhook_ca',
      ],
      says: [/seal-inspector\.inspect\.svc/, /seal-inspector\.old-inspect\.svc/],
      never: [/expired/, /unknown authority/, /no endpoints/, /does not exist/],
    });
  });

  test('a webhook answers under a certificate that has ended', async () => {
    const cluster = new TestCluster();
    refusedBy(
      cluster,
      'tls: failed to verify certificate: x509: certificate has expired or is not yet valid: current time 2026-01-01T10:04:58Z is after 2025-12-31T23:59:59Z',
    );
    await expectCause(cluster, ['Deployment', 'depot', 'gates'], {
      cause: [
        'ValidatingWebhookConfiguration seals cert_expired',
        'Deployment seal-inspector cert_expired',
        'Service seal-inspector cert_expired',
        'ValidatingWebhookConfiguration seals webhook_ca',
      ],
      says: [/expired|ended/, /2025-12-31/],
      never: [/unknown authority/, /another name/, /no endpoints/],
    });
  });

  test('a script is there, and the interpreter that its first line names is not', async () => {
    const cluster = new TestCluster();
    cluster.node('n1');
    cluster.add('ConfigMap', 'depot', 'weighbridge-scripts', {
      data: {
        'start.sh': '#!/bin/bash\nset -euo pipefail\nexec weighbridge --listen :7000\n',
      },
    });
    cluster.crash('depot', 'weighbridge', {
      exitCode: 255,
      log: 'exec /scripts/start.sh: no such file or directory\n',
      container: {
        command: ['/scripts/start.sh'],
        volumeMounts: [{ name: 'scripts', mountPath: '/scripts' }],
      },
      spec: {
        volumes: [
          {
            name: 'scripts',
            configMap: { name: 'weighbridge-scripts', defaultMode: 0o755 },
          },
        ],
      },
    });
    await expectCause(cluster, ['Deployment', 'depot', 'weighbridge'], {
      cause: [
        'ConfigMap weighbridge-scripts bad_command',
        'ConfigMap weighbridge-scripts script_error',
        'ConfigMap weighbridge-scripts bad_config_value',
        'Deployment weighbridge bad_command',
      ],
      says: [/\/bin\/bash/, /interpreter|first line/],
      never: [/start\.sh (?:does not exist|is missing)/, /mistyped/],
    });
  });

  test('the reverse: the script itself is not among the keys of what is mounted', async () => {
    const cluster = new TestCluster();
    cluster.node('n1');
    cluster.add('ConfigMap', 'depot', 'weighbridge-scripts', {
      data: { 'begin.sh': '#!/bin/sh\nexec weighbridge --listen :7000\n' },
    });
    cluster.crash('depot', 'weighbridge', {
      exitCode: 128,
      reason: 'StartError',
      message:
        'failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: error during container init: exec: "/scripts/start.sh": stat /scripts/start.sh: no such file or directory',
      container: {
        command: ['/scripts/start.sh'],
        volumeMounts: [{ name: 'scripts', mountPath: '/scripts' }],
      },
      spec: {
        volumes: [
          {
            name: 'scripts',
            configMap: { name: 'weighbridge-scripts', defaultMode: 0o755 },
          },
        ],
      },
    });
    await expectCause(cluster, ['Deployment', 'depot', 'weighbridge'], {
      cause: [
        'ConfigMap weighbridge-scripts missing_key',
        'ConfigMap weighbridge-scripts missing_file',
        'ConfigMap weighbridge-scripts bad_command',
        'Deployment weighbridge bad_command',
        'Deployment weighbridge missing_file',
      ],
      says: [/\/scripts\/start\.sh/],
      never: [/interpreter/],
    });
  });

  test('the old revision is ready on the same settings: they are ruled out, the new image is named', async () => {
    const cluster = new TestCluster();
    cluster.node('n1');
    cluster.add('ConfigMap', 'depot', 'routes-settings', {
      metadata: { creationTimestamp: '2025-11-01T08:00:00Z' },
      data: { 'routes.toml': '[retention]\nlegacy = true\n' },
    });
    const spec = (image: string): Record<string, unknown> => ({
      containers: [
        {
          name: 'routes',
          image,
          volumeMounts: [{ name: 'settings', mountPath: '/etc/routes' }],
        },
      ],
      volumes: [{ name: 'settings', configMap: { name: 'routes-settings' } }],
    });
    changing(cluster, 'depot', 'routes', {
      before: { spec: spec('registry.test/routes:5.9') },
      after: {
        spec: spec('registry.test/routes:6.0'),
        status: crashedPod('routes'),
      },
    });
    cluster.log(
      'depot',
      newPod('routes'),
      'routes',
      'Error: invalid configuration: /etc/routes/routes.toml: unknown field `legacy`, expected `days` at line 2 column 1\n',
      true,
    );
    await expectCause(cluster, ['Deployment', 'depot', 'routes'], {
      cause: 'Deployment routes bad_image_release',
      value: '6.0',
      says: [/6\.0/, /5\.9/, /legacy/, /rollout undo/],
    });
  });
});
