import { expect, test } from 'vitest';
import { withDiscovered } from '../../src/app/discovered-clusters.ts';
import { loadConfig } from '../../src/config/load.ts';
import { readLocations } from '../../src/config/locations.ts';
import { type DiscoveredCluster, sourceKey } from '../../src/discovery/config.ts';
import { kubeconfigText, refusal } from '../support/config-dir.ts';
import { tempDir } from '../support/temp-dir.ts';

function load(source: string, clusters = '') {
  const cwd = tempDir({ 'nightcrier.yaml': `${clusters}discovery:\n  - ${source}\n`, 'm.yaml': kubeconfigText() });
  const loaded = loadConfig({ cwd, env: {} });
  const [first] = loaded.config.discovery;
  const found = (name: string, more: Partial<DiscoveredCluster> = {}): DiscoveredCluster => ({
    source: sourceKey(first!),
    name,
    namespace: 'fleet',
    secret: `${name}-kubeconfig`,
    labels: { env: 'production', 'x.io/team': 'payments' },
    kubeconfig: `${cwd}/${name}.kubeconfig`,
    ...more,
  });
  return { cwd, loaded, found };
}

test('CFG-8: a discovered cluster is watched by the kubeconfig of its Secret, and looks like one of the file', () => {
  const { loaded, found, cwd } = load('{kubeconfig: m.yaml}');
  expect(loaded.config.discovery[0]?.kubeconfig).toBe(`${cwd}/m.yaml`);
  const { loaded: extended, notTaken } = withDiscovered(loaded, [found('east'), found('other', { source: 'gone' })]);
  expect(notTaken).toEqual([]);
  const kubeconfig = `${cwd}/east.kubeconfig`;
  expect(extended.config.clusters).toMatchObject([
    { name: 'east', labels: {}, watch: { kubeconfig }, triage: { enabled: true, kubeconfig } },
  ]);
  expect(loaded.config.clusters).toEqual([]);
});

test('CFG-8: the template says what it gets, with the name, namespace and labels of the Secret', () => {
  const template = [
    'name: "{namespace}-{name}"',
    'environment: "{labels.env}"',
    'labels: {team: "{labels.x.io/team}", none: "{labels.absent}"}',
    'mcp: {endpoint: "http://mcp.{name}.svc:8080/mcp", api_key: "${KEY:-canary-key}"}',
    'triage: {allow_secrets_access: true}',
    'overrides: {severity_threshold: critical, agent: {timeout: 5m}}',
  ];
  const { loaded, found } = load(`{kubeconfig: m.yaml, template: {${template.join(', ')}}}`);
  const { config } = withDiscovered(loaded, [found('east.1')]).loaded;
  expect(config.clusters).toMatchObject([
    {
      name: 'fleet-east-1',
      environment: 'production',
      labels: { team: 'payments' },
      mcp: { endpoint: 'http://mcp.east.1.svc:8080/mcp', api_key: 'canary-key', mode: 'auto' },
      triage: { allow_secrets_access: true },
      overrides: { severity_threshold: 'critical', agent: { timeout: 300_000 } },
    },
  ]);
  expect(config.clusters[0]?.labels).not.toHaveProperty('none');
  expect(loaded.secrets).toContain('canary-key');
});

test('CFG-8: a name that is taken, and what is no cluster, is left out and told', () => {
  const own = 'clusters: [{name: east, mcp: {endpoint: "http://127.0.0.1:1/mcp"}, triage: {enabled: false}}]\n';
  const { loaded, found } = load('{kubeconfig: m.yaml}', own);
  const twice = found('west', { namespace: 'elsewhere' });
  const { loaded: extended, notTaken } = withDiscovered(loaded, [
    found('east'),
    found('west'),
    twice,
    found('https://10.0.0.1'),
    found('x'.repeat(64)),
  ]);
  expect(extended.config.clusters.map(({ name }) => name)).toEqual(['east', 'west']);
  expect(notTaken.map(({ found: one, kind, detail }) => `${one.name.slice(0, 20)} ${kind} ${detail}`)).toEqual([
    'east name_taken east is the name of a cluster of the configuration',
    'west name_taken west is the name of a cluster of Secret fleet/west-kubeconfig',
    'https://10.0.0.1 invalid name: letters, digits, _ and -, at most 63',
    `${'x'.repeat(20)} invalid name: letters, digits, _ and -, at most 63`,
  ]);
});

test('CFG-2 CFG-8: the management cluster must be reachable by what is written', () => {
  const messages = (source: string): string[] =>
    refusal(`discovery:\n  - ${source}\n`).problems.map(({ message, line }) => `${line}: ${message}`);
  expect(messages('{kubeconfig: none.yaml}')[0]).toMatch(/^2: kubeconfig .*none\.yaml does not exist$/);
  expect(messages('{kubeconfig: k.yaml, context: nobody}')[0]).toContain('has no context "nobody"');
  expect(messages('{kubeconfig: k.yaml, format: kubeconfig}')[0]).toContain('discovery[0].selector is missing');
  expect(messages('{kubeconfig: k.yaml, template: {naem: x}}')[0]).toContain('did you mean "name"?');
  expect(messages('{kubeconfig: k.yaml, template: {triage: {kubeconfig: x}}}')[0]).toContain(
    'unknown key "kubeconfig"',
  );
});

test('OPS-4 CFG-8: commands beside the daemon do not refuse a cluster that stands in no file', () => {
  const { cwd } = load('{kubeconfig: m.yaml}');
  expect(readLocations({ cwd, env: {} }).clusters).toEqual([]);
});
