import { describe, expect, test } from 'vitest';
import { calls } from '../../../src/mcp/palette/api/calls.ts';
import type { ToolError } from '../../../src/mcp/tool-error.ts';
import { callTool } from '../../support/call-tool.ts';
import { clusterName, clusterUid, profileName, profileUid } from '../../support/palette-fleet.ts';
import { paletteKey, paletteProject, PaletteServer } from '../../support/palette-server.ts';
import { paletteTools } from '../../support/palette-tools.ts';

const [first, second] = [clusterUid(1), clusterUid(2)];
const [one, other] = [profileUid(1), profileUid(901)];
const everyCluster = { filter: { conjunction: 'and', filterGroups: [] }, sort: [] };
const meta = 'GET /v1/dashboard/spectroclusters/meta';
const searched = 'POST /v1/dashboard/spectroclusters/search?limit=50';
const profiles = 'POST /v1/dashboard/clusterprofiles?limit=50';
const week = 'startTime=2026-11-13T09%3A00%3A00.000Z&endTime=2026-11-20T09%3A00%3A00.000Z&period=60';
const draft = {
  spec: {
    template: {
      cloudType: 'aws',
      type: 'cluster',
      packs: [
        {
          name: 'kubernetes',
          layer: 'k8s',
          tag: '1.33.4',
          uid: 'p1',
          registryUid: 'r1',
          type: 'spectro',
          values: 'a: 1',
        },
      ],
    },
  },
};

interface Case {
  readonly tool: string;
  readonly args: Record<string, unknown>;
  readonly asked: readonly string[];
  /** Of its POSTs. */
  readonly bodies?: readonly unknown[];
}

/** What each tool asks, whole. */
const table: readonly Case[] = [
  { tool: 'list_clusters', args: { limit: 50 }, asked: [searched], bodies: [everyCluster] },
  {
    tool: 'list_clusters',
    args: { limit: 60 },
    asked: [searched, `${searched}&continue=NTA%3D`],
    bodies: [everyCluster, everyCluster],
  },
  {
    tool: 'get_cluster_details',
    args: { cluster_uid: first },
    asked: [`GET /v1/dashboard/spectroclusters/${first}`, `GET /v1/spectroclusters/${first}`],
  },
  {
    tool: 'get_cluster_details',
    args: { cluster_name: clusterName(2) },
    asked: [`GET /v1/dashboard/spectroclusters/${second}`, meta, `GET /v1/spectroclusters/${second}`],
  },
  {
    tool: 'get_cluster_events',
    args: { cluster_uid: first, limit: 5 },
    asked: [`GET /v1/events/components/spectrocluster/${first}?limit=50`],
  },
  {
    tool: 'get_cluster_cost',
    args: { cluster_uid: first, rate: 'yearly' },
    asked: [
      `GET /v1/dashboard/spectroclusters/${first}/cost?${week}`,
      `GET /v1/spectroclusters/${first}/rate?periodType=yearly`,
    ],
  },
  {
    tool: 'list_cluster_profiles',
    args: { type: 'add-on', scope: 'tenant' },
    asked: [profiles],
    bodies: [{ filter: { profileType: ['add-on'], scope: 'tenant' }, sort: [] }],
  },
  {
    tool: 'get_profile_details',
    args: { profile_uid: one },
    asked: [`GET /v1/clusterprofiles/${one}`, `GET /v1/clusterprofiles/${one}/packs`],
  },
  {
    tool: 'get_profile_details',
    args: { profile_name: profileName(1), version: '1.1.0' },
    asked: [
      `GET /v1/clusterprofiles/${one}`,
      `GET /v1/clusterprofiles/${other}`,
      `GET /v1/clusterprofiles/${other}/packs`,
      profiles,
    ],
    bodies: [{ filter: { profileName: { eq: profileName(1) } }, sort: [] }],
  },
  {
    tool: 'list_available_packs',
    args: { layer: 'k8s', name: 'PACK', limit: 10 },
    asked: ['POST /v1/packs/search?limit=50'],
    bodies: [{ filter: { layer: ['k8s'], name: { contains: 'PACK', ignoreCase: true } }, sort: [] }],
  },
  {
    tool: 'diagnose_cluster',
    args: { cluster_uid: first },
    asked: [
      `GET /v1/dashboard/spectroclusters/${first}`,
      `GET /v1/events/components/spectrocluster/${first}?limit=50`,
      `GET /v1/spectroclusters/${first}`,
      `GET /v1/spectroclusters/${first}/profileUpdates`,
    ],
  },
  {
    tool: 'recommend_profile',
    args: { workload: 'a web shop' },
    asked: [profiles, `${profiles}&continue=NTA%3D`],
    bodies: [
      { filter: {}, sort: [] },
      { filter: {}, sort: [] },
    ],
  },
  { tool: 'validate_configuration', args: { configuration: 'kind: Namespace' }, asked: [] },
  { tool: 'validate_configuration', args: { configuration: draft }, asked: [] },
  {
    tool: 'validate_configuration',
    args: { configuration: draft, check_packs: true },
    asked: ['POST /v1/clusterprofiles/validate/packs'],
    bodies: [{ cloudType: 'aws', type: 'cluster', packs: [{ ...draft.spec.template.packs[0], manifests: [] }] }],
  },
  {
    tool: 'compare_clusters',
    args: { clusters: [first, clusterName(2)] },
    asked: [first, second]
      .flatMap((uid) => [
        `GET /v1/dashboard/spectroclusters/${uid}`,
        `GET /v1/spectroclusters/${uid}/profileUpdates`,
        `GET /v1/spectroclusters/${uid}/profiles`,
      ])
      .concat(meta),
  },
];

