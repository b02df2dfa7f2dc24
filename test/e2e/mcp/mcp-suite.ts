import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { type CalledTool, generations, mcpClient } from '../../support/mcp-clients.ts';
import type { McpWorld } from './mcp-world.ts';

interface ListedTool {
  readonly name: string;
}

const committed = JSON.parse(
  readFileSync(path.join(import.meta.dirname, '../../../schema/mcp-tools.json'), 'utf8'),
) as { readonly tools: readonly ListedTool[]; readonly seen: Readonly<Record<string, readonly string[]>> };

/** Where a suite finds its server. */
export interface McpPlace {
  readonly url: string;
  readonly world: McpWorld;
  readonly headers?: Record<string, string>;
  /** Toolsets that are not served there. */
  readonly without: readonly string[];
  /** Tools of served toolsets that are not there, because no daemon is. */
  readonly withoutTools: readonly string[];
}

/** A node of Teleport. */
const host = { cluster: 'staging', node: 'k8s-staging-1' };

/** One of the demo. */
const paletteCluster = { cluster_name: 'demo-shop' };

type Args = (world: McpWorld) => Record<string, unknown>;

/** How each tool is called once, and what its result has; or the code of the error that it gives in this world. */
const calls: Readonly<Record<string, readonly [Args, (world: McpWorld) => Record<string, unknown> | string]>> = {
  health_check: [() => ({}), () => ({ version: expect.any(String) })],
  get_time: [() => ({ timezone: 'Europe/Berlin' }), () => ({ timezone: 'Europe/Berlin' })],
  list_meta_workflows: [() => ({}), () => ({ available: true })],
  list_incidents: [
    () => ({}),
    ({ incident }) => ({ items: [expect.objectContaining({ id: incident, cluster: 'east' })] }),
  ],
  get_incident: [({ incident }) => ({ id: incident }), ({ incident }) => ({ id: incident })],
  get_incident_report: [({ incident }) => ({ id: incident }), () => ({ untrusted: true })],
  get_incident_evidence: [({ incident }) => ({ id: incident }), () => ({ untrusted: true })],
  why: [({ pod }) => ({ cluster: 'east', kind: 'pod', namespace: 'shop', name: pod }), () => ({ untrusted: true })],
  get_clusters_health: [() => ({}), () => ({ untrusted: true })],
  trigger_triage: [
    ({ pod }) => ({ cluster: 'east', kind: 'Pod', namespace: 'shop', name: pod }),
    ({ incident }) => ({ incident_id: incident }),
  ],
  get_cluster_info: [() => ({ cluster: 'east' }), () => ({ name: 'east', nodes: { total: 1, ready: 1 } })],
  list_pods: [
    () => ({ problem_only: true }),
    ({ pod }) => ({ items: [expect.objectContaining({ name: pod, status: 'CrashLoopBackOff', restarts: 7 })] }),
  ],
  list_deployments: [() => ({}), () => ({ items: [] })],
  get_node_status: [() => ({}), () => ({ items: [expect.objectContaining({ name: 'n1', ready: true })] })],
  diagnose_cluster: [
    () => ({}),
    ({ pod, incident }) => ({
      issues: [expect.objectContaining({ severity: 'critical', resource: expect.objectContaining({ name: pod }) })],
      incidents: [expect.objectContaining({ id: incident })],
    }),
  ],
  get_resource_usage: [() => ({ by: 'namespace' }), () => ({ usage: null, usage_reason: expect.any(String) })],
  describe_pod: [({ pod }) => ({ namespace: 'shop', pod }), ({ pod }) => ({ name: pod, status: 'CrashLoopBackOff' })],
  get_pod_logs: [
    ({ pod }) => ({ namespace: 'shop', pod, tail: 10 }),
    () => ({ containers: [expect.objectContaining({ lines: ['starting', 'fatal: no such table: orders'] })] }),
  ],
  get_pod_events: [({ pod }) => ({ namespace: 'shop', pod }), () => ({ items: [] })],
  list_services: [() => ({}), () => ({ items: [expect.objectContaining({ name: 'kubernetes' })] })],
  list_namespaces: [
    () => ({}),
    () => ({ items: expect.arrayContaining([expect.objectContaining({ name: 'calm', pods: 130 })]) }),
  ],
  describe_resource: [
    () => ({ resource_type: 'secrets', name: 'keys', namespace: 'shop' }),
    () => ({ kind: 'Secret', name: 'keys' }),
  ],
  get_events: [() => ({}), () => ({ items: [] })],
  list_helm_releases: [() => ({}), () => 'forbidden'],
  get_helm_release_values: [() => ({ release: 'x', namespace: 'shop' }), () => 'forbidden'],
  check_tsh_installed: [() => ({}), () => ({ installed: true, version: '17.4.8' })],
  get_tsh_client_version: [() => ({}), () => ({ major: 17 })],
  get_teleport_proxy_version: [() => ({ cluster: 'staging' }), () => ({ server_version: '17.5.0' })],
  verify_teleport_compatibility: [() => ({ cluster: 'staging' }), () => ({ compatible: true, logged_in: true })],
  list_teleport_nodes: [
    () => ({ cluster: 'staging', filter: 'staging' }),
    () => ({ items: [expect.objectContaining({ hostname: 'k8s-staging-1' })] }),
  ],
  verify_ssh_access: [() => host, () => ({ ok: true, user: 'svc' })],
  check_service_status: [() => ({ ...host, service: 'kubelet' }), () => ({ success: true, active: true })],
  tail_logs: [() => ({ ...host, log_path: '/etc/shadow' }), () => 'policy_denied'],
  check_disk_usage: [() => host, () => ({ success: true, filesystems: expect.any(Array) })],
  get_process_info: [() => ({ ...host, process_name: 'no-such-process' }), () => ({ processes: [] })],
  palette_list_clusters: [() => ({}), () => ({ demo: true })],
  palette_get_cluster_details: [() => paletteCluster, () => ({ demo: true })],
  palette_get_cluster_events: [() => paletteCluster, () => ({ demo: true })],
  palette_get_cluster_cost: [() => paletteCluster, () => ({ demo: true })],
  palette_list_cluster_profiles: [() => ({}), () => ({ demo: true })],
  palette_get_profile_details: [() => ({ profile_name: 'aws-production' }), () => ({ demo: true })],
  palette_list_available_packs: [() => ({}), () => ({ demo: true })],
  palette_diagnose_cluster: [() => paletteCluster, () => ({ demo: true })],
  palette_recommend_profile: [() => ({ workload: 'training with a GPU' }), () => ({ demo: true })],
  palette_validate_configuration: [
    () => ({
      configuration: 'apiVersion: v1\nkind: Pod\nmetadata: {name: x}\nspec: {containers: [{name: a, image: b}]}',
    }),
    () => ({ passed: false, demo: true }),
  ],
  palette_compare_clusters: [() => ({ clusters: ['demo-shop', 'demo-search'] }), () => ({ demo: true })],
  list_flux_kustomizations: [() => ({}), () => 'not_installed'],
  list_flux_sources: [() => ({}), () => 'not_installed'],
  list_flux_helm_releases: [() => ({}), () => 'not_installed'],
  diagnose_flux_issues: [() => ({}), () => 'not_installed'],
  get_flux_tree: [() => ({ name: 'apps' }), () => 'not_installed'],
  get_kustomization_events: [() => ({ name: 'apps' }), () => 'not_installed'],
  get_flux_logs: [() => ({}), () => 'not_installed'],
};

