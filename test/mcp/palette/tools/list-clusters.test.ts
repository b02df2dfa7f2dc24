import { expect, test } from 'vitest';
import type { Tool } from '../../../../src/mcp/tool.ts';
import { callTool } from '../../../support/call-tool.ts';
import { cloudOf, clusterCount, clusterName, isUnhealthy, stateOf, summaryOf } from '../../../support/palette-fleet.ts';
import { PaletteServer } from '../../../support/palette-server.ts';
import { paletteTools } from '../../../support/palette-tools.ts';

const search = '/v1/dashboard/spectroclusters/search';
const numbers = Array.from({ length: clusterCount }, (_, index) => index + 1);

interface Listed {
  readonly items: readonly { readonly name: string }[];
  readonly next_cursor?: string;
  readonly truncated: boolean;
  readonly total?: number;
}

/** Follows next_cursor to the end. */
async function namesOf(
  tools: readonly Tool[],
  args: Record<string, unknown>,
): Promise<{ names: string[]; pages: number }> {
  const names: string[] = [];
  for (let pages = 1, cursor: string | undefined; ; pages += 1) {
    const page = (await callTool(tools, 'list_clusters', {
      ...args,
      ...(cursor === undefined ? {} : { cursor }),
    })) as unknown as Listed;
    names.push(...page.items.map(({ name }) => name));
    cursor = page.next_cursor;
    expect(page.truncated).toBe(cursor !== undefined);
    if (cursor === undefined) return { names, pages };
  }
}

test.each(['listmeta', 'listMeta'] as const)(
  'pages follow continue in %s, each cluster once (PAL-3)',
  async (listKey) => {
    const { tools } = paletteTools(await PaletteServer.start({ listKey }));
    for (const limit of [7, 50, 75, 500]) {
      const { names, pages } = await namesOf(tools, { limit });
      expect(names).toEqual(numbers.map(clusterName));
      expect(pages).toBe(Math.ceil(clusterCount / limit));
    }
    expect(await callTool(tools, 'list_clusters', { limit: 1 })).toMatchObject({ total: clusterCount });
  },
);

test('filters count over all pages, however few fit (PAL-3)', async () => {
  const { tools } = paletteTools(await PaletteServer.start());
  const expected = (fits: (n: number) => boolean): string[] => numbers.filter(fits).map(clusterName);
  for (const limit of [1, 3, 100]) {
    expect((await namesOf(tools, { limit, health: 'unhealthy' })).names).toEqual(expected(isUnhealthy));
  }
  expect((await namesOf(tools, { cloud: 'AZURE' })).names).toEqual(expected((n) => cloudOf(n) === 'azure'));
  expect((await namesOf(tools, { state: 'provisioning' })).names).toEqual(
    expected((n) => stateOf(n) === 'Provisioning'),
  );
  expect((await namesOf(tools, { cloud: 'aws', health: 'unhealthy', state: 'Provisioning' })).names).toEqual(
    expected((n) => cloudOf(n) === 'aws' && isUnhealthy(n) && stateOf(n) === 'Provisioning'),
  );
  expect((await namesOf(tools, { cloud: 'gcp' })).names).toEqual([]);
  expect(await callTool(tools, 'list_clusters', { cloud: 'azure' })).not.toHaveProperty('total');
});

test('a page that is cut to fit goes on after what it gave (PAL-3)', async () => {
  const { tools } = paletteTools(await PaletteServer.start());
  let after = (_given: number): string => '';
  await callTool(
    tools,
    'list_clusters',
    { limit: 60, health: 'healthy' },
    { onCut: (cursorAfter) => (after = cursorAfter) },
  );
  const healthy = numbers.filter((n) => !isUnhealthy(n)).map(clusterName);
  const rest = (await callTool(tools, 'list_clusters', { health: 'healthy', cursor: after(10) })) as unknown as Listed;
  expect(rest.items.map(({ name }) => name)).toEqual(healthy.slice(10, 60));
});

