import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { Registry } from 'prom-client';
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { type DiscoverySource, discoverySourceSchema } from '../../src/discovery/config.ts';
import { Discovery } from '../../src/discovery/discovery.ts';
import { openApiAccess } from '../../src/kube/credential/api-access.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { silentLogger } from '../../src/lib/log.ts';
import { spawnProcess } from '../../src/lib/process/spawn.ts';
import { argoSecret, clusterApiSecret } from '../support/cluster-secrets.ts';
import { type ControlPlane, kubeconfigText, startControlPlane } from '../support/control-plane.ts';
import { tempDir } from '../support/temp-dir.ts';
import { waitUntil } from '../support/wait-until.ts';

let plane: ControlPlane;
beforeAll(async () => {
  plane = await startControlPlane();
  await plane.kubectl(['create', 'namespace', 'argocd']);
}, 90_000);
afterAll(() => plane.stop());
beforeEach(async () => {
  for (const namespace of ['default', 'argocd']) {
    await plane.kubectl(['delete', '--raw', `/api/v1/namespaces/${namespace}/secrets`]);
  }
});

interface Bench {
  readonly discovery: Discovery;
  readonly start: () => void;
  readonly dataDir: string;
  readonly changes: () => number;
  readonly names: () => string[];
}

/** Discovery in the control plane, asked ten times a second. */
function discover(more: object = {}, dataDir = tempDir(), inUse: readonly string[] = []): Bench {
  const source: DiscoverySource = discoverySourceSchema.parse({
    kubeconfig: plane.kubeconfig,
    refresh: '100ms',
    ...more,
  });
  let changes = 0;
  const discovery = new Discovery({
    sources: () => [source],
    dataDir,
    open: (kubeconfig, context) =>
      openApiAccess([kubeconfig], context, { spawn: spawnProcess, clock: systemClock, env: {} }),
    inUse: () => inUse,
    clock: systemClock,
    logger: silentLogger,
    registry: new Registry(),
  });
  onTestFinished(() => discovery.stop());
  const start = (): void =>
    discovery.start(() => {
      changes += 1;
      return Promise.resolve();
    });
  const names = (): string[] => discovery.clusters().map(({ name }) => name);
  return { discovery, start, dataDir, changes: () => changes, names };
}

const kubeconfig = (token = 'first-token'): string => kubeconfigText(plane.server, plane.ca, token);
const argoConfig = () => ({
  bearerToken: plane.adminToken,
  tlsClientConfig: { caData: Buffer.from(plane.ca).toString('base64') },
});

