import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { flattenKubeconfig } from '../../../src/kube/credential/kubeconfig.ts';
import { credentialsIn, secretsOf } from '../../../src/triage/workspace/run-secrets.ts';
import { tempDir } from '../../support/temp-dir.ts';

const user = {
  token: 'canary.token.of.the.cluster',
  password: 'canary password'.replace(' ', '-'),
  'client-key-data': Buffer.from('canary key '.repeat(40)).toString('base64'),
};

test('UX-7: the credentials of a kubeconfig are found in the form in which a run gets it', async () => {
  const file = path.join(tempDir(), 'kubeconfig');
  const config = {
    'current-context': 'main',
    clusters: [{ name: 'main', cluster: { server: 'https://127.0.0.1:6443' } }],
    users: [{ name: 'main', user }],
    contexts: [{ name: 'main', context: { cluster: 'main', user: 'main' } }],
  };
  writeFileSync(file, JSON.stringify(config));
  const flattened = await flattenKubeconfig(file, null);
  expect([...credentialsIn(flattened)].sort()).toEqual(Object.values(user).sort());
});

test('UX-7: of the environment the values that their names call secret', () => {
  const env = { ANTHROPIC_API_KEY: 'sk-canary-1', SHORT_TOKEN: 'abc', GOOGLE_CLOUD_PROJECT: 'payments-prod' };
  expect(secretsOf(env)).toEqual(['sk-canary-1', 'abc']);
});
