import { expect, test } from 'vitest';
import type { KubeObject } from '../../../src/kube/cluster-reader.ts';
import { type FluxKind, fluxKinds } from '../../../src/mcp/flux/objects/kinds.ts';
import { callTool } from '../../support/call-tool.ts';
import { fluxTools, installFlux } from '../../support/flux.ts';
import { ObjectsReader } from '../../support/objects-reader.ts';

function source(kind: FluxKind, name: string, fields: Record<string, unknown>): KubeObject {
  const { group, version } = fluxKinds[kind];
  return { apiVersion: `${group}/${version}`, kind, metadata: { name, namespace: 'flux-system' }, ...fields };
}

const ready = [{ type: 'Ready', status: 'True', reason: 'Succeeded', message: 'stored artifact' }];
const artifact = { revision: 'main@sha1:1', lastUpdateTime: '2026-11-20T22:10:00Z' };

function manySources(): ObjectsReader {
  const reader = new ObjectsReader();
  installFlux(reader, ['ExternalArtifact']);
  const put = (...args: Parameters<typeof source>): unknown => reader.put(source(...args));
  const message = "unable to list remote for 'https://bot:hunter2secret@git.example.com/a.git': 401 Unauthorized";
  put('GitRepository', 'private', {
    spec: { url: 'https://bot:hunter2secret@git.example.com/a.git', ref: { branch: 'main', commit: 'abc' } },
    status: { conditions: [{ type: 'Ready', status: 'False', reason: 'GitOperationFailed', message }], artifact },
  });
  put('OCIRepository', 'oci', {
    spec: { url: 'oci://registry.example.com/app', ref: { semver: '>=1.0.0' }, suspend: true },
    status: { conditions: ready, artifact },
  });
  put('HelmRepository', 'charts', { spec: { url: 'https://charts.example.com', type: 'oci' } });
  put('HelmChart', 'podinfo', {
    spec: { chart: 'podinfo', version: '6.x', sourceRef: { kind: 'HelmRepository', name: 'charts' } },
    status: { conditions: ready, artifact: { revision: '6.1.0' } },
  });
  put('Bucket', 'bucket', { spec: { endpoint: 'minio.example.com:9000', bucketName: 'apps', prefix: 'prod/' } });
  return reader;
}

test('each kind says where it is from, what of it, and what is held; credentials are left out (FLX-9)', async () => {
  const result = await callTool(fluxTools(manySources()), 'list_flux_sources', { kind: 'all' });
  expect(JSON.stringify(result)).not.toContain('hunter2secret');
  expect(result['items']).toEqual([
    {
      kind: 'GitRepository',
      name: 'private',
      namespace: 'flux-system',
      url: 'https://git.example.com/a.git',
      ref: 'branch=main commit=abc',
      ready: false,
      reason: 'GitOperationFailed',
      message: "unable to list remote for 'https://git.example.com/a.git': 401 Unauthorized",
      suspended: false,
      artifact_revision: 'main@sha1:1',
      artifact_age: '60m',
    },
    {
      kind: 'OCIRepository',
      name: 'oci',
      namespace: 'flux-system',
      url: 'oci://registry.example.com/app',
      ref: 'semver=>=1.0.0',
      ready: true,
      reason: 'Succeeded',
      message: 'stored artifact',
      suspended: true,
      artifact_revision: 'main@sha1:1',
      artifact_age: '60m',
    },
    {
      kind: 'HelmRepository',
      name: 'charts',
      namespace: 'flux-system',
      url: 'https://charts.example.com',
      suspended: false,
    },
    {
      kind: 'HelmChart',
      name: 'podinfo',
      namespace: 'flux-system',
      ref: 'chart=podinfo version=6.x',
      source: 'HelmRepository/flux-system/charts',
      ready: true,
      reason: 'Succeeded',
      message: 'stored artifact',
      suspended: false,
      artifact_revision: '6.1.0',
    },
    {
      kind: 'Bucket',
      name: 'bucket',
      namespace: 'flux-system',
      url: 'minio.example.com:9000/apps',
      ref: 'prefix=prod/',
      suspended: false,
    },
  ]);
});

test('Git repositories by default; a kind that is not there is not_installed (FLX-10)', async () => {
  const tools = fluxTools(manySources());
  expect(await callTool(tools, 'list_flux_sources')).toMatchObject({ total: 1, items: [{ name: 'private' }] });
  const missing = callTool(tools, 'list_flux_sources', { kind: 'ExternalArtifact' });
  await expect(missing).rejects.toMatchObject({ code: 'not_installed' });
  await expect(callTool(tools, 'list_flux_sources', { kind: 'Secret' })).rejects.toThrow(/kind/);
});

test('what is deleted between pages takes no source of another kind with it', async () => {
  const reader = manySources();
  const kinds: unknown[] = [];
  let cursor: unknown;
  do {
    const args = { kind: 'all', limit: 2, ...(cursor === undefined ? {} : { cursor }) };
    const page = await callTool(fluxTools(reader), 'list_flux_sources', args);
    kinds.push(...(page['items'] as { kind: string }[]).map(({ kind }) => kind));
    cursor = page['next_cursor'];
    reader.remove('source.toolkit.fluxcd.io/v1', 'GitRepository', 'flux-system', 'private');
  } while (cursor !== undefined);
  expect(kinds).toEqual(['GitRepository', 'OCIRepository', 'HelmRepository', 'HelmChart', 'Bucket']);
});
