import { createServer, type Server } from 'node:net';
import type { AddressInfo } from 'node:net';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type PermissionTarget, canIAnswer, probePermissions } from '../../../src/cluster/permissions/probe.ts';
import type { PermissionSnapshot } from '../../../src/domain/permissions.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import { type Spawn, spawnProcess } from '../../../src/lib/process/spawn.ts';
import { type ControlPlane, kubeconfigText, startControlPlane } from '../../support/control-plane.ts';
import { cannotRun, kubeBinary } from '../../support/kube-assets.ts';

const rule = (resources: string[], verbs = ['get', 'list'], apiGroups = ['', 'apps']) => ({
  apiGroups,
  resources,
  verbs,
});
const reading = ['pods', 'events', 'services', 'nodes', 'deployments', 'configmaps'];
const signal = (): AbortSignal => AbortSignal.timeout(60_000);

describe.skipIf(cannotRun('permissions by real kubectl'))('permissions by real kubectl', () => {
  let plane: ControlPlane;
  let home: string;
  const deadServers: Server[] = [];

  const bind = async (name: string, rules: object[]): Promise<string> => {
    const kubeconfig = await plane.kubeconfigOf('default', name);
    const group = { apiVersion: 'rbac.authorization.k8s.io/v1' };
    await plane.apply(
      { ...group, kind: 'ClusterRole', metadata: { name }, rules },
      {
        ...group,
        kind: 'ClusterRoleBinding',
        metadata: { name },
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name },
        subjects: [{ kind: 'ServiceAccount', name, namespace: 'default' }],
      },
    );
    return kubeconfig;
  };

  const probe = (
    kubeconfig: string | null,
    extra: { target?: Partial<PermissionTarget>; kubectl?: string; timeoutMs?: number; spawn?: Spawn } = {},
  ): Promise<PermissionSnapshot> =>
    probePermissions(
      { name: 'c', kubeconfig, context: null, allowSecrets: false, ...extra.target },
      extra.timeoutMs ?? 20_000,
      {
        spawn: extra.spawn ?? spawnProcess,
        clock: systemClock,
        kubectl: extra.kubectl ?? kubeBinary('kubectl'),
        env: { HOME: home, PATH: process.env['PATH'] ?? '' },
      },
      signal(),
    );

  beforeAll(async () => {
    home = mkdtempSync(path.join(tmpdir(), 'permissions-'));
    plane = await startControlPlane();
  }, 120_000);

  afterAll(async () => {
    for (const server of deadServers) server.close();
    await plane?.stop();
    if (home) rmSync(home, { recursive: true, force: true });
  });

  test('PER-1: a credential that reads all has the minimum and no warning', async () => {
    const snapshot = await probe(await bind('reader', [rule([...reading, 'pods/log'])]));
    expect(snapshot).toMatchObject({
      cluster_name: 'c',
      can_get_pods: true,
      can_get_logs: true,
      can_get_events: true,
      can_get_deployments: true,
      can_get_services: true,
      can_get_nodes: true,
      can_get_configmaps: true,
      can_get_secrets: false,
      minimum_met: true,
      can_write: [],
      warnings: [],
      error: null,
    });
  });

  test('PER-1: a credential without pods/log has an answered no', async () => {
    const snapshot = await probe(await bind('no-logs', [rule(reading)]));
    expect(snapshot).toMatchObject({ can_get_pods: true, can_get_logs: false, minimum_met: false, error: null });
    expect(snapshot.warnings).toEqual(['the credential cannot read pods/log in all namespaces']);
  });

  test('PER-1: a right in one namespace is not a right in all', async () => {
    const kubeconfig = await plane.kubeconfigOf('default', 'one-namespace');
    await plane.kubectl(['create', 'role', 'pods', '--verb=get,list', '--resource=pods,pods/log,events']);
    await plane.kubectl(['create', 'rolebinding', 'pods', '--role=pods', '--serviceaccount=default:one-namespace']);
    const snapshot = await probe(kubeconfig);
    expect(snapshot).toMatchObject({ can_get_pods: false, minimum_met: false });
  });

  test('PER-1: get without list is a no', async () => {
    const rules = [rule(['pods', 'pods/log'], ['get']), rule(['events'])];
    expect(await probe(await bind('only-get', rules))).toMatchObject({ can_get_pods: false, can_get_events: true });
  });

  test('PER-2: what the credential should not be able to do is named, and warned about', async () => {
    const snapshot = await probe(
      await bind('writer', [
        rule([...reading, 'pods/log', 'secrets']),
        rule(['pods'], ['delete', 'patch']),
        rule(['deployments'], ['update']),
        rule(['pods/exec'], ['create']),
        rule(['users'], ['impersonate']),
        rule(['clusterroles'], ['escalate'], ['rbac.authorization.k8s.io']),
      ]),
    );
    expect(snapshot.minimum_met).toBe(true);
    expect(snapshot.can_write).toEqual([
      'patch pods',
      'delete pods',
      'update deployments.apps',
      'create pods/exec',
      'impersonate users',
      'escalate clusterroles.rbac.authorization.k8s.io',
    ]);
    expect(snapshot.warnings).toHaveLength(2);
    expect(snapshot.warnings[1]).toContain('can read secrets');
    const allowed = await probe(plane.kubeconfig, { target: { allowSecrets: true } });
    expect(allowed.can_write).toHaveLength(20);
    expect(allowed.warnings).toHaveLength(1);
  });

  test('PER-3: it takes four processes', async () => {
    const commands: string[] = [];
    const spawn: Spawn = (command, args, options) => {
      commands.push(args.filter((arg) => ['can-i', 'create'].includes(arg)).join(' '));
      return spawnProcess(command, args, options);
    };
    await probe(plane.kubeconfig, { spawn });
    expect(commands).toEqual(['can-i', 'can-i', 'can-i', 'create']);
  });

  test('PER-1: a refused connection is unknown, not no', async () => {
    const file = path.join(home, 'refused.kubeconfig');
    writeFileSync(file, kubeconfigText('https://127.0.0.1:1', plane.ca, 'x'));
    const snapshot = await probe(file);
    expect(snapshot).toMatchObject({ can_get_pods: null, can_get_logs: null, minimum_met: null, can_write: [] });
    expect(snapshot.error).toContain('refused');
  });

  test('PER-1: an API server that says nothing is unknown within the time limit', async () => {
    const server = createServer(() => {}).listen(0, '127.0.0.1');
    deadServers.push(server);
    await new Promise((resolve) => server.once('listening', resolve));
    const file = path.join(home, 'silent.kubeconfig');
    writeFileSync(file, kubeconfigText(`https://127.0.0.1:${(server.address() as AddressInfo).port}`, plane.ca, 'x'));
    const started = performance.now();
    const snapshot = await probe(file, { timeoutMs: 1500 });
    expect(snapshot.minimum_met).toBeNull();
    expect(snapshot.error).not.toBe('');
    expect(performance.now() - started).toBeLessThan(6000);
  });

  test('PER-1: a token that is not accepted is unknown: nobody said no to the question', async () => {
    const file = path.join(home, 'bad-token.kubeconfig');
    writeFileSync(file, kubeconfigText(plane.server, plane.ca, 'wrong'));
    expect(await probe(file)).toMatchObject({ minimum_met: null, can_get_pods: null });
  });

  test('PER-1: a context that is not in the file is unknown and named', async () => {
    const snapshot = await probe(plane.kubeconfig, { target: { context: 'other' } });
    expect(snapshot.minimum_met).toBeNull();
    expect(snapshot.error).toContain('other');
  });

  test('PER-1: without kubectl everything is unknown, with that reason', async () => {
    const snapshot = await probe(plane.kubeconfig, { kubectl: path.join(home, 'no-kubectl') });
    expect(snapshot.minimum_met).toBeNull();
    expect(snapshot.error).toContain('was not found');
  });
});

test.each([
  ['yes\n', true],
  ['no\n', false],
  ['no - RBAC: clusterrole not found\n', false],
  ['', null],
  ['nothing', null],
  ['error: yes', null],
])('PER-1: %j on standard output means %s', (stdout, answer) => {
  expect(canIAnswer({ reason: 'exit', stdout })).toBe(answer);
  expect(canIAnswer({ reason: 'timeout', stdout })).toBeNull();
});

test('PER-1: a cluster without a kubeconfig is unknown', async () => {
  const never: Spawn = () => Promise.reject(new Error('nothing is to be started'));
  const options = { spawn: never, clock: systemClock, kubectl: 'kubectl', env: {} };
  const target = { name: 'c', kubeconfig: null, context: null, allowSecrets: false };
  expect(await probePermissions(target, 1000, options, signal())).toMatchObject({ minimum_met: null });
});
