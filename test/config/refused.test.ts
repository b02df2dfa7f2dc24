import { expect, test } from 'vitest';
import { kubeconfigText, loadText, minimal, refusal } from '../support/config-dir.ts';

interface Case {
  readonly name: string;
  readonly text: string;
  readonly code: string;
  readonly line: number;
  readonly column: number;
  readonly message: string;
  readonly files?: Record<string, string>;
}

const nested = (indent: string, line: string): string =>
  minimal().replace('    triage:', `${indent}${line}\n    triage:`);

const cases: Case[] = [
  {
    name: 'a time that is longer than anything waits',
    text: minimal('intake: {group_wait: 1h}'),
    code: 'NC-CONFIG-007',
    line: 7,
    column: 22,
    message: 'intake.group_wait is "1h": expected a duration of at most 10m',
  },
  {
    name: 'a misspelled key',
    text: nested('      ', 'transprot: auto'),
    code: 'NC-CONFIG-006',
    line: 5,
    column: 7,
    message: 'unknown key "transprot" in clusters[0].mcp, did you mean "transport"?',
  },
  {
    name: 'an unknown key at the top level',
    text: minimal('foobar: 1'),
    code: 'NC-CONFIG-006',
    line: 7,
    column: 1,
    message: 'unknown key "foobar" at the top level',
  },
  {
    name: 'a known key at the wrong place',
    text: nested('      ', 'allow_secrets_access: true'),
    code: 'NC-CONFIG-006',
    line: 5,
    column: 7,
    message: 'unknown key "allow_secrets_access" in clusters[0].mcp, it belongs to clusters[].triage',
  },
  {
    name: 'a wrong type',
    text: minimal('health: {port: eighty}'),
    code: 'NC-CONFIG-007',
    line: 7,
    column: 16,
    message: 'health.port is "eighty": expected a whole number from 0 to 65535',
  },
  ...['http://localhost:8080/mcp', 'http://127.0.0.1:8080/mcp', 'http://[::1]:8080/sse'].map((endpoint) => ({
    name: `an endpoint that is the daemon itself: ${endpoint}`,
    text: minimal().replace(/endpoint: .*/, `endpoint: ${endpoint}`),
    code: 'NC-CONFIG-007',
    line: 4,
    column: 17,
    message: `clusters[0].mcp.endpoint is "${endpoint}": there this daemon itself listens (health.port 8080)`,
  })),
  {
    name: 'a number for a text',
    text: nested('    ', 'environment: 12'),
    code: 'NC-CONFIG-007',
    line: 5,
    column: 18,
    message: 'clusters[0].environment is 12: expected a text (quote it)',
  },
  {
    name: 'a webhook without its secret',
    text: minimal('notify: {webhook: {url: "http://h/"}}'),
    code: 'NC-CONFIG-008',
    line: 7,
    column: 10,
    message: 'notify.webhook.secret is missing: expected a text',
  },
  {
    name: 'a secret that no receiver takes',
    text: minimal('notify: {webhook: {url: "http://h/", secret: hunter2}}'),
    code: 'NC-CONFIG-007',
    line: 7,
    column: 46,
    message: 'notify.webhook.secret is <secret>: expected whsec_ and 24 to 64 bytes in base64',
  },
  {
    name: 'a wrong word',
    text: minimal('severity_threshold: warn'),
    code: 'NC-CONFIG-007',
    line: 7,
    column: 21,
    message: 'severity_threshold is "warn": expected one of info, warning, critical, did you mean "warning"?',
  },
  {
    name: 'a duration without a unit',
    text: minimal('sweep:', '  interval: 30'),
    code: 'NC-CONFIG-007',
    line: 8,
    column: 13,
    message: 'sweep.interval is 30: expected a duration such as 30s, 10m or 168h',
  },
  {
    name: 'a scalar for a mapping',
    text: minimal('sweep: 5m'),
    code: 'NC-CONFIG-007',
    line: 7,
    column: 8,
    message: 'sweep is "5m": expected keys such as interval, interval_without_push, clear_after',
  },
  {
    name: 'a name with a blank',
    text: minimal().replace('name: main', 'name: my cluster'),
    code: 'NC-CONFIG-007',
    line: 2,
    column: 11,
    message: 'clusters[0].name is "my cluster": expected letters, digits, _ and -, at most 63',
  },
  {
    name: 'an address that is none',
    text: minimal().replace('http://', ''),
    code: 'NC-CONFIG-007',
    line: 4,
    column: 17,
    message: 'clusters[0].mcp.endpoint is "127.0.0.1:18080/mcp": expected an http:// or https:// address',
  },
  {
    name: 'a login in an address',
    text: minimal().replace('http://', 'http://user:password@'),
    code: 'NC-CONFIG-007',
    line: 4,
    column: 17,
    message:
      'clusters[0].mcp.endpoint is "http://***@127.0.0.1:18080/mcp": a user and password in the address are not sent',
  },
  {
    name: 'an empty list of clusters',
    text: 'clusters: []\n',
    code: 'NC-CONFIG-007',
    line: 1,
    column: 11,
    message: 'clusters is an empty list: expected at least one cluster',
  },
  {
    name: 'no clusters',
    text: 'data_dir: x\n',
    code: 'NC-CONFIG-008',
    line: 1,
    column: 1,
    message: 'clusters is missing: expected a list',
  },
  {
    name: 'a required key with nothing',
    text: minimal().replace('endpoint: http://127.0.0.1:18080/mcp', 'endpoint:'),
    code: 'NC-CONFIG-008',
    line: 4,
    column: 7,
    message: 'clusters[0].mcp.endpoint is missing: expected an http:// or https:// address',
  },
  {
    name: 'a cluster with neither a server nor a watch',
    text: 'clusters:\n  - name: east\n    triage: {enabled: false}\n',
    code: 'NC-CONFIG-034',
    line: 2,
    column: 5,
    message: 'clusters[0] has neither mcp nor watch nor teleport',
  },
  {
    name: 'a cluster with both',
    text: nested('    ', 'watch: {kubeconfig: k.yaml}'),
    code: 'NC-CONFIG-034',
    line: 5,
    column: 5,
    message: 'clusters[0] has both mcp and watch',
  },
  {
    name: 'a watch with a kubeconfig that is not there',
    text: 'clusters: [{name: east, watch: {kubeconfig: none.yaml}}]\n',
    code: 'NC-CONFIG-016',
    line: 1,
    column: 45,
    message: 'none.yaml does not exist',
  },
  {
    name: 'a watch of a context that is not there',
    text: 'clusters: [{name: east, watch: {kubeconfig: k.yaml, context: mian}}]\n',
    code: 'NC-CONFIG-015',
    line: 1,
    column: 62,
    message: 'has no context "mian", did you mean "main"?',
  },
  {
    name: 'two watches of one cluster',
    text: 'clusters: [{name: a, watch: {kubeconfig: k.yaml}}, {name: b, watch: {kubeconfig: k.yaml, context: main}}]\n',
    code: 'NC-CONFIG-021',
    line: 1,
    column: 82,
    message: 'clusters[1] watches the same as clusters[0]',
  },
  {
    name: 'a duplicate cluster',
    text: minimal() + minimal().slice('clusters:\n'.length),
    code: 'NC-CONFIG-012',
    line: 7,
    column: 11,
    message: 'cluster name "main" is used twice, first by clusters[0]',
  },
  {
    name: 'two clusters that share a server and a context',
    text: minimal() + minimal().slice('clusters:\n'.length).replace('main', 'second'),
    code: 'NC-CONFIG-021',
    line: 9,
    column: 17,
    message: 'clusters[1] has the server of clusters[0], with the same context "main"',
  },
  {
    name: 'two clusters that share a server and have no context',
    text: 'clusters:\n- {name: a, mcp: {endpoint: "http://h:1/mcp"}, triage: {enabled: false}}\n- {name: b, mcp: {endpoint: "http://h:1/mcp"}, triage: {enabled: false}}\n',
    code: 'NC-CONFIG-021',
    line: 3,
    column: 29,
    message: 'clusters[1] has the server of clusters[0], and no context is set',
  },
  {
    name: 'a kubeconfig that is not there',
    text: minimal().replace('k.yaml', 'gone.yaml'),
    code: 'NC-CONFIG-013',
    line: 6,
    column: 19,
    message: '/gone.yaml does not exist',
  },
  {
    name: 'no kubeconfig',
    text: minimal().replace('kubeconfig: k.yaml', 'enabled: true'),
    code: 'NC-CONFIG-013',
    line: 5,
    column: 5,
    message: 'clusters[0].triage.kubeconfig is missing, and triage is enabled',
  },
  {
    name: 'a kubeconfig that is a directory',
    text: minimal().replace('k.yaml', 'dir'),
    files: { 'dir/x': '' },
    code: 'NC-CONFIG-013',
    line: 6,
    column: 19,
    message: '/dir is a directory',
  },
  {
    name: 'a kubeconfig that is none',
    text: minimal(),
    files: { 'k.yaml': 'hello: world\n' },
    code: 'NC-CONFIG-014',
    line: 6,
    column: 19,
    message: 'it is not a kubeconfig: clusters and contexts are missing',
  },
  {
    name: 'a kubeconfig that is not YAML',
    text: minimal(),
    files: { 'k.yaml': 'a: [' },
    code: 'NC-CONFIG-014',
    line: 6,
    column: 19,
    message: 'k.yaml: it is not valid YAML',
  },
  {
    name: 'a context whose cluster is missing',
    text: minimal(),
    files: { 'k.yaml': kubeconfigText('main').replace('"name":"c"', '"name":"other"') },
    code: 'NC-CONFIG-014',
    line: 6,
    column: 19,
    message: 'context main names cluster "c", which the file does not have',
  },
  {
    name: 'a context that the kubeconfig does not have',
    text: minimal('      context: mian'),
    code: 'NC-CONFIG-015',
    line: 7,
    column: 16,
    message: 'has no context "mian", did you mean "main"?',
  },
  {
    name: 'a kubeconfig without a current context',
    text: minimal(),
    files: { 'k.yaml': kubeconfigText('main').replace(',"current-context":"main"', '') },
    code: 'NC-CONFIG-015',
    line: 6,
    column: 19,
    message: 'has no current-context, and triage.context is not set',
  },
  {
    name: 'a CA file that is not there',
    text: nested('      ', 'ca_file: ca.pem'),
    code: 'NC-CONFIG-016',
    line: 5,
    column: 16,
    message: '/ca.pem does not exist',
  },
  {
    name: 'a CA file that holds no certificate',
    text: nested('      ', 'ca_file: k.yaml'),
    code: 'NC-CONFIG-016',
    line: 5,
    column: 16,
    message: 'k.yaml holds no PEM certificate',
  },
  {
    name: 'a custom agent without a command',
    text: minimal('agent: {cli: custom}'),
    code: 'NC-CONFIG-020',
    line: 7,
    column: 14,
    message: 'the agent is custom, and agent.command is not set',
  },
  {
    name: 'a bot token without a channel',
    text: minimal('notify: {slack: {bot_token: x}}'),
    code: 'NC-CONFIG-019',
    line: 7,
    column: 10,
    message: 'notify.slack has a bot_token and no channel',
  },
  {
    name: 'a channel without a token',
    text: minimal('notify: {slack: {channel: "#x"}}'),
    code: 'NC-CONFIG-019',
    line: 7,
    column: 10,
    message: 'notify.slack has neither bot_token nor webhook_url',
  },
  {
    name: 'a variable that is not set',
    text: minimal('notify: {slack: {bot_token: "${SLACK_BOT_TOKEN}", channel: "#x"}}'),
    code: 'NC-CONFIG-009',
    line: 7,
    column: 29,
    message: 'notify.slack.bot_token: environment variable SLACK_BOT_TOKEN is not set',
  },
];

