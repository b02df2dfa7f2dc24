import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { flattenKubeconfig } from '../../../src/kube/credential/kubeconfig.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(path.join(tmpdir(), 'kubeconfig-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const text = `
apiVersion: v1
kind: Config
current-context: prod
clusters:
  - {name: a, cluster: {server: "https://a.example:6443", certificate-authority: pki/ca.crt, proxy-url: "http://proxy:3128"}}
  - {name: b, cluster: {server: "http://b.example"}}
users:
  - {name: cert, user: {client-certificate: pki/me.crt, client-key: pki/me.key}}
  - {name: file, user: {tokenFile: token}}
  - {name: exec, user: {exec: {apiVersion: client.authentication.k8s.io/v1, command: aws, args: [eks, get-token]}}}
contexts:
  - {name: prod, context: {cluster: a, user: cert, namespace: shop}}
  - {name: staging, context: {cluster: b, user: file}}
  - {name: cloud, context: {cluster: a, user: exec}}
  - {name: broken, context: {cluster: gone, user: cert}}
`;

function write(): string {
  mkdirSync(path.join(dir, 'pki'));
  for (const name of ['ca.crt', 'me.crt', 'me.key']) writeFileSync(path.join(dir, 'pki', name), `text of ${name}`);
  writeFileSync(path.join(dir, 'token'), 'secret-token\n');
  const file = path.join(dir, 'config');
  writeFileSync(file, text);
  return file;
}

const base64 = (content: string): string => Buffer.from(content).toString('base64');

test.each([['a: ['], ['- a'], ['clusters: 1'], ['just text']])('CFG-2: %j is no kubeconfig', async (content) => {
  const file = path.join(dir, 'config');
  writeFileSync(file, content);
  await expect(flattenKubeconfig(file, null)).rejects.toMatchObject({ code: 'NC-KUBE-001' });
});

test('PER-1: a file counts as it stands now: another one in its place, a broken one, the first one again', async () => {
  const file = write();
  const current = async () => JSON.parse(await flattenKubeconfig(file, null))['current-context'] as string;
  expect(await current()).toBe('prod');
  writeFileSync(file, text.replace('current-context: prod', 'current-context: staging'));
  expect(await current()).toBe('staging');
  writeFileSync(file, 'a: [');
  await expect(current()).rejects.toMatchObject({ code: 'NC-KUBE-001' });
  writeFileSync(file, text);
  expect(await current()).toBe('prod');
});

describe('one context by itself', () => {
  test('certificates are inlined, the rest of the file is left out', async () => {
    const flat = JSON.parse(await flattenKubeconfig(write(), null));
    expect(flat).toEqual({
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [
        {
          name: 'prod',
          cluster: {
            server: 'https://a.example:6443',
            'proxy-url': 'http://proxy:3128',
            'certificate-authority-data': base64('text of ca.crt'),
          },
        },
      ],
      users: [
        {
          name: 'prod',
          user: {
            'client-certificate-data': base64('text of me.crt'),
            'client-key-data': base64('text of me.key'),
          },
        },
      ],
      contexts: [{ name: 'prod', context: { cluster: 'prod', user: 'prod', namespace: 'shop' } }],
      'current-context': 'prod',
    });
  });

  test('a token file becomes its token, a credential command stays one', async () => {
    const file = write();
    expect(JSON.parse(await flattenKubeconfig(file, 'staging')).users[0].user).toEqual({ token: 'secret-token' });
    expect(JSON.parse(await flattenKubeconfig(file, 'cloud')).users[0].user.exec.command).toBe('aws');
  });

  test('what is missing is said with its code', async () => {
    const file = write();
    await expect(flattenKubeconfig(file, 'other')).rejects.toMatchObject({
      code: 'NC-KUBE-002',
      fix: expect.stringContaining('prod, staging, cloud'),
    });
    await expect(flattenKubeconfig(file, 'broken')).rejects.toMatchObject({ code: 'NC-KUBE-002' });
    await expect(flattenKubeconfig(path.join(dir, 'none'), null)).rejects.toMatchObject({ code: 'NC-KUBE-001' });
    rmSync(path.join(dir, 'pki', 'me.key'));
    await expect(flattenKubeconfig(file, 'prod')).rejects.toMatchObject({
      code: 'NC-KUBE-001',
      message: expect.stringContaining('client-key'),
    });
  });
});
