import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { flattenKubeconfig } from '../../../src/kube/credential/kubeconfig.ts';
import { runSecrets, withoutSecrets } from '../../../src/triage/workspace/run-secrets.ts';
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
  expect([...runSecrets({}, flattened)].sort()).toEqual(Object.values(user).sort());
});

test('UX-7: of the environment the values that their names call secret, when they are long enough to be one', () => {
  const env = { ANTHROPIC_API_KEY: 'sk-canary-1', SHORT_TOKEN: 'abc', GOOGLE_CLOUD_PROJECT: 'payments-prod' };
  expect(runSecrets(env, null)).toEqual(['sk-canary-1']);
});

test('UX-7: every occurrence goes, the longer of two that overlap first', () => {
  const secrets = runSecrets({ A_KEY: 'canary-1', B_KEY: 'canary-1-and-more' }, null);
  expect(withoutSecrets('canary-1-and-more canary-1 canary-1', secrets)).toBe('<secret> <secret> <secret>');
});

test.each(['canary"with"quotes', 'canary\\with\\back', 'canary\twith\ttabs'])(
  'UX-7: a secret goes out of JSON as well, where it stands in another form: %j',
  (secret) => {
    const secrets = runSecrets({ A_KEY: secret }, null);
    const text = `said ${secret} and ${JSON.stringify({ statement: `it is ${secret}` })}`;
    expect(withoutSecrets(text, secrets)).toBe('said <secret> and {"statement":"it is <secret>"}');
  },
);
