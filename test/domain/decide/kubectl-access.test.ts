import { expect, test } from 'vitest';
import { forCluster, kubectlOptions } from '../../../src/domain/decide/kubectl-access.ts';

const own = { kubeconfig: '/etc/k/a.yaml', context: 'prod' };

test.each([
  ['no credential: nobody knows', { kubeconfig: null, context: null }, [], []],
  ['a context that is configured', own, [own, { kubeconfig: '/etc/k/b.yaml', context: 'test' }], ['--context', 'prod']],
  ['the same file twice', own, [own, { kubeconfig: '/etc/k/a.yaml', context: 'prod' }], ['--context', 'prod']],
  ['no context: the file', { ...own, context: null }, [], ['--kubeconfig', '/etc/k/a.yaml']],
  [
    'a name that a context of another file has too',
    { ...own, context: 'default' },
    [{ kubeconfig: '/etc/k/b.yaml', context: 'default' }],
    ['--kubeconfig', '/etc/k/a.yaml', '--context', 'default'],
  ],
])('QUA-1: how people reach a cluster: %s', (_, cluster, fleet, options) => {
  expect(kubectlOptions(cluster, fleet)).toEqual(options);
});

test.each([
  ['kubectl get pods', 'kubectl --context prod get pods'],
  [
    'kubectl get pods -o name | xargs -n1 kubectl delete',
    'kubectl --context prod get pods -o name | xargs -n1 kubectl --context prod delete',
  ],
  [
    'kubectl get a && kubectl get b; kubectl get c',
    'kubectl --context prod get a && kubectl --context prod get b; kubectl --context prod get c',
  ],
  ['keep it before: kubectl get a', 'keep it before: kubectl --context prod get a'],
  ['kubectl --context other get pods', 'kubectl --context other get pods'],
  ['kubectl --kubeconfig=/k get pods', 'kubectl --kubeconfig=/k get pods'],
  ['helm history web', 'helm history web'],
  ['the same command, without kubectl', 'the same command, without kubectl'],
])('QUA-1: a command names its cluster: %s', (command, full) => {
  expect(forCluster(command, ['--context', 'prod'])).toBe(full);
});

test('QUA-1: names of contexts and paths are one word each, and no pattern', () => {
  expect(forCluster('kubectl get pods', ['--context', "it's $& $(id)"])).toBe(
    String.raw`kubectl --context 'it'\''s $& $(id)' get pods`,
  );
  expect(forCluster('kubectl get pods', ['--kubeconfig', '/My Files/k'])).toBe(
    "kubectl --kubeconfig '/My Files/k' get pods",
  );
  expect(forCluster('kubectl get pods', [])).toBe('kubectl get pods');
});