test.each(table)(
  '$tool $args asks this and nothing else (PAL-1, PAL-2)',
  async ({ tool, args, asked, bodies = [] }) => {
    const server = await PaletteServer.start();
    const { tools } = paletteTools(server, { settings: { project_uid: paletteProject } });
    const result = await callTool(tools, tool, args);
    // What is asked together comes in any order.
    expect(server.asked.toSorted()).toEqual([...asked].toSorted());
    expect(server.calls.filter(({ body }) => body !== null).map(({ body }) => body)).toEqual(bodies);
    for (const { headers } of server.calls)
      expect(headers).toMatchObject({ apikey: paletteKey, projectuid: paletteProject });
    expect(result['demo']).toBe(false);
    expect(JSON.stringify(result)).not.toContain(paletteKey);
    expect(JSON.stringify(result)).not.toContain(paletteProject);
  },
);

test('every request of the table is made by some tool (PAL-1)', () => {
  const pattern = ({ method, path }: { method: string; path: string }): RegExp =>
    new RegExp(`^${method} ${path.replace('{uid}', '[^/?]+')}(?:\\?|$)`);
  const all = table.flatMap(({ asked }) => asked);
  expect(Object.values(calls).filter((call) => !all.some((asked) => pattern(call).test(asked)))).toEqual([]);
});

test('the eleven tools have their own names alone and others among all', () => {
  const { tools, toolset } = paletteTools(null);
  expect(toolset).toBe('palette');
  expect(tools.map(({ name, nameAmongAll }) => [name, nameAmongAll])).toEqual(
    [
      'list_clusters',
      'get_cluster_details',
      'get_cluster_events',
      'get_cluster_cost',
      'list_cluster_profiles',
      'get_profile_details',
      'list_available_packs',
      'diagnose_cluster',
      'recommend_profile',
      'validate_configuration',
      'compare_clusters',
    ].map((name) => [name, `palette_${name}`]),
  );
  expect(new Set(table.map(({ tool }) => tool))).toEqual(new Set(tools.map(({ name }) => name)));
  for (const { audiences, foreign, input } of tools) {
    expect(audiences).toEqual(['assistant', 'operator']);
    expect(foreign).toBe(true);
    expect(() => input.parse({ unheard_of: 1 })).toThrow('unheard_of');
  }
});

