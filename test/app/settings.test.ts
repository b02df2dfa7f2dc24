import { expect, test } from 'vitest';
import {
  alertSettings,
  configuredFleet,
  sizeLimitSettings,
  storePolicy,
  triageSettings,
} from '../../src/app/settings.ts';
import { configSchema } from '../../src/config/schema.ts';
import { agentBudget, breakerPolicy } from '../support/triage-bench.ts';

function loaded(more: Record<string, unknown> = {}, ...clusters: Record<string, unknown>[]) {
  const mcp = { endpoint: 'http://127.0.0.1:1/mcp' };
  const all = clusters.length > 0 ? clusters : [{ name: 'prod' }];
  const settings = {
    data_dir: '/data',
    clusters: all.map((cluster) => ({ mcp, triage: { enabled: false }, ...cluster })),
    ...more,
  };
  return configSchema.parse(settings);
}

test('CFG-5: a cluster without settings of its own has those of the fleet', () => {
  const config = loaded({
    severity_threshold: 'warning',
    permissions: { require_read_only: true },
    agent: { cli: 'custom', runner: 'process', command: ['my-agent'], model: 'm-1', timeout: '5m', env: { A: 'b' } },
  });
  expect(configuredFleet(config).get('prod')).toEqual({
    name: 'prod',
    environment: null,
    labels: {},
    mcp: config.clusters[0]?.mcp,
    watch: null,
    teleport: null,
    severityThreshold: 'warning',
    slackChannel: null,
    triageEnabled: false,
    kubeconfig: null,
    context: null,
    kubectl: [],
    allowSecrets: false,
    requireReadOnly: true,
    agent: {
      cli: 'custom',
      runner: 'process',
      command: ['my-agent'],
      model: 'm-1',
      timeoutMs: 300_000,
      env: { A: 'b' },
      container: {
        engine: 'docker',
        image: 'nightcrier-agent:latest',
        network: 'none',
        limits: { memoryBytes: 2 * 1024 ** 3, cpus: 2, pids: 512 },
      },
    },
    budget: agentBudget(),
  });
});

test('CFG-5: what a cluster says for itself wins, there alone', () => {
  const own = {
    name: 'own',
    environment: 'production',
    labels: { team: 'a' },
    triage: { enabled: true, kubeconfig: '/k.yaml', context: 'ro', allow_secrets_access: true },
    overrides: {
      severity_threshold: 'critical',
      slack_channel: '#own',
      agent: { cli: 'builtin', model: 'm-2', timeout: '1m' },
      budget: { usd_per_run: 0, usd_per_cluster_day: 1.5, tokens_per_run: 1000, runs_per_cluster_hour: 3 },
    },
  };
  const agent = { cli: 'custom', runner: 'process', command: ['my-agent'], timeout: '5m' };
  const fleet = configuredFleet(loaded({ agent }, own, { name: 'other' }));
  expect(fleet.get('own')).toMatchObject({
    environment: 'production',
    labels: { team: 'a' },
    severityThreshold: 'critical',
    slackChannel: '#own',
    triageEnabled: true,
    kubeconfig: '/k.yaml',
    context: 'ro',
    kubectl: ['--context', 'ro'],
    allowSecrets: true,
    agent: { cli: 'builtin', model: 'm-2', timeoutMs: 60_000 },
    budget: agentBudget({ usdPerRun: 0, usdPerClusterDay: 1.5, tokensPerRun: 1000, runsPerClusterHour: 3 }),
  });
  expect(fleet.get('other')).toMatchObject({
    severityThreshold: 'info',
    slackChannel: null,
    agent: { cli: 'custom', model: null, timeoutMs: 300_000 },
    budget: agentBudget(),
  });
  expect([...fleet.keys()]).toEqual(['own', 'other']);
});

test('CON-8: a watched cluster is investigated with the credential of its watch, unless it has one of its own', () => {
  const watch = { kubeconfig: '/east.yaml', context: 'east' };
  const config = configSchema.parse({
    clusters: [
      { name: 'east', watch },
      { name: 'own', watch, triage: { kubeconfig: '/ro.yaml' } },
      { name: 'context', watch: { kubeconfig: '/east.yaml' }, triage: { context: 'triage' } },
    ],
  });
  const fleet = configuredFleet(config);
  expect(fleet.get('east')).toMatchObject({ mcp: null, watch, ...watch, triageEnabled: true });
  expect(fleet.get('own')).toMatchObject({ watch, kubeconfig: '/ro.yaml', context: null });
  expect(fleet.get('context')).toMatchObject({ watch: { context: null }, kubeconfig: '/east.yaml', context: 'triage' });
});

