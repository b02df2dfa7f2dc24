import { existsSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ClusterReader } from '../../../src/kube/cluster-reader.ts';
import { openApiReader } from '../../../src/kube/read/api-reader.ts';
import { fluxKinds } from '../../../src/mcp/flux/objects/kinds.ts';
import type { ToolError } from '../../../src/mcp/tool-error.ts';
import { callTool } from '../../support/call-tool.ts';
import { type ControlPlane, startControlPlane } from '../../support/control-plane.ts';
import {
  fluxDefinitions,
  fluxInMemory,
  fluxTools,
  recordedAnswers,
  recordedCases,
  recordedFlux,
  recordedReleases,
} from '../../support/flux.ts';
import { cannotRun } from '../../support/kube-assets.ts';
import { type KubeletLogs, startKubeletLogs } from '../../support/kubelet-logs.ts';
import { loadRecording } from '../../support/load-recording.ts';
import { waitUntil } from '../../support/wait-until.ts';

/** A folder with the CustomResourceDefinitions of Flux's own modules. */
const realDefinitions = process.env['FLUX_CRDS'] ?? '';
const hasReal = realDefinitions !== '' && existsSync(realDefinitions);
if (!hasReal) console.log("skipped: Flux's own CustomResourceDefinitions: FLUX_CRDS is no folder with them");

interface Row {
  readonly name: string;
  readonly state: string;
  readonly [key: string]: unknown;
}

async function expectRecordedStates(reader: ClusterReader): Promise<void> {
  const result = await callTool(fluxTools(reader), 'list_flux_kustomizations');
  const rows = result['items'] as readonly Row[];
  const states = new Map(rows.map(({ name, state }) => [name, state]));
  expect(recordedCases.map(({ case: what, object }) => [what, states.get(object.metadata.name)])).toEqual(
    recordedCases.map(({ case: what, state }) => [what, state]),
  );
  expect(result['summary']).toEqual({
    ready: 1,
    progressing: 1,
    pending: 0,
    suspended: 2,
    blocked: 1,
    failed: 9,
    stalled: 0,
  });
}

test('the 14 recorded cases have the states of Flux, read as JSON without discovery (FLX-1)', async () => {
  expect(recordedCases).toHaveLength(14);
  await expectRecordedStates(fluxInMemory());
});

describe.each([
  { definitions: 'own definitions', cannot: cannotRun('Flux on a real API server') },
  { definitions: "Flux's own definitions", cannot: !hasReal || cannotRun("Flux's definitions on a real API server") },
])('a real API server with $definitions', ({ definitions, cannot }) => {
  describe.skipIf(cannot)('that holds the recording', () => {
    let plane: ControlPlane;
    let logs: KubeletLogs;
    let reader: ClusterReader;

    beforeAll(async () => {
      logs = await startKubeletLogs();
      plane = await startControlPlane();
      if (definitions === 'own definitions') await plane.apply(...fluxDefinitions());
      else await plane.kubectl(['apply', '--server-side', '-f', realDefinitions]);
      await plane.kubectl(['wait', '--for=condition=Established', 'crd', '--all', '--timeout=30s']);
      await loadRecording(plane, logs, recordedFlux());
      reader = await openApiReader(plane.kubeconfig, null);
    }, 120_000);

    afterAll(async () => {
      await plane?.stop();
      await logs?.stop();
    });

    test('the 14 recorded cases have the states of Flux (FLX-1)', async () => {
      await expectRecordedStates(reader);
    });

    test('each tool answers as it does over any other reader of the same objects', async () => {
      expect(await recordedAnswers(reader)).toEqual(await recordedAnswers(fluxInMemory()));
    });

    test('the releases of a real helm-controller have the states of Flux', async () => {
      const { group, version, plural } = fluxKinds.HelmRelease;
      const items = recordedReleases.map(({ object }) => object);
      const list = { apiVersion: `${group}/${version}`, kind: 'HelmReleaseList', items };
      const { cluster } = recordedFlux();
      const definitions = 'apis/apiextensions.k8s.io/v1/customresourcedefinitions';
      const recording = {
        cluster: { [`apis/${group}/${version}/${plural}`]: list, [definitions]: cluster[definitions] as typeof list },
        logs: {},
      };
      const loaded = await loadRecording(plane, logs, recording);
      const result = await callTool(fluxTools(reader), 'list_flux_helm_releases');
      const states = (result['items'] as readonly Row[]).map(({ name, state }) => [name, state]);
      expect(states).toEqual(recordedReleases.map(({ object, state }) => [object.metadata.name, state]));
      await loaded.remove();
    });

    test('what kubectl writes to the status subresource is seen', async () => {
      const spec = { interval: '1m', prune: true, sourceRef: { kind: 'GitRepository', name: 'platform' } };
      const metadata = { name: 'made-here', namespace: 'flux-system' };
      await plane.apply({ apiVersion: 'kustomize.toolkit.fluxcd.io/v1', kind: 'Kustomization', metadata, spec });
      const stateOf = async (): Promise<string | undefined> => {
        const result = await callTool(fluxTools(reader), 'list_flux_kustomizations', { namespace: 'flux-system' });
        return (result['items'] as readonly Row[]).find(({ name }) => name === 'made-here')?.state;
      };
      expect(await stateOf()).toBe('pending');
      const condition = {
        type: 'Ready',
        status: 'True',
        reason: 'ReconciliationSucceeded',
        message: 'Applied revision: main@sha1:1',
        lastTransitionTime: '2026-11-20T23:00:00Z',
      };
      const patch = async (target: readonly string[], value: object): Promise<void> => {
        const args = ['-n', 'flux-system', 'patch', 'kustomizations.kustomize.toolkit.fluxcd.io', 'made-here'];
        await plane.kubectl([...args, ...target, '--type=merge', '-p', JSON.stringify(value)]);
      };
      await patch(['--subresource=status'], { status: { observedGeneration: 1, conditions: [condition] } });
      await waitUntil(async () => (await stateOf()) === 'ready', 'the state ready');
      // The status speaks of generation 1 still.
      await patch([], { spec: { path: './other' } });
      await waitUntil(async () => (await stateOf()) === 'progressing', 'the state progressing');
      await patch([], { spec: { suspend: true } });
      await waitUntil(async () => (await stateOf()) === 'suspended', 'the state suspended');
      await plane.kubectl(['-n', 'flux-system', 'delete', 'kustomizations.kustomize.toolkit.fluxcd.io', 'made-here']);
    });
  });
});

