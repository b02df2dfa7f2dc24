import { describe, expect, test } from 'vitest';
import { fluxInMemory, recordedCases, recordedReleases } from '../../../support/flux.ts';
import {
  again,
  artifact,
  diagnose,
  fluxCluster,
  fluxObject,
  git,
  k,
  kustomization,
} from '../../../support/flux-chain.ts';

const noArtifact = ['ArtifactFailed', 'Source artifact not found, retrying in 30s'] as const;
const refused = [
  'GitOperationFailed',
  "unable to clone 'https://bot:hunter2secret@git.example.com/a': authentication required",
] as const;

describe('the first cause (FLX-12)', () => {
  /** A waits for B, B for C, and the source of C cannot be fetched. */
  const chain = [
    kustomization('a', { after: ['b'] }),
    kustomization('b', { after: ['c'] }),
    kustomization('c', { fails: noArtifact, source: 'private' }),
    fluxObject('GitRepository', 'private', {
      fails: refused,
      spec: { url: 'https://bot:hunter2secret@git.example.com/a' },
    }),
    fluxObject('GitRepository', 'platform', { status: artifact }),
  ];

  test('of a chain of three is the source that fails, with what waits for it', async () => {
    const { issues, summary } = await diagnose(fluxCluster(...chain));
    expect(issues).toHaveLength(1);
    expect(issues[0]).toMatchObject({
      severity: 'critical',
      mechanism: 'source_authentication',
      category: 'source',
      resource: git('private'),
      message: `${git('private')} cannot be fetched: the credential is refused`,
      field: 'spec.url',
      value: 'https://git.example.com/a',
      since: '2026-11-20T22:30:00.000Z',
      waiting: [k('c'), k('b'), k('a')],
      waiting_count: 3,
      chain: [k('a'), k('b'), k('c'), git('private')],
    });
    expect(issues[0]?.evidence.map(({ object }) => object)).toEqual([git('private'), k('c'), k('b'), k('a')]);
    expect(issues[0]?.evidence[0]?.text).toMatch(/^Ready=False GitOperationFailed: unable to clone/);
    expect(summary).toMatch(/^1 first cause, 3 objects waiting; first: GitRepository\/flux-system\/private cannot/);
  });

  test('names no credential (FLX-9)', async () => {
    expect(JSON.stringify(await diagnose(fluxCluster(...chain)))).not.toContain('hunter2secret');
  });

  test('of what fails by itself is itself, and those that hold up more come first', async () => {
    const { issues } = await diagnose(
      fluxCluster(
        ...chain,
        kustomization('lone', { fails: ['BuildFailed', 'kustomize build failed: x'] }),
        kustomization('base', { fails: ['ReconciliationFailed', 'namespaces "shop" not found'] }),
        kustomization('app', { after: ['base'] }),
        kustomization('zero', { fails: ['BuildFailed', 'x'] }),
        ...['one', 'two'].map((name) => kustomization(name, { after: ['zero'] })),
      ),
    );
    expect(issues.map(({ resource, waiting_count, severity }) => [resource, waiting_count, severity])).toEqual([
      [git('private'), 3, 'critical'],
      [k('zero'), 2, 'critical'],
      [k('base'), 1, 'critical'],
      [k('lone'), 0, 'warning'],
    ]);
    expect(issues[2]).toMatchObject({ mechanism: 'namespace_missing', value: 'shop' });
  });

  test('is several when several are in the way', async () => {
    const { issues } = await diagnose(
      fluxCluster(
        kustomization('app', { after: ['one', 'two', 'three'] }),
        kustomization('one', { fails: ['BuildFailed', 'x'] }),
        kustomization('two', {
          fails: [
            'HealthCheckFailed',
            "health check failed after 30s: timeout waiting for: [Deployment/shop/web status: 'InProgress']",
          ],
        }),
        kustomization('three'),
        fluxObject('GitRepository', 'platform', { status: artifact }),
      ),
    );
    expect(issues.map(({ resource, waiting }) => [resource, waiting])).toEqual([
      [k('one'), [k('app')]],
      [k('two'), [k('app')]],
    ]);
    expect(issues[1]).toMatchObject({ mechanism: 'health_check_failed', value: 'Deployment/shop/web' });
  });

  test('behind a health check is what it waits for, also when that is of Flux', async () => {
    const message =
      "health check failed after 5m0s: timeout waiting for: [Kustomization/flux-system/child status: 'InProgress', HelmRelease/shop/db status: 'Failed']";
    const { issues } = await diagnose(
      fluxCluster(
        kustomization('parent', { fails: ['HealthCheckFailed', message] }),
        kustomization('child', {
          fails: [
            'ArtifactFailed',
            'kustomization path not found: stat /tmp/kustomization-1/child: no such file or directory',
          ],
        }),
        fluxObject('HelmRelease', 'db', {
          namespace: 'shop',
          fails: ['InstallFailed', 'Helm install failed for release shop/db: context deadline exceeded'],
        }),
        fluxObject('GitRepository', 'platform', { status: artifact }),
      ),
    );
    expect(issues.map(({ resource, mechanism, waiting }) => [resource, mechanism, waiting])).toEqual([
      ['HelmRelease/shop/db', 'helm_timeout', [k('parent')]],
      [k('child'), 'path_missing', [k('parent')]],
    ]);
  });

  test('of a release is the repository behind its chart', async () => {
    const chartSpec = { chart: 'db', version: '1.x', sourceRef: { kind: 'HelmRepository', name: 'charts' } };
    const { issues } = await diagnose(
      fluxCluster(
        fluxObject('HelmRelease', 'app', {
          spec: { dependsOn: [{ name: 'db' }] },
          fails: ['DependencyNotReady', "dependency 'flux-system/db' is not ready"],
        }),
        fluxObject('HelmRelease', 'db', {
          spec: { chart: { spec: chartSpec } },
          fails: [
            'SourceNotReady',
            "HelmChart 'flux-system/flux-system-db' is not ready: latest generation of object has not been reconciled",
          ],
          status: { helmChart: 'flux-system/flux-system-db' },
        }),
        fluxObject('HelmChart', 'flux-system-db', {
          spec: chartSpec,
          fails: ['SourceUnavailable', 'failed to get source: no artifact'],
        }),
        fluxObject('HelmRepository', 'charts', {
          spec: { url: 'https://charts.example.com' },
          fails: ['Failed', 'failed to fetch Helm repository index: dial tcp: lookup charts.example.com: no such host'],
        }),
      ),
    );
    expect(issues).toMatchObject([
      {
        resource: 'HelmRepository/flux-system/charts',
        mechanism: 'source_unreachable',
        value: 'https://charts.example.com',
        waiting: ['HelmRelease/flux-system/db', 'HelmRelease/flux-system/app'],
        chain: [
          'HelmRelease/flux-system/app',
          'HelmRelease/flux-system/db',
          'HelmChart/flux-system/flux-system-db',
          'HelmRepository/flux-system/charts',
        ],
      },
    ]);
  });

  test('that is not there is named, with what may be meant', async () => {
    const { issues } = await diagnose(
      fluxCluster(
        kustomization('app', {
          after: ['infra'],
          fails: [
            'DependencyNotReady',
            `dependency 'flux-system/infra' not found: kustomizations.kustomize.toolkit.fluxcd.io "infra" not found`,
          ],
        }),
        kustomization('infra', { namespace: 'platform' }),
        kustomization('web', {
          source: 'platfrom',
          fails: ['ArtifactFailed', 'GitRepository.source.toolkit.fluxcd.io "platfrom" not found'],
        }),
        fluxObject('GitRepository', 'platform', { status: artifact }),
      ),
    );
    expect(issues).toMatchObject([
      {
        resource: git('platfrom'),
        mechanism: 'source_missing',
        value: 'flux-system/platfrom',
        waiting: [k('web')],
        recommendation: expect.stringContaining(`there is ${git('platform')}`) as string,
      },
      {
        resource: k('infra'),
        mechanism: 'dependency_missing',
        field: 'spec.dependsOn',
        waiting: [k('app')],
        recommendation: expect.stringContaining('there is Kustomization/platform/infra') as string,
      },
    ]);
  });

  test('of a ring is the ring, and what waits for it', async () => {
    const { issues } = await diagnose(
      fluxCluster(
        kustomization('a', { after: ['b'] }),
        kustomization('b', { after: ['c'] }),
        kustomization('c', { after: ['a'] }),
        kustomization('outside', { after: ['b'] }),
        kustomization('self', { after: ['self'] }),
        fluxObject('GitRepository', 'platform', { status: artifact }),
      ),
    );
    expect(issues.map(({ mechanism, resource, waiting }) => [mechanism, resource, waiting])).toEqual([
      ['dependency_ring', k('a'), [k('a'), k('b'), k('c'), k('outside')]],
      ['dependency_ring', k('self'), [k('self')]],
    ]);
    expect(issues[0]).toMatchObject({ severity: 'critical', chain: [k('a'), k('b'), k('c'), k('a')] });
    expect(issues[1]?.message).toBe(`${k('self')} depends on itself`);
  });

  test('of a parent that has applied its child and waits for it is that ring also while it waits', async () => {
    const inventory = { entries: [{ id: 'flux-system_child_kustomize.toolkit.fluxcd.io_Kustomization', v: 'v1' }] };
    const parent = again('parent', 'HealthCheckFailed', { spec: { wait: true }, status: { inventory } });
    const { issues } = await diagnose(fluxCluster(parent, kustomization('child', { after: ['parent'] })));
    expect(issues).toMatchObject([{ mechanism: 'dependency_ring', chain: [k('child'), k('parent'), k('child')] }]);
    // Without waiting for what it applies it is only under way.
    const other = again('parent', 'ReconciliationSucceeded', { status: { inventory } });
    const { issues: none } = await diagnose(fluxCluster(other, kustomization('child', { after: ['parent'] })));
    expect(none).toMatchObject([{ mechanism: 'in_progress', waiting: [k('child')] }]);
  });

  test('of a parent that waits for its child, which depends on it, is that ring', async () => {
    const message =
      "health check failed after 5m0s: timeout waiting for: [Kustomization/flux-system/child status: 'InProgress']";
    const { issues } = await diagnose(
      fluxCluster(
        kustomization('parent', { fails: ['HealthCheckFailed', message] }),
        kustomization('child', { after: ['parent'] }),
      ),
    );
    expect(issues).toMatchObject([{ mechanism: 'dependency_ring', chain: [k('child'), k('parent'), k('child')] }]);
  });
});

