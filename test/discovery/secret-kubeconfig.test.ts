import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { discoverySourceSchema } from '../../src/discovery/config.ts';
import { readSecret, type Secret, secretSchema } from '../../src/discovery/secret-kubeconfig.ts';
import { argoSecret, clusterApiSecret } from '../support/cluster-secrets.ts';

const source = (more: object = {}) => discoverySourceSchema.parse({ kubeconfig: '/m.yaml', ...more });
const secret = (value: object): Secret => secretSchema.parse(value);

function kubeconfig(user: object, cluster: object = {}): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      { name: 'other', cluster: { server: 'https://other.example' } },
      { name: 'c', cluster: { server: 'https://10.0.0.1:6443', ...cluster } },
    ],
    users: [{ name: 'u', user }],
    contexts: [{ name: 'admin@c', context: { cluster: 'c', user: 'u', namespace: 'x' } }],
    'current-context': 'admin@c',
  });
}

const pem = Buffer.from('-----BEGIN CERTIFICATE-----\nabc\n').toString('base64');

/** The one cluster and user of the kubeconfig that was made. */
function made(value: object, more: object = {}) {
  const found = readSecret(secret(value), source(more));
  if (found?.kind !== 'cluster') throw new Error(JSON.stringify(found));
  const flat = parse(found.kubeconfig) as {
    clusters: { name: string; cluster: object }[];
    users: { user: object }[];
    contexts: { name: string; context: object }[];
    'current-context': string;
  };
  expect([flat.clusters.length, flat.users.length, flat.contexts.length]).toEqual([1, 1, 1]);
  expect(flat['current-context']).toBe(found.name);
  return { name: found.name, cluster: flat.clusters[0]?.cluster, user: flat.users[0]?.user };
}

const server = { name: 'prod', server: 'https://10.0.0.2' };
const exec = { apiVersion: 'client.authentication.k8s.io/v1', command: 'evil', interactiveMode: 'Never' };

describe('CFG-8: Secrets of Cluster API', () => {
  test('the kubeconfig is taken, its current context alone', () => {
    const value = clusterApiSecret('prod-eu', kubeconfig({ token: 't' }, { 'certificate-authority-data': pem }));
    expect(made(value)).toEqual({
      name: 'prod-eu',
      cluster: { server: 'https://10.0.0.1:6443', 'certificate-authority-data': pem },
      user: { token: 't' },
    });
  });

  test.each([
    [
      'its authority',
      { ...clusterApiSecret('c', 'x'), metadata: { ...clusterApiSecret('c', 'x').metadata, name: 'c-ca' } },
    ],
    [
      'a kubeconfig for people',
      {
        ...clusterApiSecret('c', 'x'),
        metadata: { ...clusterApiSecret('c', 'x').metadata, name: 'c-user-kubeconfig' },
      },
    ],
    ['a Secret of another type', { ...clusterApiSecret('c', 'x'), type: 'Opaque' }],
  ])('%s is no cluster', (_name, value) => {
    expect(readSecret(secret(value), source())).toBeNull();
  });

  test('the format says which Secrets count', () => {
    const capi = secret(clusterApiSecret('c', kubeconfig({ token: 't' })));
    const argo = secret(argoSecret('s', { ...server, config: { bearerToken: 't' } }));
    expect(readSecret(capi, source({ format: 'argocd' }))).toBeNull();
    expect(readSecret(argo, source({ format: 'cluster-api' }))).toBeNull();
    const plain = secret({ metadata: { name: 'east', namespace: 'x' }, data: { kubeconfig: capi.data!['value']! } });
    expect(readSecret(plain, source())).toBeNull();
    expect(readSecret(plain, source({ format: 'kubeconfig' }))).toMatchObject({ kind: 'cluster', name: 'east' });
  });
});

