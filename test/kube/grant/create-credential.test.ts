import { readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cliDeps } from '../../../src/app/commands/cli-deps.ts';
import { openApiReader } from '../../../src/kube/read/api-reader.ts';
import { kinds } from '../../../src/kube/kinds.ts';
import { cli } from '../../support/cli-run.ts';
import { type ControlPlane, kubeconfigText, startControlPlane } from '../../support/control-plane.ts';
import { cannotRun, kubeBinary } from '../../support/kube-assets.ts';
import { freePorts } from '../../support/free-ports.ts';
import { tempDir } from '../../support/temp-dir.ts';
import { waitUntil } from '../../support/wait-until.ts';

const day = 24 * 3_600_000;
const deploy = path.join(import.meta.dirname, '..', '..', '..', 'deploy', 'rbac');

describe.skipIf(cannotRun('credentials by real kubectl', 'controllers'))('credentials by real kubectl', () => {
  let plane: ControlPlane;

  beforeAll(async () => {
    plane = await startControlPlane({ level: 'controllers' });
  });
  afterAll(() => plane.stop());

  /** The command in a folder of its own, as the administrator, with the kubectl of the control plane. */
  const create = async (words: string[], { cwd = tempDir(), env = {} }: { cwd?: string; env?: object } = {}) => {
    const world = {
      PATH: `${path.dirname(kubeBinary('kubectl'))}:${process.env['PATH']}`,
      HOME: cwd,
      KUBECONFIG: plane.kubeconfig,
      ...env,
    };
    const result = await cli(['kubeconfig', 'create', ...words], { cwd, env: world, deps: cliDeps });
    return { ...result, cwd, file: path.join(cwd, 'kubeconfigs/test.yaml') };
  };
  /** Kinds that the credential of a file cannot list in all namespaces. */
  const refusedKinds = async (file: string): Promise<string[]> => {
    const reader = await openApiReader(file, null);
    const asked = kinds.map(async ({ apiVersion, kind }) => {
      const answer = await reader.list(apiVersion, kind, { limit: 1 }, AbortSignal.timeout(30_000)).catch(() => null);
      return answer === null ? kind : null;
    });
    return (await Promise.all(asked)).filter((kind) => kind !== null);
  };

  test('OPS-4 PER-1 PER-2: reads every kind that is read, no Secret, and can write nothing', async () => {
    const { code, out, err, file } = await create(['--context', 'test']);
    expect({ code, out, err }).toMatchObject({ code: 0, out: `${file}\n` });
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(err).toContain('serviceaccount/nightcrier-reader created');
    expect(err).toContain('it can read pods, logs and events, and write nothing');
    expect(err).not.toContain('warning');
    expect(await refusedKinds(file)).toEqual(['Secret']);
    const permissions = await cliDeps.askPermissions(file, process.env, AbortSignal.timeout(30_000));
    expect(permissions).toMatchObject({ minimum_met: true, can_get_logs: true, can_get_secrets: false, can_write: [] });
    expect(permissions.warnings).toEqual([]);
    expect(await plane.kubectl(['auth', 'can-i', 'get', 'pods', '--subresource=log', ...asReader])).toContain('yes');
  });

  test('OPS-4: again it changes nothing and gives a new token; the token ends when it says', async () => {
    const first = await create(['--context', 'test']);
    const again = await create(['--context', 'test', '--ttl', '10m', '-o', 'json']);
    expect(again.code).toBe(0);
    const said = JSON.parse(again.out) as { file: string; expires_at: string; permissions: { minimum_met: boolean } };
    expect(said).toMatchObject({ file: again.file, context: 'test', namespace: 'nightcrier', server: plane.server });
    expect(Date.parse(said.expires_at) - Date.now()).toBeLessThanOrEqual(600_000);
    expect(said.permissions.minimum_met).toBe(true);
    const third = await create(['--context', 'test']);
    expect(third.err.match(/unchanged/g)).toHaveLength(5);
    expect(await refusedKinds(first.file)).toEqual(['Secret']);
    const until = Date.parse(/good until (\S+)/.exec(third.err)?.[1] ?? '');
    expect(until - Date.now()).toBeGreaterThan(89 * day);
  });

  test('OPS-4: --ttl never takes the token from a Secret, and says how it is taken back', async () => {
    const { code, err, file } = await create(['--context', 'test', '--ttl', 'never']);
    expect(code).toBe(0);
    expect(err).toContain('kubectl --context test -n nightcrier delete secret nightcrier-reader-token');
    expect(await refusedKinds(file)).toEqual(['Secret']);
  });

  test('OPS-4: two namespaces are two readers, neither ends the other', async () => {
    const { file } = await create(['--context', 'test']);
    const other = await create(['--context', 'test', '--namespace', 'other']);
    expect(await refusedKinds(file)).toEqual(['Secret']);
    expect(await refusedKinds(other.file)).toEqual(['Secret']);
  });

  test('OPS-4: a file that is there stays, and nothing is asked of the cluster', async () => {
    const cwd = tempDir({ 'kubeconfigs/test.yaml': 'mine' });
    const { code, out, err, file } = await create(['--context', 'test', '--namespace', 'never-made'], { cwd });
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toMatch(/kubeconfigs\/test\.yaml exists already and was not changed[\s\S]*NC-CLI-012/);
    expect(readFileSync(file, 'utf8')).toBe('mine');
    expect(await plane.kubectl(['get', 'namespaces', '-o', 'name'])).not.toContain('never-made');
  });

  test('OPS-4: the context is looked for in all files of KUBECONFIG, and its certificate goes along', async () => {
    const files = tempDir({ a: kubeconfigText('https://127.0.0.1:1', 'x', 'x').replaceAll('test', 'other') });
    const env = { KUBECONFIG: `${files}/a:${plane.kubeconfig}` };
    const { code, file } = await create(['--context', 'test'], { env });
    expect(code).toBe(0);
    const written = readFileSync(file, 'utf8');
    expect(written).toContain(Buffer.from(plane.ca).toString('base64'));
    expect(written).not.toContain(plane.adminToken);
  });

  test('OPS-4: the manifests in deploy/ and of --dry-run pass a strict API server', async () => {
    const { code, out } = await create(['--dry-run']);
    expect(code).toBe(0);
    const text = readFileSync(path.join(deploy, 'reader.yaml'), 'utf8');
    expect(text.replace(/^(?:#.*\n)+/, '')).toBe(out);
    for (const file of ['reader.yaml', 'mcp-server.yaml']) {
      const applied = await plane.kubectl(['apply', '--validate=strict', '-f', path.join(deploy, file)]);
      expect(applied.trim().split('\n').length).toBeGreaterThanOrEqual(4);
    }
    const server = await plane.kubeconfigOf('mcp-system', 'kubernetes-mcp-server');
    const refused = await refusedKinds(server);
    const swept: string[] = kinds.filter(({ sweep, workload }) => sweep !== 'no' || workload).map(({ kind }) => kind);
    expect(refused.filter((kind) => swept.includes(kind))).toEqual([]);
    expect(refused).toContain('Secret');
  });

  test('OPS-4: custom resources are those of the role view, all that the cluster defines, or none', async () => {
    await plane.apply(customKind('gadgets'), customKind('widgets'), viewOf('gadgets'));
    await waitUntil(
      async () => (await plane.kubectl(['get', 'clusterrole', 'view', '-o', 'yaml'])).includes('gadgets'),
      'the role view with what was added to it',
    );
    const readable = async (file: string) => {
      const lists = ['gadgets', 'widgets'].map((plural) =>
        plane
          .kubectl(['--kubeconfig', file, 'get', `${plural}.example.com`, '-A'])
          .then(() => plural)
          .catch(() => null),
      );
      return (await Promise.all(lists)).filter((plural) => plural !== null);
    };
    for (const [which, namespace, plurals] of [
      ['none', 'custom-none', []],
      ['view', 'custom-view', ['gadgets']],
      ['all', 'custom-all', ['gadgets', 'widgets']],
    ] as const) {
      const { code, file } = await create(['--context', 'test', '--namespace', namespace, '--custom-resources', which]);
      expect(code).toBe(0);
      expect(await readable(file)).toEqual(plurals);
    }
  });

  describe('what can go wrong is a sentence with a code', () => {
    test('an unknown context, with those that there are', async () => {
      const { code, out, err } = await create(['--context', 'tset']);
      expect({ code, out }).toEqual({ code: 1, out: '' });
      expect(err).toBe('error: there is no context "tset"\n    fix: name one of: test\n    NC-KUBE-005\n');
    });

    test('no context at all is wrong input', async () => {
      expect(await create([])).toMatchObject({ code: 2, out: '' });
      expect(await create(['--context', 'test', '--ttl', 'soon'])).toMatchObject({ code: 2 });
      expect(await create(['--context', 'test', '--ttl', '5m'])).toMatchObject({ code: 2 });
      expect(await create(['--context', 'test', '--namespace', 'a/b'])).toMatchObject({ code: 2 });
    });

    test('no rights: what an administrator applies, and no file; with the objects there a token is enough', async () => {
      const namespace = 'of-the-team';
      const person = await plane.kubeconfigOf('default', 'person');
      const env = { KUBECONFIG: person };
      const words = ['--context', 'test', '--namespace', namespace];
      const refused = await create(words, { env });
      expect({ code: refused.code, out: refused.out }).toEqual({ code: 1, out: '' });
      expect(refused.err).toMatch(/in test: .*\(Forbidden\)[\s\S]*kubeconfig create --dry-run[\s\S]*NC-KUBE-006/);
      expect(() => readFileSync(refused.file)).toThrow('ENOENT');

      const { out: manifests } = await create(['--dry-run', '--namespace', namespace]);
      await plane.kubectl(['apply', '--validate=strict', '-f', '-'], manifests);
      await plane.kubectl(['create', 'clusterrole', 'looks', '--verb=get', ...looksAt]);
      await plane.kubectl(['create', 'clusterrolebinding', 'looks', '--clusterrole=looks', ...isPerson]);
      const tokens = ['--verb=create', '--resource=serviceaccounts/token'];
      await plane.kubectl(['-n', namespace, 'create', 'role', 'tokens', ...tokens]);
      await plane.kubectl(['-n', namespace, 'create', 'rolebinding', 'tokens', '--role=tokens', ...isPerson]);
      const made = await create(words, { env });
      expect({ code: made.code, err: made.err }).toMatchObject({ code: 0 });
      expect(await refusedKinds(made.file)).toEqual(['Secret']);
    });

    test('no kubectl, and no answer', async () => {
      const without = await create(['--context', 'test'], { env: { PATH: '/nonexistent' } });
      expect(without).toMatchObject({ code: 1, out: '' });
      expect(without.err).toContain('NC-KUBE-004');
      const [port] = await freePorts(1);
      const dead = path.join(tempDir(), 'dead');
      writeFileSync(dead, kubeconfigText(`https://127.0.0.1:${port}`, plane.ca, 'x'));
      const silent = await create(['--context', 'test', '--kubeconfig', dead]);
      expect(silent).toMatchObject({ code: 1, out: '' });
      expect(silent.err).toMatch(
        /in test: .*refused[\s\S]*kubectl --context test get --raw \/version[\s\S]*NC-KUBE-007/,
      );
    });
  });
});

const asReader = ['-A', '--as=system:serviceaccount:nightcrier:nightcrier-reader'];
const isPerson = ['--serviceaccount=default:person'];
const looksAt = ['--resource=namespaces,serviceaccounts,clusterroles,clusterrolebindings'];

function customKind(plural: string): object {
  const kind = plural === 'gadgets' ? 'Gadget' : 'Widget';
  const schema = { openAPIV3Schema: { type: 'object' } };
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.example.com` },
    spec: {
      group: 'example.com',
      scope: 'Namespaced',
      names: { kind, plural, singular: kind.toLowerCase() },
      versions: [{ name: 'v1', served: true, storage: true, schema }],
    },
  };
}

/** What an operator ships, so that whoever may view may view its objects. */
function viewOf(plural: string): object {
  return {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRole',
    metadata: { name: `${plural}-view`, labels: { 'rbac.authorization.k8s.io/aggregate-to-view': 'true' } },
    rules: [{ apiGroups: ['example.com'], resources: [plural], verbs: ['get', 'list', 'watch'] }],
  };
}
