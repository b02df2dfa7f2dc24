import { expect, test } from 'vitest';
import {
  accessNote,
  forCluster,
  isReading,
  kubectlOptions,
  markdownForCluster,
  namesCluster,
  stakeWords,
  undoOrStake,
} from '../../../src/domain/decide/kubectl-access.ts';

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
  ['helm history web', 'helm --kube-context prod history web'],
  ['helm --kube-context other history web', 'helm --kube-context other history web'],
  ['flux resume kustomization apps -n flux-system', 'flux --context prod resume kustomization apps -n flux-system'],
  ['ask before you resume it (flux resume ks apps).', 'ask before you resume it (flux --context prod resume ks apps).'],
  ['kubectl get a\nkubectl delete b', 'kubectl --context prod get a\nkubectl --context prod delete b'],
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

test('QUA-1: commands in the Markdown of others name their cluster; sentences stay as they are', () => {
  const text = [
    'kubectl get pods is what I ran, and `kubectl get pods -n shop` it was: see `cart`.',
    '```sh',
    '$ kubectl -n shop get pods',
    '  helm history web',
    'kubectl --context other get pods',
    '```',
    'Then run kubectl delete pod x',
    '~~~',
    'kubectl get a | xargs kubectl get',
    '~~~',
  ].join('\n');
  expect(markdownForCluster(text, ['--context', 'prod']).split('\n')).toEqual([
    'kubectl get pods is what I ran, and `kubectl --context prod get pods -n shop` it was: see `cart`.',
    '```sh',
    'kubectl --context prod -n shop get pods',
    '  helm --kube-context prod history web',
    'kubectl --context other get pods',
    '```',
    'Then run kubectl delete pod x',
    '~~~',
    'kubectl --context prod get a | xargs kubectl --context prod get',
    '~~~',
  ]);
  expect(markdownForCluster(text.replace('$ ', ''), [])).toBe(text.replace('$ ', ''));
});

test.each([
  ['kubectl get pods', true, false],
  ['kubectl --context prod -n shop get pods', true, true],
  ['helm --kube-context prod history web', true, true],
  ['flux get kustomizations', true, false],
  ['helm rollback web 3', false, false],
  ['kubectl --context prod delete pod x', false, true],
  ['kubectl get x > y', false, false],
  ['ssh node-1', false, true],
  ['kubectl get a\nkubectl delete b', false, false],
  ['kubectl get a -o yaml | sh', false, false],
  ['kubectl get a; sudo kubectl delete b', false, false],
  ['kubectl get a && curl -X DELETE https://x', false, false],
  ['kubectl get a -o yaml | sed s/1/2/ | kubectl apply -f -', false, false],
  ['kubectl get "$(kubectl delete b)"', false, false],
  ["kubectl get pods -o jsonpath='{.items[0]; delete}' 2>/dev/null | grep -v x | head -3", true, false],
  ['kubectl get "a; b" 2>&1 | jq ".items[] | .x > 1"', true, false],
  ['grep x y', false, true],
])('QUA-1: %s: only reads %s, names its cluster %s', (command, reads, names) => {
  expect([isReading(command), namesCluster(command)]).toEqual([reads, names]);
});

test.for([
  ['kubectl --context prod describe node n1', false, 'only reads'],
  ['kubectl -n shop get po | xargs kubectl logs', true, 'only reads'],
  ['kubectl -n shop rollout undo deploy/cart', true, 'can be undone'],
  ['kubectl delete pvc data', false, 'cannot be undone'],
  [null, true, 'can be undone'],
] as const)('a step with %j that is reversible: %j is said as: %s', ([command, reversible, words]) => {
  expect(stakeWords({ command, reversible })).toBe(words);
});

test.for([
  ['kubectl rollout undo deploy/cart --to-revision=3', 'undo: kubectl rollout undo deploy/cart --to-revision=3'],
  ['flux suspend kustomization apps', 'undo: flux suspend kustomization apps'],
  ['put the old value back', 'can be undone'],
  [null, 'can be undone'],
] as const)('a step that is taken back by %j is said as: %s', ([undo, words]) => {
  expect(undoOrStake({ command: 'kubectl rollout undo deploy/cart', reversible: true, undo })).toBe(words);
});

test.each<[readonly (string | null)[], RegExp]>([
  [[], /^null$/],
  [[null, 'kubectl --context prod get pods'], /^null$/],
  [['kubectl --kubeconfig /k.yaml get pods'], /^null$/],
  [['kubectl --context prod get pods', 'kubectl --kubeconfig /k.yaml edit deployment/api'], /which may only read/],
  [['kubectl --context prod get pods', 'kubectl get pods'], /for cluster prod: choose it/],
])('QUA-1: who is to run %j is told', (commands, told) => {
  expect(String(accessNote(commands, 'prod'))).toMatch(told);
});