/** Everything that holds wherever the server runs: run against a daemon, several processes, standard input and output. */
export function mcpSuite(place: () => McpPlace): void {
  const url = (): string => `${place().url}/mcp`;

  describe.each(generations)('a client of %s', (generation) => {
    test('MCP-1 MCP-3: sees the tools that are committed', async () => {
      const { tools } = await (await mcpClient(generation, url(), place().headers)).listTools();
      const { without, withoutTools } = place();
      const gone = new Set([
        ...without.flatMap((toolset) => committed.seen[`/mcp/${toolset} operator`] ?? []),
        ...withoutTools,
      ]);
      const expected = committed.tools.filter(({ name }) => !gone.has(name));
      expect(tools).toEqual(expected);
    });

    test('MCP-1: each tool is called once, and its result fits its schema', async () => {
      const client = await mcpClient(generation, url(), place().headers);
      const { tools } = await client.listTools();
      const results: Record<string, unknown> = {};
      for (const { name } of tools as unknown as readonly ListedTool[]) {
        const call = calls[name];
        if (call === undefined) throw new Error(`the suite does not say how ${name} is called`);
        const [args, expected] = call;
        const wanted = expected(place().world);
        const result = await client.callTool(name, args(place().world));
        expect({ name, ...outcomeOf(result) }).toMatchObject(
          typeof wanted === 'string' ? { name, code: wanted } : { name, code: 'ok', data: wanted },
        );
        results[name] = result;
      }
      expect(JSON.stringify(results)).not.toContain('canary');
    });

    test('MCP-7: pages give each pod once', async () => {
      const client = await mcpClient(generation, url(), place().headers);
      const names: string[] = [];
      let cursor: string | undefined;
      do {
        const args = { namespace: 'calm', limit: 50, ...(cursor === undefined ? {} : { cursor }) };
        const { structuredContent } = await client.callTool('list_pods', args);
        const page = structuredContent as { items: { name: string }[]; next_cursor?: string };
        names.push(...page.items.map(({ name }) => name));
        cursor = page.next_cursor;
      } while (cursor !== undefined);
      expect(new Set(names).size).toBe(names.length);
      expect(names).toHaveLength(130);
    });

    test('MCP-4 MCP-5 MCP-15: what is wrong is told by code, name and fix', async () => {
      const client = await mcpClient(generation, url(), place().headers);
      const codeOf = async (name: string, args: Record<string, unknown>) =>
        (await client.callTool(name, args))._meta?.['nightcrier/error'];
      expect(await codeOf('list_pods', { namespaec: 'x' })).toMatchObject({
        code: 'invalid_argument',
        message: 'unknown argument "namespaec"',
      });
      expect(await codeOf('list_pods', { cluster: 'eest' })).toMatchObject({
        code: 'unknown_cluster',
        fix: { steps: [expect.stringContaining('east')] },
      });
      expect(await codeOf('describe_pod', { namespace: 'shop', name: 'no' })).toMatchObject({
        code: 'invalid_argument',
      });
      expect(await codeOf('describe_pod', { namespace: 'shop', pod: 'no' })).toMatchObject({ code: 'not_found' });
      await expect(client.callTool('delete_pod', {})).rejects.toMatchObject({ code: -32_602 });
    });

    test('WFL-5: a workflow is a prompt, and its text a resource', async () => {
      const { sdk } = await mcpClient(generation, url(), place().headers);
      const { prompts } = await sdk.listPrompts();
      expect(prompts.map(({ name }) => name)).toContain('run_workflow');
      const { contents } = await sdk.readResource({ uri: 'workflow://meta-workflows' });
      expect(contents[0]).toMatchObject({ mimeType: 'text/markdown', text: expect.stringContaining('MW-9') });
    });
  });
}

function outcomeOf(result: CalledTool): { readonly code: string; readonly data: unknown; readonly said: unknown } {
  const error = result._meta?.['nightcrier/error'] as { readonly code: string } | undefined;
  return { code: error?.code ?? 'ok', data: result.structuredContent, said: error };
}
