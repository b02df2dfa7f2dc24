import { describe, expect, test } from 'vitest';
import { answerAbout, causeOf } from '../../answer-about.ts';
import { TestCluster } from '../../cluster.ts';

type Fields = Record<string, unknown>;
type More = (cluster: TestCluster) => void;

const eso = 'external-secrets.io/v1';
const certs = 'cert-manager.io/v1';
const ready = (reason: string, message: string, status = 'False') => ({
  conditions: [{ type: 'Ready', status, reason, message, lastTransitionTime: '2026-01-01T09:58:00Z' }],
});

function made(...parts: readonly More[]): TestCluster {
  const cluster = new TestCluster();
  cluster.node('n1');
  for (const part of parts) part(cluster);
  return cluster;
}

const custom =
  (apiVersion: string, kind: string, namespace: string | null, name: string, fields: Fields): More =>
  (cluster) =>
    cluster.add(kind, namespace, name, { apiVersion, ...fields });

/** A Deployment that takes a variable from a Secret that is not there. */
const lacks =
  (secret: string): More =>
  (cluster) => {
    cluster.deployment('ns', 'app', {
      spec: {
        containers: [
          {
            name: 'app',
            image: 'a:1',
            env: [{ name: 'DB', valueFrom: { secretKeyRef: { name: secret, key: 'url' } } }],
          },
        ],
      },
      status: {
        containerStatuses: [
          {
            name: 'app',
            ready: false,
            restartCount: 0,
            state: { waiting: { reason: 'CreateContainerConfigError', message: `secret "${secret}" not found` } },
          },
        ],
      },
    });
    cluster.event('Pod', 'ns', 'app-5d8f-abcde', 'Failed', `Error: secret "${secret}" not found`);
  };

const external = (status: Fields, store = 'vault', kind = 'SecretStore'): More =>
  custom(eso, 'ExternalSecret', 'ns', 'db', {
    spec: {
      secretStoreRef: { name: store, kind },
      target: { name: 'db-login' },
      data: [{ secretKey: 'url', remoteRef: { key: 'prod/billing/db' } }],
    },
    status,
  });
const store = (kind: string, namespace: string | null, name: string, status: Fields): More =>
  custom(eso, kind, namespace, name, { spec: { provider: {} }, status });
const valid = ready('Valid', 'store validated', 'True');
const sync = ready(
  'SecretSyncedError',
  'error processing spec.data[0] (key: prod/billing/db), err: Secret does not exist',
);
const notMade = ready('SecretSyncedError', 'could not get secret data from provider');
const refused = ready('InvalidProviderConfig', 'unable to log in with app role auth: Code: 403. permission denied');

