import { describe, expect, test } from 'vitest';
import { type KubeObject, ReadError } from '../../../../src/kube/cluster-reader.ts';
import { installFlux } from '../../../support/flux.ts';
import { ObjectsReader } from '../../../support/objects-reader.ts';
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

describe('what is suspended, under way or out of reach', () => {
  test('a suspended one that was never ready is the cause, and nobody is told to resume it unasked', async () => {
    const { issues, suspended } = await diagnose(
      fluxCluster(
        kustomization('app', { after: ['base'] }),
        kustomization('base', { spec: { suspend: true }, fails: null }),
        kustomization('other', { spec: { suspend: true } }),
        kustomization('user', { spec: { dependsOn: [{ name: 'other' }] } }),
        fluxObject('GitRepository', 'platform', { status: artifact, spec: { suspend: true } }),
      ),
    );
    expect(issues).toMatchObject([
      { severity: 'warning', mechanism: 'suspended', resource: k('base'), field: 'spec.suspend', waiting: [k('app')] },
    ]);
    expect(issues[0]?.recommendation).toContain(
      'ask before you resume it (flux --context c1 resume kustomization base -n flux-system)',
    );
    expect(suspended).toEqual([
      { object: k('base'), usable: false, waiting_count: 1 },
      { object: git('platform'), usable: true, waiting_count: 0 },
      { object: k('other'), usable: true, waiting_count: 0 },
    ]);
  });

  test('a suspended dependency of an old revision holds up although it is ready', async () => {
    const message = "dependency 'flux-system/base' revision is not up to date";
    const base = kustomization('base', { spec: { suspend: true } });
    const app = kustomization('app', { after: ['base'], fails: ['DependencyNotReady', message] });
    const { issues } = await diagnose(
      fluxCluster(app, base, fluxObject('GitRepository', 'platform', { status: artifact })),
    );
    expect(issues).toMatchObject([{ mechanism: 'suspended', resource: k('base'), waiting: [k('app')] }]);
    const resumed = kustomization('base', { status: { lastAppliedRevision: 'main@sha1:old' } });
    const after = await diagnose(
      fluxCluster(app, resumed, fluxObject('GitRepository', 'platform', { status: artifact })),
    );
    expect(after.issues).toMatchObject([
      { severity: 'info', mechanism: 'dependency_outdated', value: 'main@sha1:old' },
    ]);
  });

  test('what is under way is no failure', async () => {
    const conditions = [
      { type: 'Ready', status: 'Unknown', reason: 'Progressing', message: 'Reconciliation in progress' },
    ];
    const { issues } = await diagnose(
      fluxCluster(
        kustomization('app', { after: ['base'] }),
        kustomization('base', { status: { conditions, observedGeneration: -1 } }),
        kustomization('quiet', { status: { conditions, observedGeneration: -1 } }),
        fluxObject('GitRepository', 'platform', { status: artifact }),
      ),
    );
    expect(issues).toMatchObject([
      { severity: 'info', mechanism: 'in_progress', resource: k('base'), waiting: [k('app')] },
    ]);
  });

  test('what is tried again says how it ended the time before', async () => {
    const reader = fluxCluster(
      again('web', 'HealthCheckFailed'),
      again('silent', 'BuildFailed'),
      again('well', 'ReconciliationSucceeded'),
      fluxObject('HelmRelease', 'db', {
        status: {
          observedGeneration: 1,
          failures: 2,
          conditions: [
            { type: 'Ready', status: 'Unknown', reason: 'Progressing', message: 'Running upgrade' },
            {
              type: 'Released',
              status: 'False',
              reason: 'UpgradeFailed',
              message: 'timed out waiting for the condition',
            },
          ],
        },
      }),
      kustomization('app', { after: ['web'] }),
      fluxObject('GitRepository', 'platform', { status: artifact }),
    );
    const said = (at: number, type: string, message: string): KubeObject => ({
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name: `web.${at}`, namespace: 'flux-system' },
      type,
      reason: 'HealthCheckFailed',
      message,
      lastTimestamp: `2026-11-20T23:0${at}:00Z`,
      involvedObject: { kind: 'Kustomization', namespace: 'flux-system', name: 'web' },
    });
    reader.put(said(3, 'Warning', "timeout waiting for: [Deployment/shop/old status: 'InProgress']"));
    reader.put(said(6, 'Warning', "timeout waiting for: [Deployment/shop/web status: 'InProgress']"));
    reader.put(said(8, 'Normal', 'something else'));
    const { issues } = await diagnose(reader);
    expect(issues).toMatchObject([
      {
        resource: k('web'),
        mechanism: 'health_check_failed',
        severity: 'critical',
        value: 'Deployment/shop/web',
        waiting: [k('app')],
        message: expect.stringMatching(
          /does not become ready: Deployment\/shop\/web; it is being tried again$/,
        ) as string,
      },
      { resource: 'HelmRelease/flux-system/db', mechanism: 'helm_timeout' },
      // Its events are gone: Kubernetes keeps them for an hour.
      { resource: k('silent'), mechanism: 'build_failed' },
    ]);
    expect(issues[0]?.evidence).toContainEqual({
      object: k('web'),
      field: 'last failure',
      text: "HealthCheckFailed: timeout waiting for: [Deployment/shop/web status: 'InProgress']",
    });
    reader.forbidden.add('Event');
    const without = await diagnose(reader);
    expect(without.not_checked).toEqual(expect.arrayContaining(['Event: Event is forbidden']));
    expect(without.issues[0]).toMatchObject({ resource: k('web'), mechanism: 'health_check_failed' });
  });

  test('what nobody has looked at counts once it is not new any more', async () => {
    const fresh = { creationTimestamp: '2026-11-20T23:08:00Z' };
    const { issues } = await diagnose(
      fluxCluster(
        kustomization('old', { fails: null }),
        kustomization('new', { fails: null, metadata: fresh }),
        fluxObject('GitRepository', 'unread', { fails: null, spec: { url: 'https://git.example.com/x' } }),
        fluxObject('HelmRepository', 'static', { fails: null, spec: { type: 'oci', url: 'oci://x' } }),
        fluxObject('GitRepository', 'platform', { status: artifact }),
      ),
    );
    expect(issues.map(({ resource, mechanism }) => [resource, mechanism])).toEqual([
      [git('unread'), 'source_not_fetched'],
      [k('old'), 'not_reconciled'],
    ]);
  });

  test('a source that fails and still holds something: what goes on with it', async () => {
    const { issues } = await diagnose(
      fluxCluster(
        kustomization('app'),
        fluxObject('GitRepository', 'platform', {
          fails: ['GitOperationFailed', `couldn't find remote ref "refs/heads/mian"`],
          status: artifact,
          spec: { ref: { branch: 'mian' } },
        }),
      ),
    );
    expect(issues).toMatchObject([
      {
        severity: 'warning',
        mechanism: 'source_revision_missing',
        field: 'spec.ref',
        value: 'branch=mian',
        waiting: [],
        on_old_revision: [k('app')],
      },
    ]);
  });

  test('a deletion that does not end', async () => {
    const metadata = { deletionTimestamp: '2026-11-20T22:00:00Z', finalizers: ['finalizers.fluxcd.io'] };
    const { issues } = await diagnose(
      fluxCluster(kustomization('app', { metadata }), fluxObject('GitRepository', 'platform', { status: artifact })),
    );
    expect(issues).toMatchObject([{ mechanism: 'deletion_stuck', resource: k('app'), value: 'finalizers.fluxcd.io' }]);
  });

  test('what could not be read is said, and nothing is called missing because of it', async () => {
    const reader = fluxCluster(
      kustomization('web', {
        source: 'gone',
        fails: ['ArtifactFailed', 'GitRepository.source.toolkit.fluxcd.io "gone" not found'],
      }),
    );
    reader.forbidden.add('GitRepository');
    reader.forbidden.add('Deployment');
    const { issues, not_checked } = await diagnose(reader);
    expect(issues).toMatchObject([{ mechanism: 'source_missing', resource: k('web'), value: 'gone' }]);
    expect(not_checked).toEqual(['GitRepository: GitRepository is forbidden', 'controllers: Deployment is forbidden']);
    reader.forbidden.add('Kustomization');
    reader.forbidden.add('HelmRelease');
    await expect(diagnose(reader)).rejects.toMatchObject({ failure: 'forbidden' });
  });

  test('a credential for one namespace sees that one, and says so', async () => {
    class TenantReader extends ObjectsReader {
      override async list(...args: Parameters<ObjectsReader['list']>): ReturnType<ObjectsReader['list']> {
        if (args[2].namespace === 'team-a') return super.list(...args);
        throw new ReadError('forbidden', 'only team-a');
      }
    }
    const reader = new TenantReader([
      kustomization('app', { namespace: 'team-a', fails: ['BuildFailed', 'x'] }),
      kustomization('other', { namespace: 'team-b', fails: ['BuildFailed', 'x'] }),
    ]);
    installFlux(reader);
    const { issues, not_checked } = await diagnose(reader, { namespace: 'team-a' });
    expect(issues.map(({ resource }) => resource)).toEqual(['Kustomization/team-a/app']);
    expect(not_checked).toEqual(
      expect.arrayContaining(['Kustomization: only those of team-a: only team-a', 'controllers: only team-a']),
    );
    await expect(diagnose(reader)).rejects.toMatchObject({ failure: 'forbidden' });
    await expect(diagnose(reader, { namespace: 'team-b' })).rejects.toMatchObject({ failure: 'forbidden' });
  });
});
