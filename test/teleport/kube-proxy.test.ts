import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../src/lib/clock.ts';
import { killMarkedProcesses } from '../../src/lib/process/marked-processes.ts';
import { spawnProcess } from '../../src/lib/process/spawn.ts';
import { KubeProxy } from '../../src/teleport/kube-proxy.ts';
import { Tsh } from '../../src/teleport/tsh.ts';
import { StubTsh } from '../support/stub-tsh.ts';
import { tempDir } from '../support/temp-dir.ts';
import { waitUntil } from '../support/wait-until.ts';

const env = { PATH: process.env['PATH'] ?? '/usr/bin:/bin' };

function prepared(kubeCluster = 'staging-kube') {
  const own = path.join(tempDir(), 'kubeconfig');
  writeFileSync(own, 'apiVersion: v1\nkind: Config\n');
  const stub = new StubTsh(tempDir(), own);
  const place = stub.place({ access: 'kube', kubeCluster });
  const tsh = new Tsh({ settings: () => place.via, spawn: spawnProcess, clock: systemClock, env });
  const kubeconfig = path.join(stub.home, 'kube', `east.${process.pid}-1.yaml`);
  const options = { tsh, place, kubeconfig, clock: systemClock, random: () => 0, killMarked: killMarkedProcesses };
  const proxy = new KubeProxy(options);
  onTestFinished(() => proxy.stop());
  return { stub, proxy, kubeconfig };
}

function started({ stub }: { stub: StubTsh }): readonly (readonly string[])[] {
  return stub.calls().flatMap(({ argv }) => (argv[0] === 'proxy' ? [argv] : []));
}

test('it is started by the first who needs it, once, and writes a kubeconfig into our folder (TEL-1, TEL-9)', async () => {
  const { stub, proxy, kubeconfig } = prepared();
  expect(stub.calls()).toEqual([]);
  await Promise.all([proxy.ready(), proxy.ready()]);
  await proxy.ready();
  expect(existsSync(kubeconfig)).toBe(true);
  expect(started({ stub })).toEqual([['proxy', 'kube', 'staging-kube', '--cluster=staging']]);
  expect(stub.calls().at(-1)?.env).toMatchObject({ TELEPORT_KUBECONFIG: kubeconfig, TELEPORT_HOME: stub.home });
});

test('when it ends, that is told, and it is started anew', async () => {
  const { stub, proxy, kubeconfig } = prepared();
  await proxy.ready();
  stub.proxyEnds(true);
  await waitUntil(() => !existsSync(kubeconfig), 'its end');
  const failed = () =>
    proxy.ready().then(
      () => null,
      (error: unknown) => error,
    );
  await waitUntil(failed, 'a failure');
  expect(await failed()).toMatchObject({ code: 'NC-TELEPORT-012', message: 'tsh: listener closed' });
  stub.proxyEnds(false);
  await waitUntil(async () => (await failed()) === null, 'another one', 10_000);
  expect(existsSync(kubeconfig)).toBe(true);
  expect(started({ stub }).length).toBeGreaterThan(1);
});

test('without its file it is of no use: it is started anew', async () => {
  const { stub, proxy, kubeconfig } = prepared();
  await proxy.ready();
  rmSync(kubeconfig);
  await waitUntil(
    () =>
      proxy.ready().then(
        () => existsSync(kubeconfig),
        () => false,
      ),
    'another one',
    10_000,
  );
  expect(started({ stub })).toHaveLength(2);
});

test('what a process has left that is gone ends, with its file; what another one uses stays', async () => {
  const { stub, proxy, kubeconfig } = prepared();
  // No process has this id: it is larger than any.
  const left = path.join(stub.home, 'kube', 'east.2147483646-1.yaml');
  const folder = path.dirname(left);
  mkdirSync(folder, { recursive: true });
  const abandoned = spawnProcess(stub.command, ['proxy', 'kube', 'staging-kube'], {
    env: { ...env, TELEPORT_KUBECONFIG: left },
    timeoutMs: 30_000,
  });
  await waitUntil(() => existsSync(left), 'a proxy of somebody');
  writeFileSync(path.join(folder, `west.${process.ppid}-1.yaml`), '');
  writeFileSync(path.join(folder, `east.${process.ppid}-1.yaml`), '');
  await proxy.ready();
  expect(await abandoned).toMatchObject({ reason: 'exit', exitSignal: 'SIGKILL' });
  expect(readdirSync(folder).toSorted()).toEqual(
    [path.basename(kubeconfig), `east.${process.ppid}-1.yaml`, `west.${process.ppid}-1.yaml`].toSorted(),
  );
});

test('it ends with us', async () => {
  const { proxy, kubeconfig } = prepared();
  await proxy.ready();
  await proxy.stop();
  expect(existsSync(kubeconfig)).toBe(false);
});

test('without a login none is started: tsh would wait for somebody (TEL-6, TEL-9)', async () => {
  const { stub, proxy } = prepared();
  stub.login('out');
  await expect(proxy.ready()).rejects.toMatchObject({ code: 'NC-TELEPORT-002' });
  expect(stub.calls().map(({ argv }) => argv[0])).toEqual(['status']);
});

test('a Kubernetes cluster that Teleport does not know (TEL-6)', async () => {
  const { proxy } = prepared('nowhere');
  await expect(proxy.ready()).rejects.toMatchObject({ code: 'NC-TELEPORT-007' });
});
