import { existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { createApp } from '../../src/app/create-app.ts';
import { CurrentConfig } from '../../src/app/current-config.ts';
import type { App } from '../../src/app/app.ts';
import { loadConfig } from '../../src/config/load.ts';
import { silentLogger } from '../../src/lib/log.ts';
import { clusterApiSecret } from '../support/cluster-secrets.ts';
import { type ControlPlane, kubeconfigText, startControlPlane } from '../support/control-plane.ts';
import { tempDir } from '../support/temp-dir.ts';
import { waitUntil } from '../support/wait-until.ts';

let plane: ControlPlane;
beforeAll(async () => {
  plane = await startControlPlane();
}, 90_000);
afterAll(() => plane.stop());

async function start(dir: string): Promise<{ app: App; current: CurrentConfig }> {
  const file = path.join(dir, 'nightcrier.yaml');
  const current = new CurrentConfig(loadConfig({ file, env: {}, cwd: dir, flags: { healthPort: 'auto' } }));
  const sink = {
    write: () => Promise.resolve(),
    failure: () => null,
    isTerminal: false,
    color: false,
    columns: () => null,
    timeZone: 'UTC',
  };
  const env = { PATH: process.env['PATH'] };
  const app = await createApp({ current, env, sink, logger: silentLogger });
  onTestFinished(() => app.stop());
  await app.start();
  return { app, current };
}

test('CFG-8: a cluster of Cluster API is watched when its Secret comes, known after a restart, and gone with its Secret', async () => {
  const dir = tempDir();
  const config = (rest: object) =>
    writeFileSync(
      path.join(dir, 'nightcrier.yaml'),
      JSON.stringify({
        data_dir: path.join(dir, 'data'),
        discovery: [{ kubeconfig: plane.kubeconfig, refresh: '200ms', template: { environment: '{labels.env}' } }],
        notify: { console: false },
        health: { port: 0 },
        ...rest,
      }),
    );
  config({});
  const first = await start(dir);
  expect(first.app.directory.statuses()).toEqual([]);
  const kubeconfig = kubeconfigText(plane.server, plane.ca, plane.adminToken);
  await plane.apply(clusterApiSecret('east', kubeconfig, { labels: { env: 'test' } }));
  const east = ({ app }: { app: App }) => app.directory.statuses().find(({ cluster }) => cluster === 'east');
  await waitUntil(() => east(first)?.state === 'active', 'the cluster to be watched', 30_000);
  expect(east(first)).toMatchObject({ source: 'watch', environment: 'test' });
  const file = first.current.now.fleet.get('east')?.kubeconfig ?? '';
  expect(existsSync(file)).toBe(true);
  await first.app.stop();

  const second = await start(dir);
  // Before anybody was asked.
  expect(second.current.now.fleet.has('east')).toBe(true);
  await waitUntil(() => east(second)?.state === 'active', 'the cluster to be watched again', 30_000);
  // Another selector for the same Secret: nothing goes, not for a moment.
  const discovery = [
    { kubeconfig: plane.kubeconfig, refresh: '200ms', selector: '!retired', template: { environment: '{labels.env}' } },
  ];
  config({ discovery });
  expect(await second.app.reloader.reload('request')).toMatchObject({
    kind: 'done',
    changes: { clusters: { added: [], removed: [], reconnected: [], changed: [] }, settings: ['discovery'] },
  });
  expect(second.current.now.fleet.get('east')?.kubeconfig).toBe(file);
  // A file that cannot be used keeps nothing of that back.
  writeFileSync(path.join(dir, 'nightcrier.yaml'), 'clusters: [');
  await waitUntil(async () => (await second.app.reloader.reload('request')).kind === 'refused', 'the refusal');
  // Of several: all at once would be doubted.
  await plane.apply(clusterApiSecret('west', kubeconfig));
  await waitUntil(() => second.app.directory.statuses().length === 2, 'the other cluster', 30_000);
  await plane.kubectl(['delete', 'secret', 'east-kubeconfig']);
  await waitUntil(() => east(second) === undefined, 'the cluster to go', 30_000);
  await waitUntil(() => !existsSync(file), 'its kubeconfig to go', 30_000);
  // Without the source nothing of it is left, either.
  await plane.apply(clusterApiSecret('east', kubeconfig));
  await waitUntil(() => east(second) !== undefined, 'the cluster to come back', 30_000);
  const own = { name: 'own', watch: { kubeconfig: plane.kubeconfig }, triage: { enabled: false } };
  config({ discovery: [], clusters: [own] });
  await second.app.reloader.reload('request');
  expect(second.app.manager.statuses().map(({ cluster }) => cluster)).toEqual(['own']);
  await waitUntil(() => !existsSync(file), 'its kubeconfig to go for good', 30_000);
}, 120_000);