test.each(cases)('CFG-2 UX-5: $name is refused with its place', ({ text, code, line, column, message, files }) => {
  const { problems } = refusal(text, files ? { files } : {});
  expect(problems.map((problem) => problem.code)).toEqual([code]);
  const [problem] = problems;
  expect(problem?.message).toContain(message);
  expect(problem).toMatchObject({ origin: 'nightcrier.yaml', line, column });
  expect(problem?.fix).not.toMatch(/\{\w+\}/);
  const [shown, caret] = (problem?.excerpt ?? '').split('\n');
  expect(shown).toContain(`${line} | `);
  expect((caret ?? '').indexOf('^')).toBe((shown ?? '').indexOf('|') + 1 + column);
});

test('CFG-2 UX-5: all errors of a run are shown at once, in the order of their lines', () => {
  const text = [
    'sevrity_threshold: info',
    'clusters:',
    '  - name: a',
    '    mcp: {endpoint: nowhere, api_key: "${MISSING}"}',
    '    triage: {kubeconfig: gone.yaml}',
    '  - name: a',
    '    mcp: {endpoint: http://h/mcp, mode: push}',
    '    triage: {enabled: false}',
    'agent: {runner: kubernetes}',
  ].join('\n');
  const { problems, message } = refusal(text);
  expect(problems.map(({ line, code }) => `${line} ${code}`)).toEqual([
    '1 NC-CONFIG-006',
    '4 NC-CONFIG-007',
    '4 NC-CONFIG-009',
    '5 NC-CONFIG-013',
    '6 NC-CONFIG-012',
    '7 NC-CONFIG-007',
    '9 NC-CONFIG-007',
  ]);
  expect(message).toContain('7 errors in the configuration');
});

