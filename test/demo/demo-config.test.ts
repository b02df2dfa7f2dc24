import { readFileSync, statSync } from 'node:fs';
import { expect, onTestFinished, test } from 'vitest';
import { parseConfig } from '../../src/config/load.ts';
import { demoConfig } from '../../src/demo/demo-config.ts';
import { startFleet } from '../../src/demo/fleet.ts';
import { openApiReader } from '../../src/kube/read/api-reader.ts';
import { tempDir } from '../support/temp-dir.ts';

test('UX-1: the configuration of the demo is accepted as it is, and its kubeconfigs read the simulated clusters', async () => {
  const dir = tempDir();
  const fleet = await startFleet();
  onTestFinished(() => fleet.close());
  const { config } = parseConfig(demoConfig(fleet, dir), dir);
  expect(config.data_dir).toBe(dir);
  expect(config.clusters.map((cluster) => cluster.name)).toEqual(fleet.clusters.map((cluster) => cluster.name));
  for (const { name, triage, labels } of config.clusters) {
    expect(labels).toEqual({ simulated: 'true' });
    expect(statSync(triage.kubeconfig ?? '').mode & 0o777).toBe(0o600);
    expect(readFileSync(triage.kubeconfig ?? '', 'utf8')).toBe(fleet.clusters.find((c) => c.name === name)?.kubeconfig);
    const reader = await openApiReader(triage.kubeconfig ?? '', null);
    const nodes = await reader.list('v1', 'Node', {}, AbortSignal.timeout(5000));
    expect(nodes.items.length).toBeGreaterThanOrEqual(3);
    const pods = await reader.list('v1', 'Pod', { limit: 2 }, AbortSignal.timeout(5000));
    expect(pods).toMatchObject({ truncated: true });
    const first = pods.items[0]!;
    const logs = { previous: false, tailLines: 5, limitBytes: 1000 };
    const container = (first['spec'] as { containers: { name: string }[] }).containers[0]?.name ?? '';
    const { namespace = '', name: pod } = first.metadata;
    expect(await reader.logs(namespace, pod, container, logs, AbortSignal.timeout(5000))).toContain('heartbeat');
    expect(
      await reader.logs(namespace, pod, container, { ...logs, previous: true }, AbortSignal.timeout(5000)),
    ).toBeNull();
  }
});