test('a cluster is shown with what its summary says', async () => {
  const { tools } = paletteTools(await PaletteServer.start());
  const { items } = (await callTool(tools, 'list_clusters', { limit: 2 })) as unknown as Listed;
  expect(items[1]).toEqual({
    uid: '5f0c00000000000000000002',
    name: 'cluster-002',
    state: 'Running',
    health: 'healthy',
    cloud: 'aws',
    region: 'Frankfurt',
    project: 'Edge',
    kubernetes_version: '1.32.8',
    nodes: { total: 8, healthy: 8 },
    profiles: ['profile-01'],
    updates_available: true,
    cpu: { usage: 8, requested: 16, limits: 40, total: 32, unit: 'cores' },
    memory: { usage: 64, requested: 70, limits: 160, total: 128, unit: 'Gi' },
    cost: { compute: 20, storage: 5, total: 25 },
    hourly_rate: { compute: 0.4, storage: 0.1, total: 0.5 },
    created_at: '2026-11-20T08:00:00.000Z',
  });
});

test('fields that are missing, null or of another type are left out', async () => {
  const server = await PaletteServer.start();
  const odd = {
    ...summaryOf(1),
    specSummary: { cloudConfig: { cloudType: 7, machinePools: [null, 'x', { size: '3' }] } },
    status: { health: [], metrics: { cpu: null }, cost: { total: '12' } },
  };
  const bare = { metadata: { uid: 'u2', name: 'bare', labels: null } };
  server.answerWith(search, { items: [odd, bare], listmeta: null });
  const { items } = (await callTool(paletteTools(server).tools, 'list_clusters')) as unknown as Listed;
  expect(items).toEqual([
    {
      uid: '5f0c00000000000000000001',
      name: 'cluster-001',
      state: 'unknown',
      health: 'unknown',
      profiles: [],
      updates_available: false,
      nodes: { total: 0, healthy: 0 },
      created_at: '2026-11-20T08:00:00.000Z',
    },
    { uid: 'u2', name: 'bare', state: 'unknown', health: 'unknown', profiles: [], updates_available: false },
  ]);
});

test.each([
  [{ items: [] }, 0],
  [{ items: null, listmeta: { continue: '' } }, 0],
  [{ listmeta: { count: 0 } }, 0],
])('%j is an empty list', async (answer, count) => {
  const server = await PaletteServer.start();
  server.answerWith(search, answer);
  expect(await callTool(paletteTools(server).tools, 'list_clusters')).toMatchObject({
    items: { length: count },
    truncated: false,
  });
});

test.each([
  [{ hello: 1 }, 'it is no list'],
  [[], 'the whole'],
  ['text', 'the whole'],
  [{ items: {} }, 'items'],
  [{ items: [{ metadata: { uid: 1, name: 'x' } }] }, '0.metadata.uid'],
])('%j is no list of clusters, and is told as that (PAL-4)', async (answer, place) => {
  const server = await PaletteServer.start();
  server.answerWith(search, answer);
  const asked = callTool(paletteTools(server).tools, 'list_clusters');
  await expect(asked).rejects.toMatchObject({ code: 'upstream_unavailable' });
  await expect(asked).rejects.toThrow(place);
});

test('pages without end are told, and not followed (PAL-3)', async () => {
  const server = await PaletteServer.start();
  server.answerWith(search, { items: [summaryOf(1)], listmeta: { continue: 'same' } });
  await expect(callTool(paletteTools(server).tools, 'list_clusters')).rejects.toThrow('its pages do not end');
  expect(server.calls).toHaveLength(2);
});

test.each([
  'nonsense',
  Buffer.from('["x",0,100]').toString('base64url'),
  Buffer.from('["99:a",0,501]').toString('base64url'),
])('the cursor %s is none of ours', async (cursor) => {
  const { tools } = paletteTools(await PaletteServer.start());
  await expect(callTool(tools, 'list_clusters', { cursor })).rejects.toMatchObject({ code: 'invalid_argument' });
});