test('UX-5: the form of an error is the place, the sentence, the line with a caret, the fix and the code', () => {
  expect(refusal(nested('      ', 'transprot: auto')).message).toBe(
    [
      'error: nightcrier.yaml:5:7: unknown key "transprot" in clusters[0].mcp, did you mean "transport"?',
      '',
      '  5 |       transprot: ****',
      '    |       ^^^^^^^^^',
      '    fix: correct or remove the key; docs/configuration.md lists all',
      '    NC-CONFIG-006',
    ].join('\n'),
  );
});

test('CFG-2: the fix of a login in an address names where the credential belongs', () => {
  const { problems } = refusal(minimal().replace('http://', 'http://user:password@'));
  expect(problems[0]?.fix).toBe(
    'set clusters[0].mcp.endpoint to the address without them, and give the credential in mcp.api_key or mcp.headers',
  );
  const others = ['health: {public_url: "https://u@h"}', 'notify: {slack: {webhook_url: "https://u:p@h/"}}'];
  for (const line of others) expect(refusal(minimal(line)).problems[0]?.fix).toMatch(/ to the address without them$/);
});

const gone: [line: string, message: string][] = [
  ['telemetry: {otlp_endpoint: "http://127.0.0.1:4318"}', 'unknown key "telemetry" at the top level'],
];

