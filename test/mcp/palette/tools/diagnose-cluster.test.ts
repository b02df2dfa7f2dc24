import { expect, test } from 'vitest';
import { ToolError } from '../../../../src/mcp/tool-error.ts';
import { callTool } from '../../../support/call-tool.ts';
import { clusterName, clusterUid } from '../../../support/palette-fleet.ts';
import { PaletteServer } from '../../../support/palette-server.ts';
import { paletteTools } from '../../../support/palette-tools.ts';

const issue = {
  severity: 'critical',
  resource: 'Deployment/shop/web',
  message: 'does not start',
  recommendation: 'Give it an image.',
} as const;
const clusterOf = (uid: string): string | null => (uid === clusterUid(10) ? 'staging' : null);

test('what Palette knows is judged: health, machines, conditions, events, drift', async () => {
  const { tools } = paletteTools(await PaletteServer.start());
  const result = await callTool(tools, 'diagnose_cluster', { cluster_name: clusterName(10) });
  expect(result).toMatchObject({
    cluster_uid: clusterUid(10),
    cluster_name: 'cluster-010',
    state: 'Running',
    health: 'unhealthy',
    kubernetes_reason: `no cluster of nightcrier has the palette_uid ${clusterUid(10)}`,
  });
  const issues = result['issues'] as { rule: string; severity: string }[];
  expect(issues.map(({ rule, severity }) => `${severity} ${rule}`)).toEqual([
    'critical cluster-unhealthy',
    'critical agent-silent',
    'warning condition-false',
    'warning repave-pending',
    'warning machines-unhealthy',
    'warning event-reported',
    'info profile-drift',
  ]);
  expect(result['score']).toBe(100 - 25 - 10 - 10 - 2);
  expect(result['recommendations']).toHaveLength(new Set(issues.map(({ rule }) => rule)).size);
  expect(await callTool(tools, 'diagnose_cluster', { cluster_name: clusterName(10) })).toEqual(result);
});

test('a cluster that nightcrier watches too is diagnosed from inside', async () => {
  const asked: string[] = [];
  const { tools } = paletteTools(await PaletteServer.start(), {
    clusterOf,
    kubernetesDiagnosis: (cluster) => {
      asked.push(cluster);
      return Promise.resolve({
        score: 75,
        issues: [{ ...issue, more: 'than is shown' }],
        not_checked: ['metrics'],
        grade: 'C',
      });
    },
  });
  const result = await callTool(tools, 'diagnose_cluster', { cluster_uid: clusterUid(10) });
  expect(result['kubernetes']).toEqual({ cluster: 'staging', score: 75, issues: [issue], not_checked: ['metrics'] });
  expect(result).not.toHaveProperty('kubernetes_reason');
  expect(await callTool(tools, 'diagnose_cluster', { cluster_uid: clusterUid(11) })).not.toHaveProperty('kubernetes');
  expect(asked).toEqual(['staging']);
});

test('without a diagnosis from inside the rest is given, with the reason', async () => {
  const server = await PaletteServer.start();
  const failing = paletteTools(server, {
    clusterOf,
    kubernetesDiagnosis: () => Promise.reject(new ToolError('forbidden', 'pods cannot be listed', 'Give the right.')),
  });
  const result = await callTool(failing.tools, 'diagnose_cluster', { cluster_uid: clusterUid(10) });
  expect(result['kubernetes_reason']).toBe('the diagnosis of staging failed: pods cannot be listed');
  expect(result['score']).toBe(53);
  const none = paletteTools(server, { clusterOf });
  expect(await callTool(none.tools, 'diagnose_cluster', { cluster_uid: clusterUid(10) })).toMatchObject({
    kubernetes_reason: 'the cluster staging cannot be looked into from here',
  });
});

test('a call that is given up is no result without Kubernetes', async () => {
  const given = new AbortController();
  const { tools } = paletteTools(await PaletteServer.start(), {
    clusterOf,
    kubernetesDiagnosis: (_cluster, { signal }) => {
      given.abort(new Error('given up'));
      return Promise.reject(signal.reason as Error);
    },
  });
  const asked = callTool(tools, 'diagnose_cluster', { cluster_uid: clusterUid(10) }, { signal: given.signal });
  await expect(asked).rejects.toThrow('given up');
});

test('clusters of the demo are never looked into (PAL-5)', async () => {
  const { tools } = paletteTools(null, {
    clusterOf: () => 'staging',
    kubernetesDiagnosis: () => Promise.reject(new Error('asked')),
  });
  expect(await callTool(tools, 'diagnose_cluster', { cluster_name: 'demo-shop' })).toMatchObject({
    demo: true,
    kubernetes_reason: 'clusters of the demo do not exist',
  });
});