describe('QUA-1: a Secret that somebody should make', () => {
  test.each<[string, TestCluster, string]>([
    [
      'and cannot: the key is not in the store',
      made(lacks('db-login'), external(sync), store('SecretStore', 'ns', 'vault', valid)),
      'ExternalSecret db missing_secret [prod/billing/db] high',
    ],
    [
      'and cannot: its store is refused',
      made(lacks('db-login'), external(notMade), store('SecretStore', 'ns', 'vault', refused)),
      'SecretStore vault wrong_credential [InvalidProviderConfig] high',
    ],
    [
      'and cannot: the store of the whole cluster is refused',
      made(
        lacks('db-login'),
        external(notMade, 'all', 'ClusterSecretStore'),
        store('ClusterSecretStore', null, 'all', refused),
      ),
      'ClusterSecretStore all wrong_credential [InvalidProviderConfig] high',
    ],
    [
      'and cannot: its store does not exist',
      made(lacks('db-login'), external(notMade, 'vaul'), store('SecretStore', 'ns', 'vault', valid)),
      'SecretStore vaul dependency_missing [vaul] high',
    ],
    [
      'in an older version of its API',
      made(lacks('db-login'), (cluster) =>
        cluster.add('ExternalSecret', 'ns', 'db', {
          apiVersion: 'external-secrets.io/v1beta1',
          spec: { target: { name: 'db-login' } },
          status: sync,
        }),
      ),
      'ExternalSecret db missing_secret [SecretSyncedError] high',
    ],
    [
      'a certificate whose issuer is not ready',
      made(
        lacks('app-tls'),
        custom(certs, 'Certificate', 'ns', 'app', {
          spec: {
            secretName: 'app-tls',
            dnsNames: ['app.shop.test'],
            issuerRef: { name: 'acme', kind: 'ClusterIssuer', group: 'cert-manager.io' },
          },
          status: ready('DoesNotExist', 'Issuing certificate as Secret does not exist'),
        }),
        custom(certs, 'ClusterIssuer', null, 'acme', {
          spec: { acme: { server: 'https://ca.test/directory' } },
          status: ready(
            'ErrRegisterACMEAccount',
            'Failed to register ACME account: Get "https://ca.test/directory": dial tcp: lookup ca.test: no such host',
          ),
        }),
      ),
      'ClusterIssuer acme missing_secret [https://ca.test/directory] high',
    ],
    [
      'an encrypted one that cannot be read',
      made(
        lacks('sealed'),
        custom('bitnami.com/v1alpha1', 'SealedSecret', 'ns', 'sealed', {
          spec: { encryptedData: { url: 'AgB' } },
          status: { conditions: [{ type: 'Synced', status: 'False', message: 'no key could decrypt secret (url)' }] },
        }),
      ),
      'SealedSecret sealed missing_secret [Synced] high',
    ],
    ['and that nobody makes', made(lacks('db-login')), 'Secret db-login missing_secret [db-login] high'],
    [
      'of another name',
      made(lacks('db-logon'), external(sync), store('SecretStore', 'ns', 'vault', valid)),
      'Secret db-logon missing_secret [db-logon] high',
    ],
    [
      'whose maker is well',
      made(lacks('db-login'), external(ready('SecretSynced', 'secret synced', 'True'))),
      'Secret db-login missing_secret [db-login] high',
    ],
  ])('%s', async (_name, cluster, wanted) => {
    expect(await causeOf(cluster, 'Deployment', 'ns', 'app')).toBe(wanted);
  });

  test('the answer names both, quotes the reason, and proposes nothing that changes anything', async () => {
    const cluster = made(lacks('db-login'), external(sync), store('SecretStore', 'ns', 'vault', valid));
    const { verdict } = await answerAbout(cluster, 'Deployment', 'ns', 'app');
    expect(verdict.causes[0]?.statement).toBe(
      'Secret ns/db-login, which Deployment ns/app needs, does not exist because ExternalSecret ns/db does not make it: Ready is False (SecretSyncedError): error processing spec.data[0] (key: prod/billing/db), err: Secret does not exist.',
    );
    expect(verdict.causes[0]?.evidence.map(({ quote }) => quote).join('\n')).toContain('err: Secret does not exist');
    expect(verdict.remediation[0]).toMatchObject({
      risk: 'none',
      command: 'kubectl --context c1 -n ns get externalsecret db -o yaml',
    });
    expect(verdict.victims).toContainEqual({ kind: 'Deployment', namespace: 'ns', name: 'app' });
  });

  test('the step of a certificate that fails is told', async () => {
    const owner = (kind: string, name: string) => ({
      ownerReferences: [{ apiVersion: certs, kind, name, uid: 'u', controller: true }],
    });
    const acme = 'acme.cert-manager.io/v1';
    const cluster = made(
      lacks('app-tls'),
      custom(certs, 'Certificate', 'ns', 'app', {
        spec: { secretName: 'app-tls' },
        status: ready('DoesNotExist', 'Issuing certificate as Secret does not exist'),
      }),
      custom(certs, 'CertificateRequest', 'ns', 'app-1', {
        metadata: owner('Certificate', 'app'),
        status: ready('Pending', 'Waiting on certificate issuance from order ns/app-1-2: "pending"'),
      }),
      custom(acme, 'Order', 'ns', 'app-1-2', {
        metadata: owner('CertificateRequest', 'app-1'),
        status: { state: 'errored', reason: 'order is expired and no longer there' },
      }),
    );
    const { verdict } = await answerAbout(cluster, 'Deployment', 'ns', 'app');
    expect(verdict.causes[0]?.statement).toContain(
      'What fails is Order ns/app-1-2: its state is errored: order is expired',
    );
  });
});

