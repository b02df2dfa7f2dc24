import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { probeWatch } from '../../../src/cluster/watch/probe-watch.ts';
import { openApiAccess } from '../../../src/kube/credential/api-access.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import { spawnProcess } from '../../../src/lib/process/spawn.ts';
import { type ControlPlane, startControlPlane } from '../../support/control-plane.ts';
import { writeKubeconfig } from '../../support/doctor-setup.ts';
import { cannotRun } from '../../support/kube-assets.ts';
import { tempDir } from '../../support/temp-dir.ts';

describe.skipIf(cannotRun('what a watch may read', 'api'))('CON-8, OPS-4: whether a cluster can be watched', () => {
  let plane: ControlPlane;
  beforeAll(async () => {
    plane = await startControlPlane();
  }, 60_000);
  afterAll(() => plane.stop());

  async function codes(kubeconfig: string): Promise<(string | null)[]> {
    const open = () => openApiAccess([kubeconfig], null, { spawn: spawnProcess, clock: systemClock, env: {} });
    const limits = { timeoutMs: 5000, maxBytes: 1024 * 1024 };
    const cluster = { name: 'east', watch: { kubeconfig } };
    const { failure, partial } = await probeWatch(cluster, open, limits, new AbortController().signal);
    for (const one of [failure, partial]) expect(one?.fix ?? '').not.toMatch(/\{\w+\}/);
    return [failure?.code ?? null, partial?.code ?? null];
  }

  const grant = (name: string, ...rules: readonly string[]) =>
    plane
      .kubectl(['create', 'clusterrole', name, ...rules])
      .then(() =>
        plane.kubectl([
          'create',
          'clusterrolebinding',
          name,
          `--clusterrole=${name}`,
          `--serviceaccount=default:${name}`,
        ]),
      );

  test('with every right', async () => {
    expect(await codes(plane.kubeconfig)).toEqual([null, null]);
  });

  test('without any', async () => {
    expect(await codes(await plane.kubeconfigOf('default', 'nobody'))).toEqual(['NC-WATCH-004', null]);
  });

  test('with list and without watch', async () => {
    const kubeconfig = await plane.kubeconfigOf('default', 'lister');
    await grant('lister', '--verb=list', '--resource=*.*');
    expect(await codes(kubeconfig)).toEqual([null, 'NC-WATCH-007']);
  });

  test('a credential that is refused, a server that is not there, a kubeconfig that is none', async () => {
    const file = `${tempDir()}/k.yaml`;
    writeKubeconfig(file, plane.server, plane.ca, { token: 'nobody-knows-it' });
    expect(await codes(file)).toEqual(['NC-WATCH-003', null]);
    writeKubeconfig(file, 'https://127.0.0.1:1', plane.ca, { token: 'x' });
    expect(await codes(file)).toEqual(['NC-WATCH-001', null]);
    expect(await codes(`${file}.gone`)).toEqual(['NC-WATCH-003', null]);
  });
});
