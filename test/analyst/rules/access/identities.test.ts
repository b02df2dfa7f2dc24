import { describe, expect, test } from 'vitest';
import { amend } from '../amend.ts';
import { crashCause, type More } from '../crash-cause.ts';

const spec = { serviceAccountName: 'app-sa', containers: [{ name: 'app', image: 'a:1' }] };
const account =
  (annotations: Record<string, string> = {}, made = '2026-01-01T09:00:00Z', name = 'app-sa'): More =>
  (cluster) =>
    cluster.add('ServiceAccount', 'ns', name, { metadata: { annotations, creationTimestamp: made } });
const all =
  (...more: More[]): More =>
  (cluster) => {
    for (const one of more) one(cluster);
  };
const aws = 'eks.amazonaws.com/role-arn';
const role = { [aws]: 'arn:aws:iam::123456789012:role/app' };
const asNode =
  'ERROR AccessDenied: User: arn:aws:sts::123456789012:assumed-role/main-node-group/i-0a1 is not authorized to perform: s3:ListBucket';
const noTrust =
  'ERROR WebIdentityErr: failed to retrieve credentials: AccessDenied: Not authorized to perform sts:AssumeRoleWithWebIdentity';

describe('QUA-1: an identity of a cloud provider', () => {
  const injected: More = (cluster) => {
    const containers = [{ name: 'app', image: 'a:1', env: [{ name: 'AWS_ROLE_ARN', value: role[aws] }] }];
    amend(cluster, 'Pod', 'app', { spec: { nodeName: 'n1', ...spec, containers } });
  };
  test.each<[string, string, More, string]>([
    [
      'the annotation is missing, the node is asked instead',
      asNode,
      account(),
      'ServiceAccount app-sa other [app-sa] medium',
    ],
    [
      'another account of the namespace has it',
      asNode,
      all(account(), account(role, undefined, 'other')),
      `ServiceAccount app-sa other [${aws}] high`,
    ],
    [
      'of Google',
      'ERROR google: could not find default credentials',
      account(),
      'ServiceAccount app-sa other [app-sa] medium',
    ],
    [
      'of Azure',
      'ERROR ManagedIdentityCredential authentication failed: Identity not found',
      account(),
      'ServiceAccount app-sa other [app-sa] medium',
    ],
    ['the pod is older than the annotation', asNode, account(role), `Deployment app other [${aws}] medium`],
    [
      'the role does not trust the account',
      noTrust,
      all(account(role), injected),
      'ServiceAccount app-sa other [arn:aws:iam::123456789012:role/app] medium',
    ],
  ])('%s', async (_title, log, more, wanted) => expect(await crashCause({ log, spec }, more)).toBe(wanted));
  test.each<[string, string, More]>([
    ['nothing was refused', 'ERROR bucket name is empty', account()],
    [
      'the provider refuses what the role may not',
      'ERROR AccessDenied: User: arn:aws:sts::123456789012:assumed-role/app/x is not authorized to perform: s3:PutObject',
      all(account(role), injected),
    ],
    ['the account was not read', asNode, () => {}],
  ])('not: %s', async (_title, log, more) => {
    expect(await crashCause({ log, spec }, more)).not.toMatch(/ other \[/);
  });
});

describe('QUA-1: a token that the API server does not take', () => {
  const log = 'ERROR failed to list pods: the server has asked for the client to provide credentials (get pods)';
  const forVault: More = (cluster) => {
    const volumes = [
      { name: 't', projected: { sources: [{ serviceAccountToken: { audience: 'vault', path: 'token' } }] } },
    ];
    amend(cluster, 'Pod', 'app', { spec: { nodeName: 'n1', ...spec, volumes } });
  };
  test.each<[string, More, string]>([
    ['the account was made anew', account({}, '2026-01-01T10:02:00Z'), 'Deployment app wrong_credential [app-sa] high'],
    ['it is for somebody else', all(account(), forVault), 'Deployment app wrong_credential [vault] medium'],
  ])('%s', async (_title, more, wanted) => expect(await crashCause({ log, spec }, more)).toBe(wanted));
  test('not: nothing of it shows why', async () => {
    expect(await crashCause({ log, spec }, account())).not.toContain('wrong_credential');
  });
});
