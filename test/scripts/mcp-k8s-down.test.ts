import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { SpawnResult } from '../../src/lib/process/spawn.ts';
import { type ControlPlane, kubeconfigText, startControlPlane } from '../support/control-plane.ts';
import { contents, down, helm, lacksInstaller, mcpChart, untilEmpty, up } from '../support/mcp-k8s.ts';
import { tempDir } from '../support/temp-dir.ts';
import { waitUntil } from '../support/wait-until.ts';

const name = 'kubernetes-mcp-server';

describe.skipIf(lacksInstaller('mcp-k8s-down with real helm', 'kubelets'))('mcp-k8s-down and what is foreign', () => {
  let plane: ControlPlane;

  beforeAll(async () => {
    plane = await startControlPlane({ level: 'kubelets' });
    await plane.apply({ apiVersion: 'v1', kind: 'Node', metadata: { name: 'node-a' } });
  }, 120_000);
  afterAll(() => plane.stop());

  /** It ended well and had nothing to complain of. */
  function expectDone({ exitCode, stderr }: SpawnResult): void {
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: expect.not.stringContaining('fix:') });
  }

  test('DEP-10: twice is once, all that was made is gone, and with it the namespace when it is wanted', async () => {
    expectDone(await down(plane));
    const before = await contents(plane);
    await up(plane, ['--helm-reader', '--source-cidr', '10.0.0.0/8']);
    expectDone(await down(plane));
    await untilEmpty(plane);
    const kept = await contents(plane);
    const ours = Object.keys(kept).filter((key) => !Object.hasOwn(before, key));
    expect(ours.sort()).toEqual([
      'ConfigMap/mcp-system/kube-root-ca.crt',
      'Namespace//mcp-system',
      'ServiceAccount/mcp-system/default',
    ]);
    expectDone(await down(plane));
    expect(await contents(plane)).toEqual(kept);
    await up(plane);
    expectDone(await down(plane, ['--delete-namespace']));
    expect(await up(plane)).toMatchObject({
      exitCode: 1,
      stderr: expect.stringMatching(/is being deleted\n {2}fix: wait/),
    });
    await plane.kubectl(['wait', '--for=delete', 'namespace/mcp-system', '--timeout=60s']);
    expectDone(await down(plane, ['--delete-namespace']));
    expect(await contents(plane)).toEqual(before);
  }, 180_000);

  test('DEP-10: what is in the namespace and not ours stays, and the namespace with it; so does another release', async () => {
    await up(plane);
    await up(plane, ['--release', 'second']);
    await up(plane, ['--namespace', 'elsewhere']);
    const data = { apiVersion: 'v1', kind: 'ConfigMap', data: { whose: 'not ours' } };
    const labels = { 'app.kubernetes.io/name': name, 'app.kubernetes.io/part-of': 'nightcrier' };
    await plane.apply({ ...data, metadata: { name: 'foreign', namespace: 'mcp-system', labels } });
    const refused = await down(plane, ['--delete-namespace']);
    expect(refused).toMatchObject({
      exitCode: 1,
      stderr: expect.stringMatching(/stays, because of .*configmap\/foreign.*\n {2}fix: /),
    });
    const after = Object.keys(await contents(plane));
    const present = ['ConfigMap/mcp-system/foreign', 'Deployment/mcp-system/second', `Deployment/elsewhere/${name}`];
    const bindings = ['mcp-system:second:view', `elsewhere:${name}:view`].map((of) => `ClusterRoleBinding//${of}`);
    expect(after).toEqual(expect.arrayContaining([...present, ...bindings]));
    expect(after.filter((key) => key.includes(`mcp-system/${name}`) || key.includes(`mcp-system:${name}`))).toEqual([]);
    // Nothing of ours is there any more: the second run is done, and the namespace of the others stays.
    expectDone(await down(plane));
    await down(plane, ['--release', 'second']);
    await down(plane, ['--namespace', 'elsewhere', '--delete-namespace']);
    await plane.kubectl(['-n', 'mcp-system', 'delete', 'configmap', 'foreign']);
    await untilEmpty(plane);
  }, 180_000);

  test('DEP-10: a namespace that was there before stays as it is', async () => {
    await plane.kubectl(['create', 'namespace', 'shared']);
    const namespace = () => plane.kubectl(['get', 'namespace', 'shared', '-o', 'json']);
    const before = await namespace();
    expect(await up(plane, ['--namespace', 'shared'])).toMatchObject({ exitCode: 0 });
    const refused = await down(plane, ['--namespace', 'shared', '--delete-namespace']);
    expect(refused).toMatchObject({
      exitCode: 1,
      stderr: expect.stringMatching(/namespace shared stays: .*\n {2}fix: delete it by hand/),
    });
    expect(await namespace()).toBe(before);
  }, 120_000);

  test('DEP-10: an object or a Helm release of our name that is not ours is refused by up and kept by down', async () => {
    await plane.kubectl(['create', 'namespace', 'taken']);
    const inTaken = ['--namespace', 'taken'];
    await plane.kubectl(['-n', 'taken', 'create', 'serviceaccount', name]);
    // Controllers put these into a new namespace, and take away what the tests before have deleted.
    const own = async () =>
      Object.fromEntries(Object.entries(await contents(plane)).filter(([key]) => /\/taken(?:\/|$)/.test(key)));
    const isMade = async () => {
      const keys = Object.keys(await own());
      return keys.includes('ServiceAccount/taken/default') && keys.includes('ConfigMap/taken/kube-root-ca.crt');
    };
    await waitUntil(isMade, 'what every namespace has', 30_000);
    const before = await own();
    const account = await up(plane, inTaken);
    expect(account).toMatchObject({
      exitCode: 1,
      stdout: '',
      stderr: expect.stringMatching(
        /^mcp-k8s-up: ServiceAccount kubernetes-mcp-server is there already.*\n {2}fix: .*--release/,
      ),
    });
    expectDone(await down(plane, inTaken));
    expect(await own()).toEqual(before);
    await plane.kubectl(['-n', 'taken', 'delete', 'serviceaccount', name]);

    await helm(plane, [
      'install',
      name,
      mcpChart,
      '-n',
      'taken',
      '--set',
      'ingress.enabled=false,serviceAccount.create=false',
    ]);
    const settled = ['-n', 'taken', 'rollout', 'status', `deployment/${name}`, '--timeout=60s'];
    await plane.kubectl(settled);
    const installed = await own();
    const release = await up(plane, inTaken);
    expect(release).toMatchObject({
      exitCode: 1,
      stderr: expect.stringMatching(
        /a Helm release kubernetes-mcp-server is in namespace taken already.*\n {2}fix: .*helm uninstall/,
      ),
    });
    expect(await down(plane, inTaken)).toMatchObject({
      exitCode: 0,
      stderr: expect.stringContaining('kept: Helm release'),
    });
    expect(await own()).toEqual(installed);
  }, 120_000);

  test('DEP-12: missing rights are named, all of them, and nothing is changed', async () => {
    const nobody = await plane.kubeconfigOf('default', 'nobody');
    const before = await contents(plane);
    const said = async (kubeconfig: string) => {
      const { exitCode, stderr } = await up(plane, ['--namespace', 'nowhere'], { kubeconfig });
      expect(exitCode).toBe(1);
      return stderr;
    };
    expect(await said(nobody)).toMatch(
      /you may not, in this cluster: get namespaces, create clusterroles.*\n {2}fix: let/,
    );
    // Whoever may look, but not install.
    await plane.kubectl([
      'create',
      'clusterrolebinding',
      'looks',
      '--clusterrole=view',
      '--serviceaccount=default:looks',
    ]);
    const looks = await plane.kubeconfigOf('default', 'looks');
    const refused = await said(looks);
    for (const right of [
      'create namespaces',
      'create clusterroles',
      'create clusterrolebindings',
      'create secrets',
      'create deployments.apps',
      'list nodes',
    ])
      expect(refused).toContain(right);
    expect(refused).toMatch(/\n {2}fix: let an administrator/);
    // Whoever may make objects of these kinds, and would give rights that he has not.
    const rules = [
      {
        apiGroups: ['', 'apps', 'rbac.authorization.k8s.io'],
        resources: ['*'],
        verbs: ['create', 'patch', 'get', 'list'],
      },
    ];
    const role = {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRole',
      metadata: { name: 'makes' },
      rules,
    };
    await plane.apply(role);
    await plane.kubectl([
      'create',
      'clusterrolebinding',
      'makes',
      '--clusterrole=makes',
      '--serviceaccount=default:makes',
    ]);
    const makes = await plane.kubeconfigOf('default', 'makes');
    expect(await said(makes)).toMatch(
      /the cluster does not take the rights of the server: .*attempting to grant RBAC permissions.*\n {2}fix: /,
    );
    await plane.kubectl(['delete', 'clusterrolebinding', 'looks', 'makes']);
    await plane.kubectl(['delete', 'clusterrole', 'makes']);
    await plane.kubectl(['-n', 'default', 'delete', 'serviceaccount', 'looks', 'makes']);
    expect(await contents(plane)).toEqual(before);
  }, 120_000);

  test('DEP-12: a credential that the cluster refuses is told as that', async () => {
    const dir = tempDir({ 'wrong.kubeconfig': kubeconfigText(plane.server, plane.ca, 'no-such-token') });
    const world = { kubeconfig: path.join(dir, 'wrong.kubeconfig') };
    for (const { exitCode, stderr } of [await up(plane, [], world), await down(plane, [], world)]) {
      expect(exitCode).toBe(1);
      expect(stderr).toMatch(/: the cluster refuses the credential \(context test, .*\n {2}fix: log in again/);
      expect(stderr).not.toContain('no-such-token');
    }
  }, 60_000);
});