describe('QUA-1: a custom resource that an incident is about', () => {
  const warned =
    (apiVersion: string, kind: string, name: string): More =>
    (cluster) =>
      cluster.add('Event', 'ns', `${name}.1`, {
        involvedObject: { apiVersion, kind, namespace: 'ns', name },
        reason: 'UpdateFailed',
        message: 'something went wrong',
        type: 'Warning',
        lastTimestamp: '2026-01-01T10:05:00Z',
      });
  const paused = (annotations: Fields): More =>
    custom(eso, 'ExternalSecret', 'ns', 'db', {
      metadata: { annotations: { 'external-secrets.io/paused': 'true', ...annotations } },
      spec: { target: { name: 'db-login' } },
      status: {
        conditions: [
          { type: 'Ready', status: 'True', reason: 'Available' },
          { type: 'Synced', status: 'False', reason: 'ReconcilePaused' },
        ],
      },
    });
  const flux = 'kustomize.toolkit.fluxcd.io/v1';
  const source = 'source.toolkit.fluxcd.io/v1';

  test.each<[string, string, string, TestCluster, string]>([
    [
      'a store that is refused behind it',
      'ExternalSecret',
      'db',
      made(external(notMade), store('SecretStore', 'ns', 'vault', refused), warned(eso, 'ExternalSecret', 'db')),
      'SecretStore vault wrong_credential [InvalidProviderConfig] high',
    ],
    [
      'a source that cannot be fetched',
      'Kustomization',
      'apps',
      made(
        custom(flux, 'Kustomization', 'ns', 'apps', {
          spec: { path: './apps', sourceRef: { kind: 'GitRepository', name: 'fleet' } },
          status: ready('ArtifactFailed', 'Source artifact not found, retrying in 30s'),
        }),
        custom(source, 'GitRepository', 'ns', 'fleet', {
          spec: { url: 'https://git.test/fleet', ref: { branch: 'mian' } },
          status: ready('GitOperationFailed', 'failed to checkout: couldn\'t find remote ref "refs/heads/mian"'),
        }),
        warned(flux, 'Kustomization', 'apps'),
      ),
      'GitRepository fleet other [mian] medium',
    ],
    [
      'another of its kind that it depends on',
      'Kustomization',
      'apps',
      made(
        custom(flux, 'Kustomization', 'ns', 'apps', {
          spec: { dependsOn: [{ name: 'base' }] },
          status: ready('DependencyNotReady', "dependency 'ns/base' is not ready"),
        }),
        custom(flux, 'Kustomization', 'ns', 'base', {
          spec: { path: './base' },
          status: ready('BuildFailed', 'kustomize build failed: accumulating resources from ./base'),
        }),
        warned(flux, 'Kustomization', 'apps'),
      ),
      'Kustomization base other [./base] medium',
    ],
    [
      'a store of the whole cluster that does not say in which namespace its Secret is',
      'ExternalSecret',
      'db',
      made(
        external(notMade, 'all', 'ClusterSecretStore'),
        custom(eso, 'ClusterSecretStore', null, 'all', {
          spec: { provider: { cloud: { keySecretRef: { name: 'cloud-key' } } } },
          status: ready('InvalidProviderConfig', 'namespaces must be explicitly set'),
        }),
        warned(eso, 'ExternalSecret', 'db'),
      ),
      'ClusterSecretStore all bad_config_value [InvalidProviderConfig] high',
    ],
    [
      'what is ready again',
      'ExternalSecret',
      'db',
      made(external(ready('SecretSynced', 'secret synced', 'True')), warned(eso, 'ExternalSecret', 'db')),
      'no fault',
    ],
    [
      'what somebody has paused, and says why',
      'ExternalSecret',
      'db',
      made(
        paused({ 'ops.test/paused-by': 'platform team, until the store has moved' }),
        warned(eso, 'ExternalSecret', 'db'),
      ),
      'no fault',
    ],
    [
      'what is paused, and nobody says why',
      'ExternalSecret',
      'db',
      made(paused({}), warned(eso, 'ExternalSecret', 'db')),
      'no cause',
    ],
    [
      'what somebody has stopped',
      'Kustomization',
      'apps',
      made(
        custom(flux, 'Kustomization', 'ns', 'apps', {
          spec: { suspend: true },
          status: ready('BuildFailed', 'kustomize build failed'),
        }),
        warned(flux, 'Kustomization', 'apps'),
      ),
      'no cause',
    ],
  ])('%s', async (_name, kind, name, cluster, wanted) => {
    expect(await causeOf(cluster, kind, 'ns', name)).toBe(wanted);
  });
});

describe('QUA-1: a custom resource that owns a workload', () => {
  const kafka = 'kafka.strimzi.io/v1beta2';
  const owned =
    (ready: boolean): More =>
    (cluster) => {
      cluster.deployment('ns', 'app', { ready });
      const [deployment] = cluster.objects.filter((one) => one.kind === 'Deployment');
      Object.assign(deployment!.metadata, {
        ownerReferences: [{ apiVersion: kafka, kind: 'Kafka', name: 'bus', uid: 'u', controller: true }],
      });
    };
  const owner = (message: string): More =>
    custom(kafka, 'Kafka', 'ns', 'bus', {
      spec: { version: '2.8.0' },
      status: {
        conditions: [
          { type: 'NotReady', status: 'True', reason: 'UnsupportedVersion', message },
          { type: 'Ready', status: 'False', reason: 'UnsupportedVersion', message },
        ],
      },
    });

  test.each<[string, TestCluster, string]>([
    [
      'for a reason of its own',
      made(owned(false), owner('Version 2.8.0 is not supported. Supported are: 3.7.0')),
      'Kafka bus bad_config_value [2.8.0] medium',
    ],
    [
      'because the workload is not well',
      made(owned(false), owner('Timed out waiting for Deployment app to be ready')),
      'no cause',
    ],
  ])('%s', async (_name, cluster, wanted) => {
    expect(await causeOf(cluster, 'Deployment', 'ns', 'app')).toBe(wanted);
  });

  test('a container that crashes is told before its owner', async () => {
    const cluster = made(
      (one) => one.crash('ns', 'app', { log: 'FATAL: DB_URL is not set' }),
      owner('Version 2.8.0 is not supported'),
    );
    const [deployment] = cluster.objects.filter((one) => one.kind === 'Deployment');
    Object.assign(deployment!.metadata, {
      ownerReferences: [{ apiVersion: kafka, kind: 'Kafka', name: 'bus', uid: 'u', controller: true }],
    });
    expect(await causeOf(cluster, 'Deployment', 'ns', 'app')).toMatch(/missing_env/);
  });
});

test('QUA-1: where nothing names a custom resource, none is asked for', async () => {
  const cluster = made((one) => one.running('ns', 'app', 'listening'), external(sync));
  const { markdown } = await answerAbout(cluster, 'Deployment', 'ns', 'app');
  expect(markdown).not.toContain('ExternalSecret');
});
