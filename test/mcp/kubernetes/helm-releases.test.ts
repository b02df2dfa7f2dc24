import { existsSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { openApiReader } from '../../../src/kube/read/api-reader.ts';
import { spawnProcess } from '../../../src/lib/process/spawn.ts';
import { startControlPlane } from '../../support/control-plane.ts';
import { cannotRun } from '../../support/kube-assets.ts';
import { now, object } from '../../support/kube-objects.ts';
import { allPages, kubernetesTools } from '../../support/kubernetes-tools.ts';
import { ObjectsReader } from '../../support/objects-reader.ts';
import { tempDir } from '../../support/temp-dir.ts';

/** A revision as Helm keeps it. */
function revision(name: string, version: number, status: string, fields: Record<string, unknown> = {}) {
  const release = {
    name,
    namespace: 'shop',
    version,
    info: { status, last_deployed: '2026-11-20T11:00:00.123456789Z', description: `${status} ${version}` },
    chart: { metadata: { name: 'cart', version: '1.2.3', appVersion: '9' } },
    ...fields,
  };
  const packed = gzipSync(JSON.stringify(release)).toString('base64');
  return object('Secret', `sh.helm.release.v1.${name}.v${version}`, {
    metadata: { labels: { owner: 'helm', name, status, version: String(version) } },
    type: 'helm.sh/release.v1',
    data: { release: Buffer.from(packed).toString('base64') },
  });
}

const password = 'correct-horse-battery';
const values = {
  replicas: 3,
  nested: { odd: password, image: 'cart:9' },
  env: [{ name: 'A', value: 'leaks-1' }],
  extraEnv: { B: 'leaks-2' },
  auth: { password: 'leaks-3-long' },
};
const objects = [
  revision('cart', 1, 'superseded', { config: { old: true } }),
  revision('cart', 2, 'deployed', { config: { old: true } }),
  revision('cart', 10, 'failed', { config: values }),
  revision('pay', 1, 'deployed'),
  object('Secret', 'db', { type: 'Opaque', data: { password: Buffer.from(password).toString('base64') } }),
  object('Secret', 'odd', {
    metadata: { labels: { owner: 'helm', name: 'odd' } },
    type: 'helm.sh/release.v1',
    data: {},
  }),
];
const call = kubernetesTools(new ObjectsReader(objects), { now: () => now, secretsAllowed: () => true });

describe('Helm releases', () => {
  test('each at its newest revision, in pages', async () => {
    expect(await call('list_helm_releases', { namespace: 'shop' })).toMatchObject({
      total: 2,
      items: [
        {
          name: 'cart',
          namespace: 'shop',
          revision: 10,
          status: 'failed',
          chart: 'cart-1.2.3',
          app_version: '9',
          updated: '2026-11-20T11:00:00.123Z',
          description: 'failed 10',
        },
        { name: 'pay', revision: 1, status: 'deployed' },
      ],
    });
    const names = (await allPages<{ name: string }>(call, 'list_helm_releases', { limit: 1 })).map(({ name }) => name);
    expect(names).toEqual(['cart', 'pay']);
  });

  test('K8S-5: values come without what is secret: by name, as a variable, as it stands in a Secret', async () => {
    const given = await call('get_helm_release_values', { release: 'cart', namespace: 'shop' });
    expect(given).toMatchObject({
      name: 'cart',
      revision: 10,
      values: { replicas: 3, nested: { image: 'cart:9' }, env: [{ name: 'A', value: '<redacted:env>' }] },
    });
    expect(JSON.stringify(given)).not.toMatch(/leaks-|correct-horse/);
  });

  test('a release that is not there', async () => {
    await expect(call('get_helm_release_values', { release: 'gone', namespace: 'shop' })).rejects.toMatchObject({
      code: 'not_found',
      message: 'there is no Helm release gone in namespace shop',
    });
  });

  test('without the right to read Secrets nothing is asked, and it says what to set', async () => {
    const reader = new ObjectsReader(objects);
    const refused = kubernetesTools(reader);
    for (const [tool, args] of [
      ['list_helm_releases', {}],
      ['get_helm_release_values', { release: 'cart', namespace: 'shop' }],
    ] as const) {
      await expect(refused(tool, args)).rejects.toMatchObject({
        code: 'forbidden',
        fix: { steps: [expect.stringContaining('triage.allow_secrets_access: true'), expect.anything()] },
      });
    }
    expect(reader.calls).toEqual([]);
  });
});

const helm = path.join(process.env['KUBEBUILDER_ASSETS'] ?? '', 'helm');
const noHelm = !existsSync(helm);
if (noHelm) console.log('skipped: releases of a real Helm: KUBEBUILDER_ASSETS has no helm');

describe.skipIf(cannotRun('releases of a real Helm') || noHelm)('releases of a real Helm', () => {
  test('K8S-1: what helm itself says of them', async () => {
    const dir = tempDir({
      'chart/Chart.yaml': 'apiVersion: v2\nname: demo\nversion: 0.3.0\nappVersion: "7"\n',
      'chart/templates/config.yaml':
        'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: demo}\ndata: {size: "{{ .Values.size }}"}\n',
    });
    const plane = await startControlPlane();
    try {
      const run = async (...args: string[]): Promise<string> => {
        const env = { HOME: dir, PATH: process.env['PATH'] ?? '', KUBECONFIG: plane.kubeconfig };
        const result = await spawnProcess(helm, args, { env, timeoutMs: 60_000 });
        expect(result).toMatchObject({ exitCode: 0 });
        return result.stdout;
      };
      const chart = path.join(dir, 'chart');
      await run('install', 'one', chart, '-n', 'default', '--set', 'size=1');
      await run('upgrade', 'one', chart, '-n', 'default', '--set', 'size=2,deep.list={a,b}');
      await run('install', 'two', chart, '-n', 'kube-system');
      const tools = kubernetesTools(await openApiReader(plane.kubeconfig, null), { secretsAllowed: () => true });
      const listed = JSON.parse(await run('list', '-A', '-o', 'json')) as Record<string, string>[];
      const { items } = await tools<{ items: Record<string, unknown>[] }>('list_helm_releases');
      expect(
        items.map((one) => [
          one['namespace'],
          one['name'],
          String(one['revision']),
          one['status'],
          one['chart'],
          one['app_version'],
        ]),
      ).toEqual(
        listed.map((one) => [
          one['namespace'],
          one['name'],
          one['revision'],
          one['status'],
          one['chart'],
          one['app_version'],
        ]),
      );
      const given = await tools('get_helm_release_values', { release: 'one', namespace: 'default' });
      expect(given['values']).toEqual(JSON.parse(await run('get', 'values', 'one', '-n', 'default', '-o', 'json')));
    } finally {
      await plane.stop();
    }
  }, 120_000);
});
