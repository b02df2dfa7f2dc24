import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { probePermissions } from '../../src/cluster/permissions/probe.ts';
import { Cleanups } from '../../src/lib/cleanups.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { spawnProcess } from '../../src/lib/process/spawn.ts';
import { TeleportAccesses } from '../../src/teleport/teleport-accesses.ts';
import { type ControlPlane, startControlPlane } from '../support/control-plane.ts';
import { cannotRun, kubeBinary } from '../support/kube-assets.ts';
import { StubTsh } from '../support/stub-tsh.ts';
import { newTempDir, tempDir } from '../support/temp-dir.ts';

const reader = path.join(import.meta.dirname, '..', '..', 'deploy', 'rbac', 'reader.yaml');
const env = { PATH: `${path.dirname(kubeBinary('kubectl'))}:${process.env['PATH']}` };

describe.skipIf(cannotRun('permissions through Teleport'))('PER-1: permissions of a cluster behind Teleport', () => {
  const cleanups = new Cleanups();
  let plane: ControlPlane;
  let kubeconfig: string;
  let stub: StubTsh;
  let accesses: TeleportAccesses;

  beforeAll(async () => {
    plane = await startControlPlane();
    cleanups.add('control plane', () => plane.stop());
    await plane.kubectl(['apply', '-f', reader]);
    kubeconfig = await plane.kubeconfigOf('nightcrier', 'nightcrier-reader');
    const { dir, remove } = newTempDir();
    cleanups.add('files', remove);
    stub = new StubTsh(dir, kubeconfig);
    accesses = new TeleportAccesses({ spawn: spawnProcess, clock: systemClock, env });
    cleanups.add('ways', () => accesses.close());
  }, 120_000);
  afterAll(() => cleanups.run(), 60_000);

  function asked(own: string | null, access: 'ssh' | 'kube' = 'ssh') {
    const target = { name: access, kubeconfig: own, context: null, allowSecrets: false };
    const options = {
      spawn: spawnProcess,
      clock: systemClock,
      kubectl: 'kubectl',
      env: { ...env, HOME: tempDir() },
      kubectlOf: (name: string) => accesses.of(name, stub.place({ access })).kubectl,
    };
    return probePermissions(target, 20_000, options, AbortSignal.timeout(60_000));
  }

  test.each(['ssh', 'kube'] as const)('are those that kubectl there tells: %s', async (access) => {
    const { cluster_name: _, validated_at: __, ...over } = await asked(null, access);
    const { cluster_name: ___, validated_at: ____, ...direct } = await asked(kubeconfig);
    expect(over).toEqual(direct);
    expect(over).toMatchObject({ minimum_met: true, can_write: [], error: null });
  });

  test('are asked with four commands over ssh (TEL-1)', async () => {
    const before = stub.calls().length;
    await asked(null);
    const commands = stub
      .calls()
      .slice(before)
      .map(({ argv }) => argv.at(-1));
    expect(commands).toEqual([
      ...['pods', 'pods --subresource=log', 'events'].map(
        (what) => `sudo kubectl --request-timeout=18000ms auth can-i get ${what} --all-namespaces`,
      ),
      'sudo kubectl --request-timeout=18000ms create --validate=false -f - -o json',
    ]);
  });

  test('that tsh is not logged in is no answer, and says so', async () => {
    stub.login('out');
    expect(await asked(null)).toMatchObject({ minimum_met: null, error: 'error: tsh: Not logged in.' });
    stub.login('in');
  });
});