test('CFG-5, TRI-4: agents run in containers without a network unless the configuration says otherwise', () => {
  const container = { engine: 'podman', image: 'r.example/agents:7', limits: { memory: '512Mi', cpus: 1, pids: 64 } };
  const own = { overrides: { agent: { cli: 'codex', model: 'gpt-5.5' } } };
  const settings = { agent: { cli: 'claude', network: 'agents', ...container } };
  const fleet = configuredFleet(loaded(settings, { name: 'own', ...own }, { name: 'other' }));
  const choice = { engine: 'podman', image: 'r.example/agents:7', network: 'none' };
  const limits = { memoryBytes: 512 * 1024 ** 2, cpus: 1, pids: 64 };
  const common = { runner: 'docker', container: { ...choice, limits } };
  expect(fleet.get('own')?.agent).toMatchObject({ cli: 'codex', model: 'gpt-5.5', ...common });
  expect(fleet.get('other')?.agent).toMatchObject({ cli: 'claude', model: null, ...common });
  const open = configuredFleet(
    loaded({ agent: { cli: 'claude', network: 'agents', egress: 'bridge' } }, { name: 'one' }),
  );
  expect(open.get('one')?.agent.container.network).toBe('agents');
});

test('TRI-1: the bounds of runs: over all, of each cluster, and of one that has its own', () => {
  const overrides = { agent: { max_concurrent: 3 } };
  const config = loaded(
    { agent: { max_concurrent: 7, max_concurrent_per_cluster: 2 } },
    { name: 'own', overrides },
    { name: 'other' },
  );
  const settings = triageSettings({ config, secrets: ['canary-1'], runbooks: [] }, configuredFleet(config));
  expect(settings.limits).toEqual({ maxConcurrent: 7, perCluster: { own: 3 }, defaultPerCluster: 2 });
  expect(settings.workspaces).toBe('/data/workspaces');
  expect(settings.agent).toMatchObject({ cli: 'builtin', timeoutMs: 600_000 });
  expect(settings.storeFailed).toBe(false);
});

test('INT-4, TRI-7: budget and circuit breaker have their defaults, and what the configuration says', () => {
  const config = loaded({
    budget: { usd_per_day: 5, runs_per_hour: 0 },
    circuit_breaker: { failures: 2, cool_down: '1m', notify: false },
  });
  const settings = triageSettings({ config, secrets: [], runbooks: [] }, configuredFleet(config));
  expect(settings.budget).toEqual(agentBudget({ usdPerDay: 5, runsPerHour: 0 }));
  expect(settings.breaker).toEqual({ failures: 2, coolDownMs: 60_000, notify: false });
  const plain = loaded();
  expect(triageSettings({ config: plain, secrets: [], runbooks: [] }, configuredFleet(plain)).breaker).toEqual(
    breakerPolicy,
  );
});

test('INT-1: the bounds of intake are milliseconds and numbers of the configuration', () => {
  const config = loaded({
    intake: { dedup_window: '1m', group_wait: '2s', reopen_window: '3m', max_open_faults_per_cluster: 100 },
  });
  expect(storePolicy({ config, secrets: [] }, ['console'])).toMatchObject({
    dedupWindowMs: 60_000,
    groupWaitMs: 2000,
    reopenWindowMs: 180_000,
    maxOpenFaultsPerCluster: 100,
    targets: ['console'],
  });
});

test('INT-7: alerts are read by the rules of the configuration, for the configured clusters', () => {
  const objects = [
    { kind: 'Deployment', name: 'app' },
    { alertname: 'HostDown', kind: 'Node', name: 'instance', namespace: 'ns' },
  ];
  const config = loaded({ sources: { alertmanager: { cluster_label: 'k8s', objects } } }, { name: 'a' }, { name: 'b' });
  expect(alertSettings(config, configuredFleet(config)).rules).toEqual({
    clusterLabel: 'k8s',
    clusters: new Set(['a', 'b']),
    objects: [
      { alertname: null, kind: 'Deployment', nameLabel: 'app', namespaceLabel: 'namespace' },
      { alertname: 'HostDown', kind: 'Node', nameLabel: 'instance', namespaceLabel: 'ns' },
    ],
  });
});

