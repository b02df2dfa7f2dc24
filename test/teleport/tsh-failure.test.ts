import { expect, test } from 'vitest';
import { tshFailure } from '../../src/teleport/tsh-failure.ts';

const ended = { reason: 'exit', exitCode: 1, stdout: '', stderr: '', error: null, droppedBytes: 0 } as const;

test('an end with exit code 0 is no failure, whatever was written', () => {
  expect(tshFailure({ ...ended, exitCode: 0, stderr: 'ERROR: not logged in' })).toBeNull();
});

test.each([
  ['ERROR: Not logged in.', 'not_logged_in'],
  ['Not logged in.', 'not_logged_in'],
  ['ERROR: profile is not found', 'not_logged_in'],
  ['ERROR: No proxy address specified, missed --proxy flag?', 'not_logged_in'],
  ['ERROR: open /run/tbot/identity: could not read identity file', 'not_logged_in'],
  ['ERROR: Active profile expired.', 'expired'],
  ['Active profile expired.', 'expired'],
  ['ERROR: your credentials have expired, please login using `tsh login`', 'expired'],
  ['\u001b[31mERROR: \u001b[0mclient credentials have expired, please relogin.', 'expired'],
  ['ERROR: dial tcp: lookup teleport.example.com: no such host', 'unreachable'],
  ['ERROR: failed to dial: dial tcp 10.0.0.1:443: connect: connection refused', 'unreachable'],
  ['ERROR: context deadline exceeded', 'unreachable'],
  ['ERROR: tls: failed to verify certificate: x509: certificate has expired or is not yet valid', 'unreachable'],
  ['ERROR: access denied to root connecting to k8s-1', 'access_denied'],
  ['ERROR: could not resolve "k8s-9": no matching hosts', 'unknown_node'],
  ['ERROR: node "k8s-1" is offline', 'unknown_node'],
  ['ERROR: cluster "stagging" is not found', 'unknown_cluster'],
  ['ERROR: kubernetes cluster "x" not found', 'unknown_cluster'],
  ['WARNING: something\nERROR: Minimum client version supported by the server is 17.0.0', 'incompatible'],
  ['ERROR: something that nobody has seen', 'failed'],
])('TEL-6: %j is %s', (stderr, kind) => {
  const failure = tshFailure({ ...ended, stderr: `${stderr}\n` });
  expect(failure?.kind).toBe(kind);
  expect(failure?.message).not.toMatch(/ERROR|\u001b/);
});

test('TEL-6: that a command on the node failed is nothing that tsh says of itself', () => {
  const stderr = 'sudo: a password is required\n\u001b[31mERROR: \u001b[0mProcess exited with status 1\n';
  expect(tshFailure({ ...ended, stderr })).toEqual({ kind: 'remote', message: 'sudo: a password is required' });
  expect(tshFailure({ ...ended, exitCode: 127, stderr: 'sh: 1: kubectl: not found\n' })?.kind).toBe('remote');
  expect(tshFailure({ ...ended, exitCode: 3 })).toEqual({
    kind: 'remote',
    message: 'the command ended with exit code 3 and without a word',
  });
});

test.each([
  [{ reason: 'spawn_failed', exitCode: null, error: 'spawn tsh ENOENT' }, 'not_installed'],
  [{ reason: 'timeout', exitCode: null }, 'timeout'],
  [{ reason: 'output_limit', exitCode: null }, 'too_large'],
  [{ reason: 'aborted', exitCode: null }, 'failed'],
] as const)('TEL-6: %j is %s', (end, kind) => {
  expect(tshFailure({ ...ended, ...end })?.kind).toBe(kind);
});
