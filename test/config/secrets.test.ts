import { describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { ConfigError } from '../../src/config/errors.ts';
import { rootShape, type Shape } from '../../src/config/schema-shape.ts';
import { loadText, minimal, refusal } from '../support/config-dir.ts';

const canary = 'canary-5f2a';

/** A configuration with a canary in every secret key that exists. */
const secretLines = [
  '      context: main',
  'agent: {cli: custom, command: [x], env: {MODEL_KEY: canary-5f2a-env}}',
  'notify: {slack: {bot_token: canary-5f2a-bot, channel: "#x"}}',
  'health: {token: canary-5f2a-health}',
  'palette: {api_key: canary-5f2a-palette, project_uid: canary-5f2a-project}',
];
const withSecrets = minimal(...secretLines)
  .replace('    mcp:', '    labels: {runbook: "http://user:canary-5f2a-login@h/mcp"}\n    mcp:')
  .replace(
    '    triage:',
    '      api_key: canary-5f2a-api\n      headers: {X-One: canary-5f2a-header, Authorization: Bearer canary-5f2a-bearer}\n    triage:',
  );

function secretPaths(shape: Shape, path = ''): string[] {
  return Object.entries({ ...shape.properties, ...(shape.items ? { '[]': shape.items } : {}) }).flatMap(
    ([key, child]) => (child.writeOnly ? [`${path}.${key}`] : secretPaths(child, `${path}.${key}`)),
  );
}

test('UX-7: the schema marks every key that holds a secret', () => {
  expect(secretPaths(rootShape())).toEqual([
    '.clusters.[].mcp.api_key',
    '.clusters.[].mcp.headers',
    '.discovery.[].template.mcp.api_key',
    '.discovery.[].template.mcp.headers',
    '.sources.alertmanager.token',
    '.agent.env',
    '.gateway.models.anthropic.api_key',
    '.gateway.models.openai.api_key',
    '.gateway.models.gemini.api_key',
    '.storage.artifacts.connection_string',
    '.storage.artifacts.key',
    '.notify.slack.bot_token',
    '.notify.slack.app_token',
    '.notify.slack.signing_secret',
    '.notify.slack.webhook_url',
    '.notify.webhook.url',
    '.notify.webhook.secret',
    '.notify.pagerduty.routing_key',
    '.notify.teams.webhook_url',
    '.health.token',
    '.health.read_token',
    '.palette.api_key',
    '.palette.project_uid',
  ]);
});

describe('effective values', () => {
  test('CFG-3 UX-7: no secret is printed, however it was written', () => {
    const loaded = loadText(withSecrets);
    const printed = stringify(loaded.describe());
    expect(printed).not.toContain(canary);
    expect(printed).toContain('api_key: <secret>');
    expect(printed).toContain('http://***@h/mcp');
  });

  test('CFG-3 UX-7: what came through a reference is named by its source, secret or not', () => {
    const env = { KEY: 'canary-5f2a-1', HOST: 'canary-5f2a-2', ZONE: 'canary-5f2a-3' };
    const text = minimal(
      'health:',
      '  token: ${KEY}',
      '  host: "${HOST}"',
      'agent: {env: {A: "x${ZONE}", B: "${B:-plain}"}}',
    );
    const values = loadText(text, { env }).describe();
    expect(JSON.stringify(values)).not.toContain(canary);
    expect(values['health']).toEqual({ host: '<from env HOST>', port: 8080, token: '<from env KEY>' });
    expect(values['agent']).toMatchObject({ env: { A: 'x<from env ZONE>', B: '<secret>' } });
  });

  test('CFG-4 UX-7: durations and sizes are printed as they would be written', () => {
    const values = loadText(minimal('sweep: {interval: 90s}')).describe();
    expect(values).toMatchObject({
      sweep: { interval: '1m30s', interval_without_push: '15s' },
      connection: { max_message: '1Mi', max_response: '64Mi' },
      shutdown_timeout: '30s',
    });
  });
});

test('UX-7: every secret is handed to the log for redaction, with and without its scheme', () => {
  expect(loadText(withSecrets).secrets.toSorted()).toEqual([
    'Bearer canary-5f2a-bearer',
    'canary-5f2a-api',
    'canary-5f2a-bearer',
    'canary-5f2a-bot',
    'canary-5f2a-env',
    'canary-5f2a-header',
    'canary-5f2a-health',
    'canary-5f2a-login',
    'canary-5f2a-palette',
    'canary-5f2a-project',
  ]);
  const files = { s: 'canary-5f2a-file\n' };
  const env = { DB_PASSWORD: 'canary-5f2a-pw', REGION: 'eu-west-1' };
  const text = minimal('data_dir: "${file:s}"', 'health: {host: "${DB_PASSWORD}.${REGION}"}');
  expect(loadText(text, { env, files }).secrets.toSorted()).toEqual(['canary-5f2a-file', 'canary-5f2a-pw']);
});

describe('errors', () => {
  const broken: [name: string, from: string, to: string][] = [
    ['a misspelled secret key', 'api_key:', 'api_kye:'],
    ['an unknown key beside secrets in one line', 'X-One:', 'X-One: 1, Z:'],
    ['a secret of the wrong type', 'canary-5f2a-health', '[canary-5f2a-health]'],
    ['another error on the line of a secret', 'channel: "#x"', 'chanel: "#x"'],
    ['a whole section at the wrong place', 'notify:', 'notfy:'],
    ['broken YAML on the line of a secret', 'canary-5f2a-bot,', 'canary-5f2a-bot, ['],
    ['broken YAML after a secret', '{token: canary-5f2a-health}', '{token: canary-5f2a-health'],
    ['broken YAML in the headers', 'canary-5f2a-header,', '"canary-5f2a-header,'],
    ['broken YAML in the environment of the agent', 'MODEL_KEY: canary-5f2a-env', 'MODEL_KEY: canary-5f2a-env: x'],
    ['a secret that looks like an alias', 'token: canary-5f2a-health', 'token: *canary-5f2a-health'],
    ['an address with a login', 'http://127.0.0.1:18080', 'http://user:canary-5f2a-login@h'],
    ['an address with a login and a wrong scheme', 'http://127.0.0.1:18080', 'ftp://user:canary-5f2a-login@h'],
  ];
  test.each(broken)('CFG-3 UX-7: %s shows no secret', (_, from, to) => {
    expect(withSecrets).toContain(from);
    const { message, problems } = refusal(withSecrets.replace(from, to));
    expect(problems.length).toBeGreaterThan(0);
    expect(message).not.toContain(canary);
    expect(JSON.stringify(problems)).not.toContain(canary);
  });

  test('CFG-3 UX-7: a wrong value that came through a reference is named by its source only', () => {
    const env = { V: canary };
    const text = minimal('health:', '  port: ${V}', 'log: {level: "${V}"}', 'sweep: {interval: "${V}"}').replace(
      'http://127.0.0.1:18080/mcp',
      '${V}',
    );
    const error = refusal(text, { env });
    expect(error.message).not.toContain(canary);
    expect(error.message).toContain('health.port is <from env V>: expected a whole number');
    expect(error.problems).toHaveLength(4);
  });

  test('CFG-3 UX-7: neither a kubeconfig nor a secret in the environment shows up in an error', () => {
    const files = { 'k.yaml': `apiVersion: v1\nusers: [{user: {token: ${canary}}}\n` };
    expect(refusal(minimal(), { files }).message).not.toContain(canary);
    const env = { NIGHTCRIER_HEALTH__TOKEN: canary, NIGHTCRIER_NOTIFY__SLACK__WEBHOOK_URL: canary };
    const error = refusal(minimal(), { env });
    expect(error).toBeInstanceOf(ConfigError);
    expect(error.message).not.toContain(canary);
  });
});