describe('CFG-8: on a real API server', () => {
  test('Secrets of both tools become clusters, each with a kubeconfig that kubectl can use and nobody else can read', async () => {
    await plane.apply(
      clusterApiSecret('east', kubeconfig(plane.adminToken), { labels: { env: 'test' } }),
      argoSecret('cluster-west', { name: 'west', server: plane.server, config: argoConfig() }),
      { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'unrelated', namespace: 'default' } },
    );
    const { discovery, start, dataDir, names } = discover();
    start();
    await waitUntil(() => names().length === 2, 'two clusters', 20_000);
    expect(names().sort()).toEqual(['east', 'west']);
    expect(discovery.problems()).toEqual([]);
    expect(discovery.clusters().find(({ name }) => name === 'east')?.labels).toMatchObject({ env: 'test' });
    expect(statSync(path.join(dataDir, 'discovered')).mode & 0o777).toBe(0o700);
    for (const cluster of discovery.clusters()) {
      expect(statSync(cluster.kubeconfig).mode & 0o777).toBe(0o600);
      expect(await plane.kubectl(['--kubeconfig', cluster.kubeconfig, 'auth', 'whoami'])).toContain('admin');
    }
  }, 60_000);

  test('a rotated credential replaces the file; what did not change is told to nobody', async () => {
    await plane.apply(clusterApiSecret('east', kubeconfig()));
    const { discovery, start, changes } = discover();
    start();
    await waitUntil(() => changes() === 1, 'the cluster', 20_000);
    const file = discovery.clusters()[0]?.kubeconfig ?? '';
    await plane.apply(clusterApiSecret('east', kubeconfig('second-token')));
    await waitUntil(() => changes() === 2, 'the change', 20_000);
    expect(readFileSync(file, 'utf8')).toContain('second-token');
    expect(readFileSync(file, 'utf8')).not.toContain('first-token');
    // Many looks later it is still so.
    await plane.apply(clusterApiSecret('other', kubeconfig()));
    await waitUntil(() => changes() === 3, 'the other cluster', 20_000);
  }, 60_000);

  test('a Secret that is gone removes its cluster at the second look, and its kubeconfig when nobody uses it', async () => {
    await plane.apply(clusterApiSecret('east', kubeconfig()), clusterApiSecret('west', kubeconfig()));
    const inUse: string[] = [];
    const { discovery, start, names } = discover({}, tempDir(), inUse);
    start();
    await waitUntil(() => names().length === 2, 'two clusters', 20_000);
    const file = discovery.clusters().find(({ name }) => name === 'west')?.kubeconfig ?? '';
    inUse.push(file);
    await plane.kubectl(['delete', 'secret', 'west-kubeconfig']);
    await waitUntil(() => names().join() === 'east', 'one cluster', 20_000);
    expect(existsSync(file)).toBe(true);
    inUse.pop();
    await waitUntil(() => !existsSync(file), 'the kubeconfig to go', 20_000);
  }, 60_000);

  test('a management cluster that cannot be asked removes nothing, also after a restart, and is told', async () => {
    await plane.apply(clusterApiSecret('east', kubeconfig()));
    const reader = await plane.kubeconfigOf('default', 'discovery');
    const binding = [
      'create',
      'clusterrolebinding',
      'discovery',
      '--clusterrole=cluster-admin',
      '--serviceaccount=default:discovery',
    ];
    await plane.kubectl(binding);
    const first = discover({ kubeconfig: reader });
    first.start();
    await waitUntil(() => first.names().join() === 'east', 'the cluster', 20_000);
    await plane.kubectl(['delete', 'clusterrolebinding', 'discovery']);
    await waitUntil(() => first.discovery.problems().length > 0, 'the problem', 20_000);
    expect(first.discovery.problems()).toMatchObject([{ code: 'NC-DISCOVERY-001' }]);
    expect(first.discovery.problems()[0]?.message).toMatch(/cannot be asked for clusters: 403/);
    expect(first.names()).toEqual(['east']);
    await first.discovery.stop();
    const second = discover({ kubeconfig: reader }, first.dataDir);
    expect(second.names()).toEqual(['east']);
    second.start();
    await waitUntil(() => second.discovery.problems().length > 0, 'the problem again', 20_000);
    expect(second.names()).toEqual(['east']);
    expect(existsSync(second.discovery.clusters()[0]?.kubeconfig ?? '')).toBe(true);
  }, 60_000);

  test('namespace and selector narrow what is looked at, and more than one page is read', async () => {
    const many = Array.from({ length: 230 }, (_, index) =>
      clusterApiSecret(`c${index}`, kubeconfig(), { labels: { tier: index < 225 ? 'a' : 'b' } }),
    );
    await plane.apply(...many, clusterApiSecret('away', kubeconfig(), { namespace: 'argocd', labels: { tier: 'a' } }));
    const { start, names } = discover({ namespace: 'default', selector: 'tier=a' });
    start();
    await waitUntil(() => names().length === 225, 'all the clusters', 30_000);
    expect(names()).not.toContain('away');
  }, 90_000);

  test('one that cannot be used is told once and costs only itself; it keeps what it said before', async () => {
    await plane.apply(clusterApiSecret('east', kubeconfig()), clusterApiSecret('west', kubeconfig()));
    const { discovery, start, names, dataDir } = discover();
    start();
    await waitUntil(() => names().length === 2, 'two clusters', 20_000);
    const command = JSON.stringify({
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: 'c', cluster: { server: plane.server } }],
      users: [
        {
          name: 'u',
          user: { exec: { apiVersion: 'client.authentication.k8s.io/v1', command: 'touch', interactiveMode: 'Never' } },
        },
      ],
      contexts: [{ name: 'c', context: { cluster: 'c', user: 'u' } }],
      'current-context': 'c',
    });
    await plane.apply(clusterApiSecret('west', command));
    await waitUntil(() => discovery.problems().length > 0, 'the problem', 20_000);
    expect(discovery.problems()).toMatchObject([
      { code: 'NC-DISCOVERY-003', fix: expect.stringContaining('default/west-kubeconfig') as string },
    ]);
    expect(names().sort()).toEqual(['east', 'west']);
    const files = readdirSync(path.join(dataDir, 'discovered')).filter((name) => name.endsWith('.kubeconfig'));
    expect(files.map((name) => readFileSync(path.join(dataDir, 'discovered', name), 'utf8')).join()).not.toContain(
      'exec',
    );
    await plane.apply(clusterApiSecret('west', kubeconfig('third-token')));
    await waitUntil(() => discovery.problems().length === 0, 'the end of the problem', 20_000);
  }, 60_000);
});
