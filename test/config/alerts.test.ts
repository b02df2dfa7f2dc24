import { expect, test } from 'vitest';
import { loadText, minimal, refusal } from '../support/config-dir.ts';

const enabled = 'sources: {alertmanager: {enabled: true}}';

test.each(['0.0.0.0', '10.0.0.5', '::'])('INT-7: alerts from anybody are refused, on %s', (host) => {
  const [problem] = refusal(minimal(`health: {host: "${host}"}`, enabled)).problems;
  expect(problem).toMatchObject({
    code: 'NC-CONFIG-027',
    line: 8,
    message: `sources.alertmanager is enabled without a token, and health.host is ${host}`,
  });
});

test('INT-7: alerts need the HTTP server', () => {
  const [problem] = refusal(minimal('health: {port: 0}', enabled)).problems;
  expect(problem).toMatchObject({
    code: 'NC-CONFIG-027',
    message: 'sources.alertmanager is enabled, and health.port 0 turns the HTTP server off',
  });
});

test('INT-7: a label that no alert can have is refused', () => {
  const [problem] = refusal(minimal('sources: {alertmanager: {cluster_label: k8s-cluster}}')).problems;
  expect(problem?.message).toBe('sources.alertmanager.cluster_label is "k8s-cluster": expected a name of a label');
});

test.each([
  ['this machine alone', [enabled]],
  ['a token of their own', ['health: {host: 0.0.0.0}', 'sources: {alertmanager: {enabled: true, token: secret}}']],
  ['the token of health', ['health: {host: 0.0.0.0, token: secret}', enabled]],
  ['no alerts at all', ['health: {host: 0.0.0.0}']],
])('INT-7: with %s alerts are fine', (_what, lines) => {
  expect(loadText(minimal(...lines)).config.health.host).toMatch(/127|0\.0/);
});