test('only what concerns a namespace, and only so many', async () => {
  const objects = ['a', 'b', 'c'].flatMap((name) => [
    kustomization(name, { namespace: `team-${name}`, fails: ['BuildFailed', 'x'] }),
  ]);
  const reader = fluxCluster(
    ...objects,
    kustomization('d', {
      namespace: 'team-d',
      spec: { dependsOn: [{ name: 'a', namespace: 'team-a' }] },
      fails: ['DependencyNotReady', "dependency 'team-a/a' is not ready"],
    }),
  );
  const of = async (args: Record<string, unknown>): Promise<string[]> =>
    (await diagnose(reader, args)).issues.map(({ resource }) => resource);
  expect(await of({ namespace: 'team-b' })).toEqual(['Kustomization/team-b/b']);
  // What waits is in it.
  expect(await of({ namespace: 'team-d' })).toEqual(['Kustomization/team-a/a']);
  expect(await diagnose(reader, { max_issues: 2 })).toMatchObject({ total: 3, truncated: true });
});

test('of the recording each fault is a first cause, and what is well is none', async () => {
  const { issues, checked, not_checked } = await diagnose(fluxInMemory());
  expect(issues.map(({ mechanism, resource }) => [mechanism, resource.split('/').at(-1)])).toEqual([
    ['source_missing', 'gone'],
    ['source_not_fetched', 'no-artifact-yet'],
    ['path_missing', 'bad-path'],
    ['build_failed', 'bad-build'],
    ['manifest_invalid', 'bad-manifest'],
    ['apply_forbidden', 'forbidden'],
    ['health_check_failed', 'health-timeout'],
    ['artifact_unverified', 'healthy-external'],
    ['namespace_missing', 'missing-namespace'],
  ]);
  const causes = new Set(issues.flatMap(({ resource, waiting }) => [resource, ...waiting]));
  const unwell = recordedCases.filter(({ state }) => state === 'failed' || state === 'blocked');
  expect(unwell.every(({ object }) => causes.has(`Kustomization/flux-system/${object.metadata.name}`))).toBe(true);
  expect(checked).toContain('Kustomization: 14');
  expect(not_checked).toEqual([]);
});