test.each(gone)('CFG-2: %s is an unknown key, because nothing would act on it', (line, message) => {
  const { problems } = refusal(minimal(line));
  expect(problems.map(({ code }) => code)).toEqual(['NC-CONFIG-006']);
  expect(problems[0]?.message).toContain(message);
});

test.each([
  ['agent: {cli: clippy}', 'is "clippy": expected one of builtin, claude, codex, gemini, goose, custom'],
  [
    '    overrides: {agent: {cli: clippy}}',
    'is "clippy": expected one of builtin, claude, codex, gemini, goose, custom',
  ],
  ['agent: {runner: kubernetes}', 'is "kubernetes": expected one of auto, docker, process'],
  ['agent: {network: host}', 'the name of a network; not `host`'],
  ['agent: {image: --privileged}', 'a name such as nightcrier-agent:latest'],
  ['agent: {engine: -x}', 'a program'],
  ['storage: {artifacts: {type: s3}}', 'is "s3": expected one of filesystem, azure-blob'],
  ['storage: {state: {type: postgres}}', 'is "postgres": expected sqlite'],
])('CFG-2: %s names a part that is not there, and those that are', (line, message) => {
  const { problems } = refusal(minimal(line));
  expect(problems.map(({ code }) => code)).toEqual(['NC-CONFIG-007']);
  expect(problems[0]?.message).toContain(message);
});

