import { expect, test } from 'vitest';
import { agentOwner, kubernetesSettings } from '../../src/app/agents.ts';
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
