import { describe, expect, test } from 'vitest';
import { kubernetesTools } from '../../support/kubernetes-tools.ts';
import { ObjectsReader } from '../../support/objects-reader.ts';

const secret = {
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name: 'keys', namespace: 'shop' },
  data: { token: Buffer.from('canary').toString('base64') },
};

describe('K8S-5: Secrets that the gateway denies to agents', () => {
  const agent = { principal: { name: 'run r1', roles: [], audience: 'agent' as const } };
  const asked = { resource_type: 'secret', name: 'keys', namespace: 'shop' };

  test.each([
    ['agents do not see them, not even their keys', agent, false, 'forbidden'],
    ['agents see their keys where they are redacted', agent, true, 'ok'],
    ['people see their keys', {}, false, 'ok'],
  ])('%s', async (_title, who, agentsSeeSecrets, expected) => {
    const call = kubernetesTools(new ObjectsReader([secret]), { agentsSeeSecrets: () => agentsSeeSecrets });
    const answer = await call('describe_resource', asked, who).catch((error: { code: string }) => error.code);
    expect(typeof answer === 'string' ? answer : 'ok').toBe(expected);
    expect(JSON.stringify(answer)).not.toContain('Y2FuYXJ5');
  });
});
