import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ControlPlane, startControlPlane } from '../../support/control-plane.ts';
import { cannotRun } from '../../support/kube-assets.ts';
import { fleetOf, releaseAfterEach } from '../../support/push-fleet.ts';
import { waitUntil } from '../../support/wait-until.ts';

releaseAfterEach();

describe.skipIf(cannotRun('a watch of a real API server'))('CON-8: a watch of a real API server', () => {
  let plane: ControlPlane;
  beforeAll(async () => {
    plane = await startControlPlane();
  }, 60_000);
  afterAll(() => plane?.stop());

  test('is active with source watch, and finds what comes', async () => {
    const { becomes, status, store } = fleetOf([{ name: 'east', watch: { kubeconfig: plane.kubeconfig } }]);
    await becomes('east', 'active', 20_000);
    expect(status('east')).toMatchObject({ source: 'watch', error: null });
    expect(store.sweeps).toHaveLength(1);
    await plane.apply({ apiVersion: 'v1', kind: 'Node', metadata: { name: 'n1' } });
    await plane.kubectl([
      'patch',
      'node',
      'n1',
      '--subresource=status',
      '-p',
      JSON.stringify({ status: { conditions: [{ type: 'Ready', status: 'False', reason: 'KubeletDown' }] } }),
    ]);
    await waitUntil(() => store.sweeps.some(({ findings }) => findings.length > 0), 'the finding', 10_000);
    expect(store.sweeps.at(-1)?.findings).toMatchObject([{ source: 'watch', faultType: 'NodeUnhealthy' }]);
  });
});
