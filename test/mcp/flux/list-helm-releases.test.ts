import { expect, test } from 'vitest';
import { callTool } from '../../support/call-tool.ts';
import { fluxTools, installFlux } from '../../support/flux.ts';
import { ObjectsReader } from '../../support/objects-reader.ts';

test('a release: what is asked for, what is there, and what Helm says of it', async () => {
  const reader = new ObjectsReader();
  installFlux(reader);
  const message = 'Helm upgrade failed for release shop/podinfo with chart podinfo@6.2.0: timed out waiting';
  reader.put({
    apiVersion: 'helm.toolkit.fluxcd.io/v2',
    kind: 'HelmRelease',
    metadata: { name: 'podinfo', namespace: 'shop', generation: 3, creationTimestamp: '2026-11-20T22:10:00Z' },
    spec: {
      chart: {
        spec: {
          chart: 'podinfo',
          version: '6.x',
          sourceRef: { kind: 'HelmRepository', name: 'charts', namespace: 'flux-system' },
        },
      },
      dependsOn: [{ name: 'redis' }],
      values: { password: 'hunter2secret' },
    },
    status: {
      observedGeneration: 3,
      conditions: [
        { type: 'Stalled', status: 'True', reason: 'RetriesExceeded', message: 'Failed to upgrade after 3 attempt(s)' },
        { type: 'Ready', status: 'False', reason: 'UpgradeFailed', message },
      ],
      lastAttemptedRevision: '6.2.0',
      failures: 4,
      history: [
        { version: 7, chartVersion: '6.2.0', appVersion: '6.2.0', status: 'failed' },
        { version: 6, chartVersion: '6.1.0', appVersion: '6.1.0', status: 'deployed' },
      ],
    },
  });
  reader.put({
    apiVersion: 'helm.toolkit.fluxcd.io/v2',
    kind: 'HelmRelease',
    metadata: { name: 'redis', namespace: 'shop' },
    spec: { chartRef: { kind: 'OCIRepository', name: 'redis' }, suspend: true },
  });
  const result = await callTool(fluxTools(reader), 'list_flux_helm_releases');
  expect(JSON.stringify(result)).not.toContain('hunter2secret');
  expect(result['items']).toEqual([
    {
      name: 'podinfo',
      namespace: 'shop',
      state: 'stalled',
      ready: false,
      reason: 'UpgradeFailed',
      message,
      suspended: false,
      chart: 'podinfo',
      wanted_version: '6.x',
      source: 'HelmRepository/flux-system/charts',
      depends_on: ['HelmRelease/shop/redis'],
      last_attempted_revision: '6.2.0',
      released_version: '6.2.0',
      app_version: '6.2.0',
      release_status: 'failed',
      revision: 7,
      failures: 4,
      age: '60m',
    },
    {
      name: 'redis',
      namespace: 'shop',
      age: '<unknown>',
      state: 'suspended',
      suspended: true,
      source: 'OCIRepository/shop/redis',
      depends_on: [],
    },
  ]);
  expect(result['summary']).toMatchObject({ stalled: 1, suspended: 1, ready: 0 });
});

test('Flux without its helm-controller has none (FLX-10)', async () => {
  const reader = new ObjectsReader();
  installFlux(reader, ['HelmRelease']);
  const tools = fluxTools(reader);
  await expect(callTool(tools, 'list_flux_helm_releases')).rejects.toMatchObject({ code: 'not_installed' });
  expect(await callTool(tools, 'list_flux_kustomizations')).toMatchObject({ total: 0 });
});
