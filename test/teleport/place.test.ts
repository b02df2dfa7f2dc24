import { expect, test } from 'vitest';
import { configuredFleet } from '../../src/app/settings.ts';
import { configSchema } from '../../src/config/schema.ts';

const staging = { cluster: 'staging', node: 'k8s-staging-1' };
const production = { cluster: 'shared-service', node: 'k8s-1', user: 'ops', sudo: false };

function fleet(...clusters: readonly object[]) {
  const teleport = { proxy: 'teleport.example.com:443', user: 'svc', home: '/data/tsh', list_interval: '90s' };
  return configuredFleet(configSchema.parse({ teleport, clusters }));
}

test('a place has the settings of the fleet where it has none of its own', () => {
  const found = fleet({ name: 'staging', teleport: staging }, { name: 'prod', teleport: production });
  const via = { tsh: 'tsh', home: '/data/tsh', proxy: 'teleport.example.com:443', identityFile: null };
  const common = { access: 'ssh', maxSessions: 4, listIntervalMs: 90_000, via };
  expect(found.get('staging')?.teleport).toEqual({
    ...staging,
    ...common,
    user: 'svc',
    sudo: true,
    kubeCluster: 'staging',
  });
  expect(found.get('prod')?.teleport).toEqual({ ...production, ...common, kubeCluster: 'prod' });
});

test('a cluster with nothing else is watched there: over ssh by lists, by the proxy as every other', () => {
  const found = fleet(
    { name: 'ssh', teleport: staging },
    { name: 'kube', teleport: { ...staging, access: 'kube', kube_cluster: 'k' } },
    { name: 'mcp', mcp: { endpoint: 'http://127.0.0.1:1/mcp' }, teleport: { ...staging, user: 'b' } },
    { name: 'watch', watch: { kubeconfig: '/k.yaml' }, teleport: { ...staging, user: 'c' } },
  );
  expect([...found.values()].map(({ name, watch }) => [name, watch])).toEqual([
    [
      'ssh',
      {
        kubeconfig: 'the kubeconfig of kubectl on k8s-staging-1 (Teleport cluster staging)',
        context: null,
        listEveryMs: 90_000,
      },
    ],
    ['kube', { kubeconfig: 'the kubeconfig of tsh proxy kube k (Teleport cluster staging)', context: null }],
    ['mcp', null],
    ['watch', { kubeconfig: '/k.yaml', context: null }],
  ]);
});