const artifacts = (keys: string): string => minimal(`storage: {artifacts: {${keys}}}`);

test.each([
  ['sas_expiry: 1h', 'sas_expiry is for azure-blob, and the type is filesystem'],
  ['container: reports', 'container is for azure-blob'],
  ['type: azure-blob, account: abc, container: reports, path: x', 'path is for filesystem'],
  ['type: azure-blob, account: abc', 'container is missing'],
  ['type: azure-blob, container: reports', 'neither connection_string nor account is set'],
  ['type: azure-blob, container: Reports, account: abc', 'container is "Reports", and such a name has 3 to 63'],
  ['type: azure-blob, container: a--b, account: abc', 'container is "a--b"'],
  ['type: azure-blob, container: reports, account: A.b', 'account is "A.b", and such a name has 3 to 24'],
  ['type: azure-blob, container: reports, account: abc, key: "no key!"', 'key is no key of an account (base64)'],
  ['type: azure-blob, container: reports, account: abc, sas_expiry: 200h', 'with Entra ID links are good for 168h'],
  [
    'type: azure-blob, container: reports, connection_string: "BlobEndpoint=https://h/"',
    'has to have AccountName, AccountKey',
  ],
  ['type: azure-blob, container: reports, connection_string: "AccountName=a;AccountKey=eA=="', 'and BlobEndpoint or'],
  [
    'type: azure-blob, container: reports, connection_string: "BlobEndpoint=https://h/;AccountName=a;AccountKey=eA==", account: abc',
    'connection_string and account exclude each other',
  ],
])('CFG-2, STO-1: artifacts {%s} is refused with the reason', (keys, message) => {
  const { problems } = refusal(artifacts(keys));
  expect(problems.map(({ code }) => code)).toEqual(['NC-CONFIG-024']);
  expect(problems[0]?.message).toContain(message);
});

test.each([
  'type: azure-blob, container: reports, connection_string: "AccountName=abc;AccountKey=eA==;BlobEndpoint=https://h/abc"',
  'type: azure-blob, container: reports, connection_string: UseDevelopmentStorage=true',
  'type: azure-blob, container: reports, account: abc, key: eA==, sas_expiry: 720h',
  'type: azure-blob, container: reports, account: abc, endpoint: "https://abc.blob.core.chinacloudapi.cn", key: ""',
])('STO-1: artifacts {%s} is taken, and its secrets are not shown', (keys) => {
  const loaded = loadText(artifacts(keys));
  expect(loaded.config.storage.artifacts.type).toBe('azure-blob');
  expect(JSON.stringify(loaded.describe())).not.toContain('eA==');
});

test('CFG-4: a file that names the parts that there are is taken', () => {
  const lines = ['agent: {runner: process}', 'storage: {state: {type: sqlite}, artifacts: {type: filesystem}}'];
  expect(loadText(minimal(...lines)).config.agent.runner).toBe('process');
});

test('CFG-2 UX-5: a channel that YAML takes for a comment is told as that, with what to write', () => {
  const [problem] = refusal(minimal('notify:', '  slack:', '    channel: #incidents', '    bot_token: x')).problems;
  expect(problem).toMatchObject({
    code: 'NC-CONFIG-019',
    line: 9,
    column: 5,
    message: 'notify.slack has a bot_token and no channel: YAML takes #incidents for a comment',
    fix: 'put it in quotes: channel: "#incidents"',
  });
  const [flow] = refusal(minimal('notify: {slack: {bot_token: x, channel: #incidents}}')).problems;
  expect(flow).toMatchObject({
    code: 'NC-CONFIG-003',
    fix: 'quote what begins with #, or it is a comment: "#incidents"',
  });
});
