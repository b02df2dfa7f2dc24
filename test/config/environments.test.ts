import { expect, test } from 'vitest';
import { kubeconfigText, loadText, minimal, refusal } from '../support/config-dir.ts';

const production = 'environment: production';

/** A configuration with one cluster of an environment, and settings of environments. */
function text(environment: string, ...lines: string[]): string {
  return minimal(...lines).replace('    mcp:', `    ${environment}\n    mcp:`);
}

test('CFG-5: an environment has the keys of the overrides of a cluster', () => {
  const { config } = loadText(
    text(
      production,
      'environments:',
      '  production: {severity_threshold: warning, agent: {timeout: 2m}, storm: {per_cluster: 5}}',
    ),
  );
  expect(config.environments).toEqual({
    production: { severity_threshold: 'warning', agent: { timeout: 120_000 }, storm: { per_cluster: 5 } },
  });
});

test('CFG-2: a key that it does not have is refused, with the nearest', () => {
  const [problem] = refusal(text(production, 'environments: {production: {severity_treshold: warning}}')).problems;
  expect(problem).toMatchObject({ code: 'NC-CONFIG-006', path: 'environments.production.severity_treshold' });
  expect(problem?.message).toContain('did you mean "severity_threshold"?');
});

test('CFG-5: an environment that no cluster has is a warning, with the nearest name', () => {
  const lines = ['environments: {prodution: {severity_threshold: warning}, lab: {severity_threshold: info}}'];
  const { warnings } = loadText(text(production, ...lines));
  expect(warnings.map(({ code, message, line }) => ({ code, message, line }))).toEqual([
    {
      code: 'NC-CONFIG-028',
      message: 'no cluster has the environment "prodution", did you mean "production"?',
      line: expect.any(Number),
    },
    { code: 'NC-CONFIG-028', message: 'no cluster has the environment "lab"', line: expect.any(Number) },
  ]);
});

test('CFG-5, CFG-8: an environment of clusters in other files is used', () => {
  const files = {
    'fleet/a.yaml':
      'clusters: [{name: a, environment: lab, mcp: {endpoint: "http://a:1/mcp"}, triage: {enabled: false}}]\n',
    'k.yaml': kubeconfigText(),
  };
  const lines = ['clusters_from: [fleet/*.yaml]', 'environments: {lab: {severity_threshold: critical}}'];
  expect(loadText(minimal(...lines), { files }).warnings).toEqual([]);
});

test('CFG-5: an environment whose agent is custom needs its command', () => {
  const [problem] = refusal(text(production, 'environments: {production: {agent: {cli: custom}}}')).problems;
  expect(problem).toMatchObject({ code: 'NC-CONFIG-020', path: 'environments.production.agent.cli' });
});

test('CFG-5: the effective values of a cluster are printed with those of its environment', () => {
  const lines = [
    'environments: {production: {severity_threshold: warning, slack_channel: "${CHANNEL}", agent: {model: m-1, timeout: 2m}}}',
  ];
  const own = text(`${production}\n    overrides: {severity_threshold: critical, agent: {model: m-2}}`, ...lines);
  const { clusters } = loadText(own, { env: { CHANNEL: '#prod' } }).describe() as {
    clusters: { overrides: unknown }[];
  };
  expect(clusters[0]?.overrides).toEqual({
    severity_threshold: 'critical',
    slack_channel: '<from env CHANNEL>',
    agent: { model: 'm-2', timeout: '2m' },
  });
});

test('CFG-5, INT-3: silences of an environment and of its cluster add up where they are printed', () => {
  const lines = ['environments: {production: {silences: [{matchers: [kind=Node]}]}}'];
  const own = text(`${production}\n    overrides: {silences: [{matchers: [namespace=dev]}]}`, ...lines);
  const { clusters } = loadText(own).describe() as { clusters: { overrides: { silences: unknown[] } }[] };
  expect(clusters[0]?.overrides.silences).toMatchObject([{ matchers: ['kind=Node'] }, { matchers: ['namespace=dev'] }]);
});

test.each([
  ['environments.production.silences[0].matchers[0]', 'environments: {production: {silences: [{matchers: [kind]}]}}'],
  [
    'discovery[0].template.overrides.silences[0].matchers[0]',
    'discovery: [{kubeconfig: k.yaml, template: {overrides: {silences: [{matchers: [kind]}]}}}]',
  ],
])('CFG-2, INT-3: a matcher that cannot be read is refused at %s', (path, line) => {
  const { problems } = refusal(text(production, line));
  expect(problems).toMatchObject([{ code: 'NC-CONFIG-041', path }]);
});
