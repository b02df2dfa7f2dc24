import { expect, test } from 'vitest';
import { callTool } from '../../../support/call-tool.ts';
import { packCount, profileCount } from '../../../support/palette-fleet.ts';
import { PaletteServer } from '../../../support/palette-server.ts';
import { paletteTools } from '../../../support/palette-tools.ts';

const namesIn = (result: Record<string, unknown>): string[] =>
  (result['items'] as { name: string }[]).map(({ name }) => name);

test('packs by layer, part of their name, and registry by name or uid', async () => {
  const { tools } = paletteTools(await PaletteServer.start());
  const all = await callTool(tools, 'list_available_packs', { limit: 500 });
  expect(all).toMatchObject({ items: { length: packCount }, total: packCount });
  expect((all['items'] as unknown[])[0]).toEqual({
    name: 'pack-1',
    display_name: 'Pack 1',
    layer: 'addon',
    type: 'helm',
    addon_type: 'monitoring',
    clouds: ['all'],
    registries: [{ name: 'Own Repo', uid: 'r2', latest_version: '1.0.1' }],
  });
  expect(namesIn(await callTool(tools, 'list_available_packs', { layer: 'k8s', limit: 3 }))).toEqual([
    'pack-4',
    'pack-8',
    'pack-12',
  ]);
  expect(namesIn(await callTool(tools, 'list_available_packs', { name: 'k-13' }))).toEqual(['pack-13', 'pack-130']);
  for (const registry of ['own repo', 'r2']) {
    const own = namesIn(await callTool(tools, 'list_available_packs', { registry, limit: 500 }));
    expect(own).toHaveLength(packCount / 2);
    expect(own[1]).toBe('pack-3');
  }
});

test('profiles by type, scope and cloud; those of every cloud fit each (PAL-3)', async () => {
  const { tools } = paletteTools(await PaletteServer.start());
  const all = await callTool(tools, 'list_cluster_profiles', { limit: 500 });
  expect(all).toMatchObject({ items: { length: profileCount }, total: profileCount });
  expect((all['items'] as unknown[])[0]).toEqual({
    uid: '5f0b00000000000000000001',
    name: 'profile-01',
    type: 'cluster',
    cloud: 'aws',
    scope: 'tenant',
    version: '1.2.0',
    versions: ['1.2.0'],
    published: true,
    packs: ['edge-native-ubuntu 22.04', 'kubernetes 1.33.4', 'cni-cilium-oss 1.17.1'],
    clusters: 1,
    deprecated_packs: 0,
  });
  expect(await callTool(tools, 'list_cluster_profiles', { type: 'add-on' })).toMatchObject({ total: 11 });
  expect(await callTool(tools, 'list_cluster_profiles', { scope: 'system' })).toMatchObject({ total: 0 });
  const azure = await callTool(tools, 'list_cluster_profiles', { cloud: 'azure', limit: 5 });
  expect(namesIn(azure)).toEqual(['profile-03', 'profile-05', 'profile-06', 'profile-09', 'profile-10']);
});

test('a version of a profile is the one with its own uid; values of packs are not given', async () => {
  const { tools } = paletteTools(await PaletteServer.start());
  const newest = await callTool(tools, 'get_profile_details', { profile_name: 'profile-01' });
  expect(newest).toMatchObject({
    version: '1.2.0',
    versions: ['1.1.0', '1.2.0'],
    clusters: ['cluster-001'],
    packs: [{}, { version: '1.33.4' }, {}],
  });
  const older = await callTool(tools, 'get_profile_details', {
    profile_uid: '5f0b00000000000000000001',
    version: '1.1.0',
  });
  expect(older).toMatchObject({
    uid: '5f0b00000000000000000901',
    version: '1.1.0',
    packs: [{}, { version: '1.32.8' }, {}],
  });
  expect(older['packs']).toContainEqual(expect.objectContaining({ values_bytes: 25, manifests: ['extra'] }));
  expect(JSON.stringify([newest, older])).not.toContain('swordfish');
  const wrong = callTool(tools, 'get_profile_details', { profile_name: 'profile-01', version: '3.0.0' });
  await expect(wrong).rejects.toMatchObject({ code: 'not_found', fix: { steps: ['It has: 1.1.0, 1.2.0.'] } });
});