describe('CFG-8: Secrets of Argo CD', () => {
  test.each<[string, object, object, object]>([
    [
      'a token',
      { bearerToken: 't', tlsClientConfig: { caData: pem } },
      { 'certificate-authority-data': pem },
      { token: 't' },
    ],
    [
      'a certificate, a name and a proxy',
      { tlsClientConfig: { certData: pem, keyData: pem, serverName: 'k8s', caData: pem }, proxyUrl: 'http://p:1' },
      { 'certificate-authority-data': pem, 'tls-server-name': 'k8s', 'proxy-url': 'http://p:1' },
      { 'client-certificate-data': pem, 'client-key-data': pem },
    ],
    [
      'a user and no verification',
      { username: 'u', password: 'p', tlsClientConfig: { insecure: true, caData: pem } },
      { 'insecure-skip-tls-verify': true },
      { username: 'u', password: 'p' },
    ],
  ])('%s', (_name, config, cluster, user) => {
    expect(made(argoSecret('s', { ...server, config }))).toEqual({
      name: 'prod',
      cluster: { server: 'https://10.0.0.2', ...cluster },
      user,
    });
  });

  test('commands, where they are allowed: its own form, and the one of the AWS CLI', () => {
    const allowed = { allow_exec: true };
    const gcp = {
      execProviderConfig: { command: 'gke-auth', args: ['x'], env: { A: 'b' }, apiVersion: exec.apiVersion },
    };
    expect(made(argoSecret('s', { ...server, config: gcp }), allowed).user).toEqual({
      exec: {
        apiVersion: exec.apiVersion,
        command: 'gke-auth',
        args: ['x'],
        env: [{ name: 'A', value: 'b' }],
        interactiveMode: 'Never',
      },
    });
    const aws = { awsAuthConfig: { clusterName: 'prod', roleARN: 'arn:aws:iam::1:role/r' } };
    expect(made(argoSecret('s', { ...server, config: aws }), allowed).user).toMatchObject({
      exec: {
        command: 'aws',
        args: ['eks', 'get-token', '--output', 'json', '--cluster-name', 'prod', '--role-arn', 'arn:aws:iam::1:role/r'],
      },
    });
  });
});

describe('CFG-8: nothing in a Secret reads a file of this machine or runs a command', () => {
  const canary = { tokenFile: '/var/run/secrets/kubernetes.io/serviceaccount/token' };
  test.each<[string, object, 'unusable' | 'exec', string]>([
    ['a token file', clusterApiSecret('c', kubeconfig(canary)), 'unusable', 'names a file (tokenFile)'],
    [
      'a certificate file',
      clusterApiSecret('c', kubeconfig({ 'client-certificate': '/a', 'client-key': '/b' })),
      'unusable',
      'names a file',
    ],
    [
      'an authority file',
      clusterApiSecret('c', kubeconfig({ token: 't' }, { 'certificate-authority': '/etc/passwd' })),
      'unusable',
      'names a file',
    ],
    [
      'an auth-provider',
      clusterApiSecret('c', kubeconfig({ 'auth-provider': { name: 'oidc' } })),
      'unusable',
      'auth-provider',
    ],
    ['a command', clusterApiSecret('c', kubeconfig({ exec })), 'exec', 'the command "evil"'],
    [
      'a command of Argo CD',
      argoSecret('s', { ...server, config: { execProviderConfig: { command: 'evil' } } }),
      'exec',
      '"evil"',
    ],
    ['the AWS CLI', argoSecret('s', { ...server, config: { awsAuthConfig: { clusterName: 'x' } } }), 'exec', '"aws"'],
    ['no credential', argoSecret('s', { ...server, config: {} }), 'unusable', 'no credential'],
    ['no server', argoSecret('s', { ...server, server: '', config: { bearerToken: 't' } }), 'unusable', 'no server'],
    ['a config that is none', argoSecret('s', { ...server, config: [] }), 'unusable', 'form that Argo CD reads'],
    [
      'a server that is no address',
      argoSecret('s', { ...server, server: 'https://[', config: { bearerToken: 't' } }),
      'unusable',
      'no address',
    ],
    ['no kubeconfig', { ...clusterApiSecret('c', 'x'), data: {} }, 'unusable', 'it has no value'],
    ['YAML that is none', clusterApiSecret('c', 'a: [1'), 'unusable', 'no YAML'],
    ['a kubeconfig without a context', clusterApiSecret('c', '{}'), 'unusable', 'context'],
  ])('%s: refused with the reason', (_name, value, kind, detail) => {
    const found = readSecret(secret(value), source());
    expect(found).toMatchObject({ kind });
    expect(found?.kind === 'cluster' ? '' : found?.detail).toContain(detail);
    expect(JSON.stringify(found)).not.toContain('serviceaccount/token');
  });

  test('files are refused where commands are allowed, too', () => {
    const value = secret(clusterApiSecret('c', kubeconfig(canary)));
    expect(readSecret(value, source({ allow_exec: true }))).toMatchObject({ kind: 'unusable' });
  });
});
