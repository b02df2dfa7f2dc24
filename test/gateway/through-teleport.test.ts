import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Cleanups } from '../../src/lib/cleanups.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { spawnProcess } from '../../src/lib/process/spawn.ts';
import { TeleportAccesses } from '../../src/teleport/teleport-accesses.ts';
import { type ControlPlane, startControlPlane } from '../support/control-plane.ts';
import { type GatewayUnderTest, openGatewayRun } from '../support/gateway-run.ts';
import { cannotRun } from '../support/kube-assets.ts';
import { type KubeletLogs, startKubeletLogs } from '../support/kubelet-logs.ts';
import { StubTsh } from '../support/stub-tsh.ts';
import { newTempDir } from '../support/temp-dir.ts';
import { waitUntil } from '../support/wait-until.ts';

const env = { PATH: process.env['PATH'] ?? '/usr/bin:/bin' };

/** An agent in a container, whose cluster only tsh ssh reaches. */
describe.skipIf(cannotRun('the gateway over tsh ssh', 'kubelets'))('GAT-1, GAT-2: the gateway over tsh ssh', () => {
  const cleanups = new Cleanups();
  let kubelet: KubeletLogs;
  let plane: ControlPlane;
  let stub: StubTsh;
  let run: GatewayUnderTest;

  beforeAll(async () => {
    kubelet = await startKubeletLogs();
    cleanups.add('kubelet', () => kubelet.stop());
    plane = await startControlPlane({ level: 'kubelets', kubeletPort: kubelet.port });
    cleanups.add('control plane', () => plane.stop());
    const metadata = (name: string) => ({ name, namespace: 'shop' });
    await plane.apply(
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } },
      { apiVersion: 'v1', kind: 'Node', metadata: { name: 'n1' } },
      { apiVersion: 'v1', kind: 'Secret', metadata: metadata('db'), stringData: { password: 'plumtree-orchard-nine' } },
      {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: metadata('web'),
        spec: { nodeName: 'n1', containers: [{ name: 'app', image: 'web:1' }] },
      },
    );
    await plane.kubectl(['-n', 'shop', 'wait', '--for=condition=Ready', 'pod/web', '--timeout=50s']);
    kubelet.set('shop', 'web', 'app', 'started\nlogin with plumtree-orchard-nine\ndone\n');
    const { dir, remove } = newTempDir();
    cleanups.add('files', remove);
    stub = new StubTsh(dir, plane.kubeconfig);
    const accesses = new TeleportAccesses({ spawn: spawnProcess, clock: systemClock, env });
    cleanups.add('ways', () => accesses.close());
    run = await openGatewayRun(accesses.of('east', stub.place()).api, { kubernetes: { watch_timeout: '6s' } });
    cleanups.add('gateway', () => run.close());
  }, 120_000);
  afterAll(() => cleanups.run(), 60_000);

  test.each([
    ['get pods -n shop', /web/],
    ['get pod web -n shop -o yaml', /kind: Pod/],
    ['get pods -A -o jsonpath={.items[*].metadata.name}', /web/],
    ['describe pod web -n shop', /Name:\s+web/],
    ['logs web -n shop', /^started$/m],
    ['logs web -n shop --follow', /^done$/m],
    ['get --raw /readyz', /^ok$/],
    ['version', /Server Version/],
    ['api-resources', /deployments\s+deploy/],
    ['auth can-i get pods', /^yes/],
  ])('kubectl %s', async (args, shows) => {
    const { code, out, err } = await run.kubectl(...args.split(' '));
    expect({ code, err }).toEqual({ code: 0, err: expect.any(String) as string });
    expect(out).toMatch(shows);
  });

  test('what the API server refuses is told as it tells it', async () => {
    expect((await run.kubectl('get', 'pod', 'none', '-n', 'shop')).err).toMatch(/\(NotFound\): pods "none" not found/);
  });

  test('no value of a Secret comes through, neither as it is nor in a log', async () => {
    const secret = await run.kubectl('get', 'secret', 'db', '-n', 'shop', '-o', 'yaml');
    const logs = await run.kubectl('logs', 'web', '-n', 'shop');
    const all = secret.out + logs.out;
    expect(all).not.toMatch(/plumtree-orchard-nine/);
    expect(all).not.toContain(Buffer.from('plumtree-orchard-nine').toString('base64'));
  });

  test('a watch shows what changes, and its session ends with it', async () => {
    const before = stub.calls().length;
    const watched = run.kubectl('get', 'configmaps', '-n', 'shop', '--watch', '--request-timeout=5s');
    const watching = () =>
      stub
        .calls()
        .slice(before)
        .some(({ argv }) => argv.at(-1)?.includes('watch=true'));
    await waitUntil(watching, 'the watch', 10_000);
    await plane.kubectl(['-n', 'shop', 'create', 'configmap', 'later']);
    expect((await watched).out).toMatch(/^later\s/m);
    await waitUntil(() => !stub.runsKubectl(), 'the end of kubectl', 10_000);
  });

  test('a change is refused by the gateway, and nothing is started for it', async () => {
    const before = stub.calls().length;
    const { code, err } = await run.kubectl('delete', '--raw', '/api/v1/namespaces/shop/pods/web');
    expect([code, err]).toEqual([1, expect.stringMatching(/Forbidden|forbidden/) as string]);
    expect(stub.calls()).toHaveLength(before);
  });

  test('the way is broken: the agent hears of it', async () => {
    stub.login('out');
    const { err } = await run.kubectl('get', 'pods', '-n', 'shop');
    expect(err).toMatch(/Not logged in/);
    stub.login('in');
  });
});
