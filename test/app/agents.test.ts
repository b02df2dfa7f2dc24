import { expect, test } from 'vitest';
import { agentOwner, kubernetesSettings } from '../../src/app/agents.ts';
import { keysMissing } from '../../src/checks/agent-problems.ts';
import { parseConfig } from '../../src/config/load.ts';

test('TRI-3: agents in containers are never root', () => {
  expect(agentOwner(0)).toEqual({ uid: 1000, gid: 1000 });
  expect(agentOwner(1001)).toBeNull();
  expect(agentOwner(undefined)).toBeNull();
});

test.each([
  ['allow', true, 'allow'],
  ['allow', false, 'redact'],
  ['redact', true, 'redact'],
  ['deny', true, 'deny'],
] as const)('GAT-1: secrets: %s, where the cluster allows it: %s, gives agents %s', (secrets, allowed, given) => {
  const { config } = parseConfig(
    {
      clusters: [{ name: 'prod', mcp: { endpoint: 'http://127.0.0.1:1/mcp' }, triage: { enabled: false } }],
      gateway: { kubernetes: { secrets } },
    },
    '/etc',
  );
  expect(kubernetesSettings(config, allowed).secrets).toBe(given);
});

test.each([
  ['claude', {}, 'set gateway.models.anthropic.api_key'],
  ['codex', { anthropic: { api_key: 'sk-1' } }, 'set gateway.models.openai.api_key'],
  ['gemini', { gemini: { api_key: 'sk-1' } }, null],
  ['custom', {}, null],
])('GAT-3: %s with the keys %j: told before it is needed: %s', (cli, models, fix) => {
  const { config } = parseConfig(
    {
      clusters: [{ name: 'prod', mcp: { endpoint: 'http://127.0.0.1:1/mcp' }, triage: { enabled: false } }],
      gateway: { models },
    },
    '/etc',
  );
  const missing = keysMissing(config, [cli]);
  expect(missing.map((told) => [told.code, told.fix])).toEqual(fix === null ? [] : [['NC-GATEWAY-020', fix]]);
});
