import { expect, test } from 'vitest';
import { credentialProblems } from '../../../src/cluster/permissions/credential-problems.ts';
import { questionText, writeQuestions } from '../../../src/cluster/permissions/questions.ts';
import { type PermissionSnapshot, unknownPermissions } from '../../../src/domain/permissions.ts';

const cluster = { name: 'east', kubeconfig: '/etc/east.yaml' };
const good: PermissionSnapshot = {
  cluster_name: 'east',
  validated_at: '2026-11-20T09:00:00Z',
  can_get_pods: true,
  can_get_logs: true,
  can_get_events: true,
  can_get_deployments: true,
  can_get_services: true,
  can_get_nodes: true,
  secrets_access_allowed: false,
  can_get_secrets: false,
  can_get_configmaps: true,
  minimum_met: true,
  can_write: [],
  warnings: [],
  error: null,
};
const everything = writeQuestions.map(questionText);

test.each<[string, Partial<PermissionSnapshot>, string[]]>([
  ['a reader', {}, []],
  ['no logs', { can_get_logs: false, minimum_met: false }, ['NC-KUBE-026']],
  [
    'no rights at all',
    { can_get_pods: false, can_get_events: false, can_get_nodes: false, minimum_met: false },
    ['NC-KUBE-026'],
  ],
  ['no nodes', { can_get_nodes: false }, ['NC-KUBE-027']],
  ['nodes are not known', { can_get_nodes: null, error: 'the second process gave no answer' }, []],
  ['deletes pods', { can_write: ['delete pods'] }, ['NC-KUBE-028']],
  ['cluster-admin', { can_write: everything, can_get_secrets: true }, ['NC-KUBE-029']],
  ['reads secrets', { can_get_secrets: true }, ['NC-KUBE-030']],
  ['reads secrets as it may', { can_get_secrets: true, secrets_access_allowed: true }, []],
])('PER-1, PER-2: %s', (_name, over, codes) => {
  const problems = credentialProblems({ ...good, ...over }, cluster);
  expect(problems.map(({ code }) => code)).toEqual(codes);
  for (const { fix } of problems) expect(fix).not.toContain('{file}');
});

/** The words of kubectl, and of our own client. */
test.each([
  ['error: You must be logged in to the server (Unauthorized)', 'NC-KUBE-021'],
  ['401: Unauthorized', 'NC-KUBE-021'],
  ['The connection to the server 127.0.0.1:1 was refused - did you specify the right host or port?', 'NC-KUBE-024'],
  ['Unable to connect to the server: dial tcp: lookup api.example on 1.1.1.1:53: no such host', 'NC-KUBE-024'],
  ['kubectl gave no answer within 10000 ms', 'NC-KUBE-024'],
  ['the API server cannot be reached: connect ECONNREFUSED 127.0.0.1:9', 'NC-KUBE-024'],
  ['Unable to connect to the server: getting credentials: exec: executable aws not found', 'NC-KUBE-025'],
  ['no credentials: the credential command aws cannot be started: spawn aws ENOENT', 'NC-KUBE-025'],
  [
    'Unable to connect to the server: tls: failed to verify certificate: x509: certificate signed by unknown authority',
    'NC-KUBE-034',
  ],
  ['the API server cannot be reached: self-signed certificate in certificate chain', 'NC-KUBE-034'],
  ['error: something else entirely', 'NC-KUBE-031'],
])('PER-1, OPS-4: nobody answered: "%s" is %s', (error, code) => {
  const problems = credentialProblems(unknownPermissions('east', 0, error, false), cluster);
  expect(problems).toMatchObject([{ code, message: error }]);
});

test('OPS-4: that kubectl is missing is told once, by the check of the machine, not by every cluster', () => {
  const error = 'kubectl was not found: install kubectl or put it on PATH';
  expect(credentialProblems(unknownPermissions('east', 0, error, false), cluster)).toEqual([]);
});
