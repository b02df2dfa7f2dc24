import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { generate } from 'selfsigned';
import { describe, expect, test } from 'vitest';
import { credentialEnd } from '../../../src/kube/credential/credential-end.ts';
import { tempDir } from '../../support/temp-dir.ts';

const now = Date.UTC(2026, 10, 20, 9);
const day = 86_400_000;

function kubeconfig(user: object): string {
  const dir = tempDir();
  const file = path.join(dir, 'k.yaml');
  const config = {
    clusters: [{ name: 'c', cluster: { server: 'https://127.0.0.1:6443' } }],
    users: [{ name: 'u', user }],
    contexts: [{ name: 'c', context: { cluster: 'c', user: 'u' } }],
    'current-context': 'c',
  };
  writeFileSync(file, JSON.stringify(config));
  return file;
}

function jwt(claims: object): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part({ alg: 'RS256' })}.${part(claims)}.c2lnbmF0dXJl`;
}

async function certificate(from: number, until: number): Promise<string> {
  const dates = { notBeforeDate: new Date(from), notAfterDate: new Date(until) };
  return (await generate([{ name: 'commonName', value: 'reader' }], dates)).cert;
}

const codeOf = async (user: object) => (await credentialEnd(kubeconfig(user), null, now))?.code ?? null;
const seconds = (ms: number): number => ms / 1000;

describe('OPS-4: how long a token lasts', () => {
  test.each<[string, object, string | null]>([
    ['ended', { exp: seconds(now - 1000) }, 'NC-KUBE-022'],
    ['ends now', { exp: seconds(now) }, 'NC-KUBE-022'],
    ['has not begun', { nbf: seconds(now + 1000), exp: seconds(now + 90 * day) }, 'NC-KUBE-022'],
    ['ends within seven days', { exp: seconds(now + 7 * day) }, 'NC-KUBE-023'],
    ['lasts', { exp: seconds(now + 7 * day + 1000) }, null],
    ['does not say', {}, null],
    ['says nonsense', { exp: 'tomorrow' }, null],
  ])('%s', async (_name, claims, code) => {
    expect(await codeOf({ token: jwt(claims) })).toBe(code);
  });

  test('one that is no JWT says nothing', async () => {
    expect(await codeOf({ token: 'abc' })).toBeNull();
    expect(await codeOf({ token: 'a.b.c' })).toBeNull();
  });

  test('of a tokenFile it is told when it has ended, not that it will: somebody renews it', async () => {
    const file = path.join(tempDir(), 'token');
    writeFileSync(file, `${jwt({ exp: seconds(now + 60_000) })}\n`);
    expect(await codeOf({ tokenFile: file })).toBeNull();
    writeFileSync(file, jwt({ exp: seconds(now - 60_000) }));
    expect(await codeOf({ tokenFile: file })).toBe('NC-KUBE-022');
    expect(await codeOf({ tokenFile: `${file}.gone` })).toBeNull();
  });
});

describe('OPS-4: how long a client certificate lasts', () => {
  test.each([
    ['ended', -10 * day, -1 * day, 'NC-KUBE-022'],
    ['ends soon', -10 * day, 3 * day, 'NC-KUBE-023'],
    ['lasts', -10 * day, 300 * day, null],
  ])('%s', async (_name, from, until, code) => {
    const pem = await certificate(now + from, now + until);
    expect(await codeOf({ 'client-certificate-data': Buffer.from(pem).toString('base64') })).toBe(code);
  });

  test('a command gives a new one each time', async () => {
    expect(await codeOf({ exec: { apiVersion: 'client.authentication.k8s.io/v1', command: 'aws' } })).toBeNull();
  });
});

test('OPS-4: the words name the file and the time, and hold nothing of the credential', async () => {
  const token = jwt({ exp: seconds(now - 1000), sub: 'canary-subject' });
  const file = kubeconfig({ token });
  const problem = await credentialEnd(file, null, now);
  expect(problem?.message).toBe(`the token of ${file} was good until 2026-11-20T08:59:59.000Z`);
  expect(JSON.stringify(problem)).not.toContain('canary-subject');
  expect(problem?.fix).toContain(file);
});
