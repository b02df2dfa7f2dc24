import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { ConfigError } from '../../src/config/errors.ts';
import { loadConfig, parseConfig } from '../../src/config/load.ts';
import { kubeconfigText, loadText, minimal, refusal } from '../support/config-dir.ts';
import { tempDir } from '../support/temp-dir.ts';

describe('a file that loads', () => {
  test('CFG-1 CFG-4: the smallest file has every default, and paths relative to the file are absolute', () => {
    const cwd = tempDir({ 'nightcrier.yaml': minimal(), 'k.yaml': kubeconfigText() });
    const { config, file, warnings, healthPort } = loadConfig({ cwd, env: {} });
    expect(file).toBe(path.join(cwd, 'nightcrier.yaml'));
    expect(warnings).toEqual([]);
    expect(healthPort).toBe(8080);
    expect(config.data_dir).toBe(path.join(cwd, 'data'));
    expect(config.storage.state.path).toBe(path.join(cwd, 'data', 'nightcrier.db'));
    expect(config.storage.artifacts.path).toBe(path.join(cwd, 'data', 'artifacts'));
    expect(config.clusters[0]?.triage).toEqual({
      enabled: true,
      kubeconfig: path.join(cwd, 'k.yaml'),
      allow_secrets_access: false,
    });
    expect(config.sweep.interval).toBe(60_000);
    expect(config.connection.max_response).toBe(64 * 1024 * 1024);
    expect(config.agent.cli).toBe('builtin');
    expect(path.isAbsolute(config.agent.script ?? '')).toBe(true);
  });

  test('CFG-1: the whole example of the contract is understood, with what does not exist yet left at its default', () => {
    const { config } = loadText(contractExample, { env: { SLACK_BOT_TOKEN: 'xoxb-1', MCP_API_KEY: 'abc' } });
    expect(config.clusters[0]?.overrides).toEqual({ severity_threshold: 'warning', slack_channel: '#payments' });
    expect(config.clusters[0]?.mcp?.api_key).toBe('abc');
    expect(config.clusters[0]?.mcp?.ca_file).toBeUndefined();
    expect(config.agent.env).toEqual({});
    expect(config.notify.slack?.bot_token).toBe('xoxb-1');
  });

  test('CFG-4: null and empty text are the same as not set, in the file and after references', () => {
    const text = minimal('health: {token: "", public_url:, port: }', 'agent:', '  model: ${MODEL:-}', '  env: {A: ""}');
    const { config } = loadText(text);
    expect(config.health.port).toBe(8080);
    expect(config.health.token).toBeUndefined();
    expect(config.agent.model).toBeUndefined();
    expect(config.agent.env).toEqual({});
  });

  test('CFG-5: an override that sets one agent key does not bring the defaults of the others', () => {
    const { config } = loadText(minimal('    overrides: {agent: {timeout: 90s}}'));
    expect(config.clusters[0]?.overrides.agent).toEqual({ timeout: 90_000 });
  });

  test('CFG-4: ~/ is the home directory and a command with ./ is relative to the file', () => {
    const home = tempDir({ '.kube/config': kubeconfigText() });
    const text = minimal('agent: {cli: custom, command: [./look.sh, ./kept]}').replace('k.yaml', '~/.kube/config');
    const { config, file } = loadText(text, { env: { HOME: home } });
    expect(config.clusters[0]?.triage.kubeconfig).toBe(path.join(home, '.kube/config'));
    expect(config.agent.command).toEqual([path.join(path.dirname(file ?? ''), 'look.sh'), './kept']);
  });

  test('CFG-1: a kubeconfig is not needed when triage is off', () => {
    const { config } = loadText('clusters: [{name: a, mcp: {endpoint: "http://h/mcp"}, triage: {enabled: false}}]');
    expect(config.clusters[0]?.triage.kubeconfig).toBeUndefined();
  });

  test('CFG-1: a configuration can be made in memory, with the same checks', () => {
    const dir = tempDir({ 'k.yaml': kubeconfigText() });
    const cluster = { name: 'a', mcp: { endpoint: 'http://h/mcp' }, triage: { kubeconfig: 'k.yaml' } };
    expect(parseConfig({ clusters: [cluster] }, dir).config.clusters[0]?.triage.kubeconfig).toBe(
      path.join(dir, 'k.yaml'),
    );
    expect(() => parseConfig({ clusters: [cluster, cluster], foo: 1 }, dir)).toThrow(
      /unknown key "foo"[\s\S]*used twice/,
    );
  });
});