const demoCluster = { cluster_name: 'demo-payments' };
const demoArgs: Readonly<Record<string, Record<string, unknown>>> = {
  list_clusters: {},
  get_cluster_details: demoCluster,
  get_cluster_events: demoCluster,
  get_cluster_cost: demoCluster,
  list_cluster_profiles: {},
  get_profile_details: { profile_name: 'aws-production' },
  list_available_packs: {},
  diagnose_cluster: demoCluster,
  recommend_profile: { workload: 'a web shop' },
  validate_configuration: { configuration: draft, check_packs: true },
  compare_clusters: { clusters: ['demo-shop', 'demo-search'] },
};

describe('without a key', () => {
  test('every tool and resource shows the demo fleet, says so, and asks nobody (PAL-5)', async () => {
    const server = await PaletteServer.start();
    const { tools, resources, isDemo } = paletteTools(null, { settings: { endpoint: server.url } });
    expect(isDemo()).toBe(true);
    const results = await Promise.all(tools.map(({ name }) => callTool(tools, name, demoArgs[name])));
    expect(results.map(({ demo }) => demo)).toEqual(tools.map(() => true));
    for (const resource of resources?.() ?? []) {
      const text = await resource.read({}, { onlyCluster: null, signal: new AbortController().signal } as never);
      expect(JSON.parse(text ?? '')).toMatchObject({ demo: true, source: 'palette-demo' });
    }
    expect(server.calls).toEqual([]);
  });

  test('the demo has four clusters on three clouds, five profiles and twelve packs (PAL-5)', async () => {
    const { tools } = paletteTools(null);
    const clusters = (await callTool(tools, 'list_clusters'))['items'] as { name: string; cloud: string }[];
    expect(clusters.map(({ name }) => name)).toEqual(['demo-shop', 'demo-payments', 'demo-search', 'demo-training']);
    expect(new Set(clusters.map(({ cloud }) => cloud)).size).toBe(3);
    expect(await callTool(tools, 'list_cluster_profiles')).toMatchObject({ total: 5 });
    expect(await callTool(tools, 'list_available_packs')).toMatchObject({ total: 12 });
  });

  test('one cluster of the demo is degraded, one behind its profile, one costs much, one is well (PAL-5)', async () => {
    const { tools } = paletteTools(null);
    const diagnosis = (name: string) => callTool(tools, 'diagnose_cluster', { cluster_name: name });
    expect(await diagnosis('demo-shop')).toMatchObject({ score: 100, issues: [] });
    const payments = await diagnosis('demo-payments');
    expect(payments['score']).toBeLessThan(80);
    expect(payments).toMatchObject({ health: 'unhealthy', kubernetes_reason: 'clusters of the demo do not exist' });
    const { issues } = (await diagnosis('demo-search')) as { issues: { rule: string; evidence: string[] }[] };
    expect(issues.find(({ rule }) => rule === 'profile-drift')?.evidence).toContain(
      'kubernetes is 1.31.9, the profile says 1.33.5',
    );
    const { hints } = (await callTool(tools, 'get_cluster_cost', { cluster_name: 'demo-training', period: 720 })) as {
      hints: { rule: string }[];
    };
    expect(hints.map(({ rule }) => rule)).toEqual(['spot-workers', 'gpu-share', 'rising-cost']);
  });

  test('what the demo does not have is told as that (PAL-5)', async () => {
    const { tools } = paletteTools(null);
    for (const args of [{ cluster_uid: first }, { cluster_name: 'demo-shopp' }]) {
      const error = await callTool(tools, 'get_cluster_details', args).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ code: 'demo_only' });
      expect((error as ToolError).fix.steps.join(' ')).toContain('palette.api_key');
    }
  });
});

test('a caller that may see one cluster only sees no fleet', async () => {
  const { tools } = paletteTools(null);
  const codes = tools.map(({ name }) =>
    callTool(tools, name, demoArgs[name], { onlyCluster: 'main' }).catch(({ code }: ToolError) => code),
  );
  expect(await Promise.all(codes)).toEqual(tools.map(() => 'forbidden'));
});
