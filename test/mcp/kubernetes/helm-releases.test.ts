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

/** Gives lists in pages, as API servers do; keeps how many there were. */
class PagedReader extends ObjectsReader {
  pages = 0;

  override async list(...args: Parameters<ObjectsReader['list']>): ReturnType<ObjectsReader['list']> {
    this.pages += 1;
    const [apiVersion, kind, { limit = 500, continue: after = '', ...options }, signal] = args;
    const { items } = await super.list(apiVersion, kind, options, signal);
    const key = ({ metadata }: (typeof items)[number]): string => `${metadata.namespace}/${metadata.name}`;
    const rest = items.filter((one) => key(one) > after).toSorted((a, b) => (key(a) < key(b) ? -1 : 1));
    const page = rest.slice(0, limit);
    const last = page.at(-1);
    return last === undefined || page.length === rest.length
      ? { items: page, truncated: false }
      : { items: page, truncated: true, next: key(last) };
  }
}

const allowed = (reader: ObjectsReader) => kubernetesTools(reader, { now: () => now, secretsAllowed: () => true });

describe('Helm releases', () => {
  test('each at its newest revision, in pages', async () => {
    expect(await call('list_helm_releases', { namespace: 'shop' })).toMatchObject({
      truncated: false,
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

  test('K8S-1: all of many releases, each page with the requests for what it shows', async () => {
    const many = Array.from({ length: 2500 }, (_, at) => revision(`r${at}`, 1, 'deployed'));
    const reader = new PagedReader(many);
    const perPage: number[] = [];
    const listed = await allPages<{ name: string }>(allowed(reader), 'list_helm_releases', { limit: 500 }, async () => {
      perPage.push(reader.pages);
      reader.pages = 0;
      await Promise.resolve();
    });
    expect(new Set(listed.map(({ name }) => name)).size).toBe(2500);
    expect(listed).toHaveLength(2500);
    expect(perPage).toHaveLength(5);
    // 20 Secrets a request, and those where the page before ended.
    expect(Math.max(...perPage)).toBeLessThanOrEqual(27);
  });

  test('revisions of a release that stand on both sides of a request are one release', async () => {
    const others = Array.from({ length: 15 }, (_, at) => revision(`a${String(at).padStart(2, '0')}`, 1, 'deployed'));
    const failed = Array.from({ length: 12 }, (_, at) => revision('b', at + 1, 'failed'));
    // Their Secrets stand among those of b: b.v1, b.v1.v1, b.v10.
    const reader = new PagedReader([
      ...others,
      ...failed,
      revision('b.v1', 4, 'deployed'),
      revision('c', 1, 'deployed'),
    ]);
    for (const limit of [1, 3, 15, 16, 100]) {
      const listed = await allPages<{ name: string; revision: number }>(allowed(reader), 'list_helm_releases', {
        limit,
      });
      expect(listed.slice(15).map((one) => [one.name, one.revision])).toEqual([
        ['b', 12],
        ['b.v1', 4],
        ['c', 1],
      ]);
      expect(listed).toHaveLength(18);
    }
  });

  test('a release whose record cannot be read is there with what its labels say', async () => {
    const broken = { ...revision('broken', 7, 'deployed'), data: { release: 'AAAA' } };
    const { items } = await allowed(new ObjectsReader([broken]))<{ items: unknown[] }>('list_helm_releases');
    expect(items).toEqual([
      {
        name: 'broken',
        namespace: 'shop',
        revision: 7,
        status: 'deployed',
        chart: '',
        description: 'what Helm keeps of this revision cannot be read',
      },
    ]);
  });

  test('what gives only a part of the Secrets is not all of the releases', async () => {
    const reader = new PagedReader([revision('cart', 1, 'deployed')]);
    const list = reader.list.bind(reader);
    reader.list = async (...args) => ({ ...(await list(...args)), truncated: true });
    const cut = await allowed(reader)('list_helm_releases');
    expect(cut).toMatchObject({
      truncated: true,
      truncated_reason: expect.stringContaining('gives no more') as string,
    });
    const values = await allowed(reader)('get_helm_release_values', { release: 'cart', namespace: 'shop' });
    expect(values['not_checked']).toEqual([expect.stringContaining('were looked at')]);
  });

  test('K8S-5: what stands in any Secret of the namespace is taken out of values', async () => {
    const secrets = Array.from({ length: 400 }, (_, at) =>
      object('Secret', `s${at}`, {
        type: 'Opaque',
        data: { token: Buffer.from(`secret-number-${at}-of-many`).toString('base64') },
      }),
    );
    const config = { first: 'secret-number-0-of-many', last: 'secret-number-399-of-many' };
    const reader = new PagedReader([...secrets, revision('cart', 1, 'deployed', { config })]);
    const given = await allowed(reader)('get_helm_release_values', { release: 'cart', namespace: 'shop' });
    expect(JSON.stringify(given)).not.toContain('of-many');
    expect(given).not.toHaveProperty('not_checked');
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