describe('where the file is', () => {
  const loads = (cwd: string, env: Record<string, string>, file?: string): string =>
    path.relative(cwd, loadConfig({ cwd, env, ...(file === undefined ? {} : { file }) }).file ?? '');

  test('CFG-5: --config wins over $NIGHTCRIER_CONFIG, which wins over the searched places in their order', () => {
    const files = { 'k.yaml': kubeconfigText(), 'configs/k.yaml': kubeconfigText() };
    const cwd = tempDir({ ...files, 'a.yaml': minimal(), 'b.yaml': minimal(), 'configs/nightcrier.yaml': minimal() });
    expect(loads(cwd, {})).toBe('configs/nightcrier.yaml');
    fs.writeFileSync(path.join(cwd, 'nightcrier.yaml'), minimal());
    expect(loads(cwd, {})).toBe('nightcrier.yaml');
    expect(loads(cwd, { NIGHTCRIER_CONFIG: 'a.yaml' })).toBe('a.yaml');
    expect(loads(cwd, { NIGHTCRIER_CONFIG: 'a.yaml' }, 'b.yaml')).toBe('b.yaml');
  });

  test('CFG-2: no file, a named file that is missing, and a directory each give one sentence', () => {
    const cwd = tempDir({ 'dir/x': '' });
    const message = (file?: string): string => {
      try {
        loadConfig({ cwd, env: {}, ...(file === undefined ? {} : { file }) });
        return 'loaded';
      } catch (error) {
        return error instanceof ConfigError ? error.message : String(error);
      }
    };
    expect(message()).toContain('no configuration file found: looked for ./nightcrier.yaml');
    expect(message()).toContain('nightcrier init');
    expect(message('gone.yaml')).toContain('error: gone.yaml: the configuration file does not exist');
    expect(message('dir')).toContain('error: dir: the configuration file is a directory');
  });
});

describe('precedence', () => {
  test('CFG-5: flag over environment over file', () => {
    const text = minimal('health: {port: 1000}', 'log: {level: warn}');
    const port = (env: Record<string, string>, healthPort?: number): number =>
      loadText(text, { env, flags: { healthPort } }).config.health.port;
    expect(port({})).toBe(1000);
    expect(port({ NIGHTCRIER_HEALTH__PORT: '2000' })).toBe(2000);
    expect(port({ NIGHTCRIER_HEALTH__PORT: '2000' }, 3000)).toBe(3000);
    expect(loadText(text, { flags: { logLevel: 'debug' } }).config.log.level).toBe('debug');
    expect(loadText(text, { flags: { healthPort: 'auto' } }).healthPort).toBe('auto');
    expect(loadText(text, { flags: { healthPort: 0 } }).healthPort).toBe(0);
  });

  test('CFG-5: values of the environment are typed as YAML scalars, texts stay texts, and none adds keys', () => {
    const env = {
      NIGHTCRIER_PERMISSIONS__REQUIRE_READ_ONLY: 'true',
      NIGHTCRIER_AGENT__MAX_CONCURRENT: '2',
      NIGHTCRIER_HEALTH__TOKEN: '12345678',
      NIGHTCRIER_HEALTH__HOST: 'x\nadmin: {open: true}',
      NIGHTCRIER_AGENT__ENV__MY_Var: 'v',
      NIGHTCRIER_SWEEP__INTERVAL: '',
    };
    const { config } = loadText(minimal(), { env });
    expect(config.permissions.require_read_only).toBe(true);
    expect(config.agent.max_concurrent).toBe(2);
    expect(config.health.token).toBe('12345678');
    expect(config.health.host).toBe('x\nadmin: {open: true}');
    expect(config.agent.env).toEqual({ MY_Var: 'v' });
    expect(config.sweep.interval).toBe(60_000);
    expect(config).not.toHaveProperty('admin');
  });

  test('CFG-5: a wrong value from the environment or a flag names where it came from', () => {
    expect(refusal(minimal(), { env: { NIGHTCRIER_HEALTH__PORT: 'x' } }).message).toContain(
      'error: NIGHTCRIER_HEALTH__PORT: health.port is "x": expected a whole number from 0 to 65535',
    );
    expect(refusal(minimal(), { flags: { logLevel: 'inof' } }).message).toContain(
      'error: --log-level: log.level is "inof": expected one of debug, info, warn, error, did you mean "info"?',
    );
  });

  test('CFG-5: an unknown variable is a warning with the nearest name; what belongs to others is not', () => {
    const env = {
      NIGHTCRIER_HEALTH__PROT: '1',
      NIGHTCRIER_CLUSTERS: '[]',
      NIGHTCRIER_CONFIG: '',
      NIGHTCRIER_RUN_CLUSTER: 'a',
      NIGHTCRIER_SERVICE_HOST: '10.0.0.1',
      NIGHTCRIER_PORT_8080_TCP: 'tcp://10.0.0.1:8080',
    };
    const { warnings } = loadText(minimal(), { env });
    expect(warnings.map(({ message }) => message)).toEqual([
      'environment variable NIGHTCRIER_CLUSTERS is no setting and is ignored',
      'environment variable NIGHTCRIER_HEALTH__PROT is no setting and is ignored, did you mean NIGHTCRIER_HEALTH__PORT?',
    ]);
  });

  test('CFG-5: what the environment sets repairs a reference of the file that is unset', () => {
    const text = minimal('health:', '  port: ${NOT_SET}');
    expect(loadText(text, { env: { NIGHTCRIER_HEALTH__PORT: '5' } }).config.health.port).toBe(5);
  });
});