describe.skipIf(cannotRun('a real API server with little of Flux'))('a real API server with little of Flux', () => {
  let plane: ControlPlane;

  beforeAll(async () => {
    plane = await startControlPlane();
  }, 120_000);

  afterAll(async () => {
    await plane?.stop();
  });

  test('without the definitions each tool says not_installed and what to do (FLX-10)', async () => {
    const tools = fluxTools(await openApiReader(plane.kubeconfig, null));
    const name = { name: 'apps' };
    const calls: readonly (readonly [string, Record<string, unknown>])[] = [
      ['list_flux_kustomizations', {}],
      ['list_flux_sources', {}],
      ['list_flux_sources', { kind: 'all' }],
      ['list_flux_helm_releases', {}],
      ['get_kustomization_events', name],
      ['get_flux_tree', name],
      ['get_flux_logs', {}],
      ['diagnose_flux_issues', {}],
    ];
    const errors = await Promise.all(
      calls.map(([tool, args]) => callTool(tools, tool, args).catch((thrown: unknown) => thrown as ToolError)),
    );
    for (const [at, error] of errors.entries()) {
      expect({ tool: calls[at]?.[0], error }).toMatchObject({
        tool: calls[at]?.[0],
        error: {
          name: 'ToolError',
          code: 'not_installed',
          retryable: false,
          fix: {
            command: expect.stringMatching(/^kubectl --context c1 api-resources --api-group=/) as string,
            steps: [expect.stringContaining('Install Flux') as string],
          },
        },
      });
    }
  });

  test('a kind is read in the version in which it is served', async () => {
    const definition = fluxDefinitions().find(({ metadata }) => metadata.name.startsWith('ocirepositories'));
    const old = JSON.parse(JSON.stringify(definition).replaceAll('"v1"', '"v1beta2"')) as object;
    await plane.apply({ ...old, apiVersion: 'apiextensions.k8s.io/v1' });
    await plane.kubectl(['wait', '--for=condition=Established', 'crd', '--all', '--timeout=30s']);
    const oci = {
      apiVersion: 'source.toolkit.fluxcd.io/v1beta2',
      kind: 'OCIRepository',
      metadata: { name: 'charts', namespace: 'default' },
      spec: { url: 'oci://registry.example.com/charts', ref: { semver: '1.x' } },
    };
    const tools = fluxTools(await openApiReader(plane.kubeconfig, null));
    await waitUntil(
      () =>
        plane.apply(oci).then(
          () => true,
          () => false,
        ),
      'the kind to be served',
    );
    const result = await callTool(tools, 'list_flux_sources', { kind: 'OCIRepository' });
    expect(result['items']).toMatchObject([
      { name: 'charts', url: 'oci://registry.example.com/charts', ref: 'semver=1.x' },
    ]);
    // Of the other kinds of the group there is nothing.
    await expect(callTool(tools, 'list_flux_sources')).rejects.toMatchObject({ code: 'not_installed' });
  });
});