test('of the recorded releases each fault is a first cause', async () => {
  const charts = ['good', 'bad-ns', 'values', 'never', 'kind'].map((name) =>
    fluxObject('HelmChart', name, { status: artifact }),
  );
  const reader = fluxCluster(
    ...recordedReleases.map(({ object }) => object),
    ...charts,
    fluxObject('HelmChart', 'unfetched', {
      spec: { chart: 'web', sourceRef: { kind: 'HelmRepository', name: 'charts' } },
      fails: ['SourceUnavailable', 'failed to get source: no artifact available for HelmRepository source'],
    }),
    fluxObject('HelmRepository', 'charts', { fails: ['Failed', 'dial tcp: lookup charts.example.com: no such host'] }),
  );
  const { issues, suspended } = await diagnose(reader);
  expect(issues.map(({ mechanism, resource, value }) => [mechanism, resource, value])).toEqual([
    ['source_unreachable', 'HelmRepository/flux-system/charts', undefined],
    ['source_missing', 'HelmChart/flux-system/nothing', 'flux-system/nothing'],
    ['dependency_missing', 'HelmRelease/flux-system/nobody', 'flux-system/nobody'],
    ['namespace_missing', 'HelmRelease/flux-system/bad-ns', 'does-not-exist'],
    ['apply_forbidden', 'HelmRelease/flux-system/forb', 'weak'],
    ['kind_missing', 'HelmRelease/flux-system/kind', 'Widget'],
    ['helm_timeout', 'HelmRelease/flux-system/never', undefined],
    ['helm_values', 'HelmRelease/flux-system/values', 'values/templates/a.yaml:1:3'],
    ['helm_values', 'HelmRelease/flux-system/vf', 'flux-system/none'],
  ]);
  expect(issues[0]?.waiting).toEqual(['HelmRelease/flux-system/waits', 'HelmRelease/flux-system/after']);
  expect(issues[1]?.field).toBe('spec.chartRef');
  expect(suspended).toEqual([{ object: 'HelmRelease/flux-system/susp', usable: false, waiting_count: 0 }]);
});

test('a thousand that wait for each other one behind the other', async () => {
  const objects = Array.from({ length: 1000 }, (_, at) =>
    at === 999
      ? kustomization('k999', { fails: ['BuildFailed', 'x'] })
      : kustomization(`k${at}`, { after: [`k${at + 1}`] }),
  );
  const { issues } = await diagnose(
    fluxCluster(...objects, fluxObject('GitRepository', 'platform', { status: artifact })),
  );
  expect(issues).toMatchObject([{ resource: k('k999'), waiting_count: 999 }]);
  expect(issues[0]?.waiting).toHaveLength(50);
});