const contractExample = `
data_dir: ./data
clusters:
  - name: prod-us-east-1
    environment: production
    labels: {team: payments}
    mcp:
      endpoint: http://kubernetes-mcp-server.example:8080/mcp
      api_key: \${MCP_API_KEY:-}
      headers: {}
      transport: auto
      mode: auto
      ca_file:
      insecure_skip_tls_verify: false
    triage:
      enabled: true
      kubeconfig: k.yaml
      context:
      allow_secrets_access: false
    overrides: {severity_threshold: warning, slack_channel: "#payments"}
severity_threshold: info
intake:      {dedup_window: 15m, group_wait: 3s, reopen_window: 30m, max_open_faults_per_cluster: 10000}
sweep:       {interval: 5m, interval_without_push: 15s, clear_after: 2m}
connection:  {ping_interval: 25s, backoff_initial: 1s, backoff_max: 60s, max_message: 1Mi, max_response: 64Mi, max_faults_per_second: 200}
permissions: {refresh: 1h, timeout: 10s, max_concurrent: 4, require_read_only: false}
agent:
  cli: builtin
  command: []
  model:
  script:
  timeout: 10m
  max_concurrent: 4
  max_concurrent_per_cluster: 1
  env: {ANTHROPIC_API_KEY: "\${ANTHROPIC_API_KEY:-}"}
storage:
  state:     {path: nightcrier.db}
  artifacts: {path: artifacts}
  retention: {incidents: 30d, workspaces: 7d}
  upload_failed_investigations: false
notify:
  slack: {bot_token: "\${SLACK_BOT_TOKEN}", channel: "#incidents", api_url: https://slack.com/api/}
  console: auto
health: {host: 127.0.0.1, port: 8080, token:, public_url:}
log:    {level: info, format: auto}
shutdown_timeout: 30s
`;

test.each([
  ['another context', '      context: other'],
  ['another key', '      context: main', '      api_key: k2'],
])('CFG-1: clusters of one server may be told apart by %s', (_, triage, mcp = '') => {
  const second = minimal()
    .slice('clusters:\n'.length)
    .replace('name: main', 'name: second')
    .replace('    triage:\n', `${mcp === '' ? '' : `${mcp}\n`}    triage:\n${triage}\n`);
  expect(loadText(minimal() + second).config.clusters.map(({ name }) => name)).toEqual(['main', 'second']);
});