test.each([
  ['none when alerts are not taken', {}, { token: 'h' }, undefined],
  ['none on this machine alone', { enabled: true }, {}, null],
  ['its own', { enabled: true, token: 'a' }, { token: 'h' }, 'a'],
  ['that of health, when it has none of its own', { enabled: true }, { token: 'h' }, 'h'],
])('INT-7: the token of alerts: %s', (_what, alertmanager, health, expected) => {
  const config = loaded({ sources: { alertmanager }, health });
  expect(alertSettings(config, configuredFleet(config)).token).toBe(expected);
});

test('CFG-5: what a cluster has not for itself it has from its environment, else from the fleet', () => {
  const environments = {
    production: {
      severity_threshold: 'critical',
      slack_channel: '#prod',
      agent: { model: 'm-env', timeout: '2m', max_concurrent: 7 },
      budget: { usd_per_run: 9 },
      storm: { per_cluster: 5 },
    },
  };
  const overrides = {
    slack_channel: '#own',
    agent: { model: 'm-own' },
    budget: { tokens_per_run: 11 },
    storm: { window: '2m' },
  };
  const config = loaded(
    { environments, severity_threshold: 'warning', agent: { model: 'm-fleet', timeout: '5m' } },
    { name: 'own', environment: 'production', overrides },
    { name: 'plain', environment: 'production' },
    { name: 'lab', environment: 'lab' },
    { name: 'none' },
    { name: 'hostile', environment: 'constructor' },
  );
  const fleet = configuredFleet(config);
  expect(fleet.get('own')).toMatchObject({
    severityThreshold: 'critical',
    slackChannel: '#own',
    agent: { model: 'm-own', timeoutMs: 120_000 },
    budget: agentBudget({ usdPerRun: 9, tokensPerRun: 11 }),
  });
  expect(fleet.get('plain')).toMatchObject({
    severityThreshold: 'critical',
    slackChannel: '#prod',
    agent: { model: 'm-env' },
  });
  for (const name of ['lab', 'none', 'hostile']) {
    const other = fleet.get(name);
    expect(other).toMatchObject({ severityThreshold: 'warning', slackChannel: null, agent: { model: 'm-fleet' } });
  }
  const triage = triageSettings({ config, secrets: [], runbooks: [] }, fleet);
  expect(triage.limits.perCluster).toEqual({ own: 7, plain: 7 });
  const { storm } = storePolicy({ config, secrets: [] }, []);
  expect(storm.own['own']).toMatchObject({ perCluster: 5, windowMs: 120_000 });
  expect(Object.keys(storm.own)).toEqual(['own', 'plain']);
});

test.each([
  ['files below data_dir', { path: '/data/artifacts' }, '/data/artifacts'],
  ['files below data_dir with dots', { path: '/data/..artifacts' }, '/data/..artifacts'],
  ['files elsewhere', { path: '/reports' }, null],
  ['files in data_dir itself', { path: '/data' }, null],
  ['files around data_dir', { path: '/' }, null],
  ['blobs', { type: 'azure-blob', container: 'reports', account: 'nightcrier', path: '/data/artifacts' }, null],
])('OPS-9: the size limit counts workspaces, and reports that are %s', (_what, artifacts, counted) => {
  const retention = { max_size: '2Gi' };
  expect(sizeLimitSettings(loaded({ storage: { artifacts, retention } }))).toEqual({
    maxBytes: 2 * 1024 ** 3,
    workspaces: '/data/workspaces',
    artifacts: counted,
  });
});

test('OPS-9: without a size in the file the limit is 10Gi, and 0 is none', () => {
  expect(sizeLimitSettings(loaded()).maxBytes).toBe(10 * 1024 ** 3);
  expect(sizeLimitSettings(loaded({ storage: { retention: { max_size: '0' } } })).maxBytes).toBe(0);
});
