import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startWatchingPushServer } from '../../src/sim/mcp/watch-source.ts';
import { openApiReader } from '../../src/kube/read/api-reader.ts';
import { knownFaultTypes } from '../../src/domain/fault-types.ts';
import { Cleanups } from '../../src/lib/cleanups.ts';
import { type ControlPlane, startControlPlane } from '../support/control-plane.ts';
import { type ApiCluster, type ApiIncident, Daemon } from '../support/daemon.ts';
import { freePorts } from '../support/free-ports.ts';
import { cannotRun, kubeBinary } from '../support/kube-assets.ts';
import { type KubeletLogs, startKubeletLogs } from '../support/kubelet-logs.ts';
import { SlackServer } from '../support/slack-server.ts';
import { crashLoop, failedJob, imagePull, prepareShop, readOnlyCredential } from '../support/active-faults.ts';
import { startStockServer } from '../support/stock-server.ts';
import { newTempDir } from '../support/temp-dir.ts';
import { waitUntil } from '../support/wait-until.ts';

const sweepSeconds = 5;

/**
 * Three real control planes and a dead server under one daemon: `table` (stock server, table lists), `restricted` (stock
 * server, YAML lists, a credential without pods/log), `push` (a push server that watches it), `dead`.
 */
describe.skipIf(cannotRun('a daemon over three control planes', 'kubelets'))(
  'three real clusters and a dead one',
  () => {
    const cleanups = new Cleanups();
    const planes = new Map<string, { plane: ControlPlane; logs: KubeletLogs }>();
    let slack: SlackServer;
    let daemon: Daemon;

    beforeAll(async () => {
      const startPlane = async (name: string): Promise<void> => {
        const logs = await startKubeletLogs();
        cleanups.add(`logs of ${name}`, () => logs.stop());
        const plane = await startControlPlane({ level: 'kubelets', kubeletPort: logs.port });
        cleanups.add(name, () => plane.stop());
        await prepareShop(plane);
        planes.set(name, { plane, logs });
      };
      await Promise.all(['table', 'restricted', 'push'].map(startPlane));
      slack = await SlackServer.start();
      cleanups.add('slack', () => slack.close());
      daemon = await startDaemon();
      cleanups.add('daemon', () => daemon.stop());
      await waitUntil(async () => (await health('push')).status === 'active', 'an active push cluster', 30_000);
      await waitUntil(async () => (await health('table')).last_sweep !== null, 'a sweep of the table cluster', 30_000);
    }, 180_000);

    afterAll(() => cleanups.run(), 60_000);

    async function startDaemon(): Promise<Daemon> {
      const endpoints = new Map<string, string>();
      const credentials = new Map<string, string>();
      for (const [name, { plane }] of planes)
        credentials.set(name, await readOnlyCredential(plane, name !== 'restricted'));
      for (const [name, form] of [
        ['table', 'table'],
        ['restricted', 'yaml'],
      ] as const) {
        const server = await startStockServer(credentials.get(name) ?? '', form);
        cleanups.add(`server of ${name}`, () => server.stop());
        endpoints.set(name, server.endpoint);
      }
      const push = planes.get('push') as { plane: ControlPlane };
      const reader = await openApiReader(push.plane.kubeconfig, null);
      const pushServer = await startWatchingPushServer({ serverCluster: 'test', reader, intervalMs: 500 });
      cleanups.add('push server', () => pushServer.close());
      endpoints.set('push', pushServer.endpoint);
      const [deadPort] = (await freePorts(1)) as [number];
      endpoints.set('dead', `http://127.0.0.1:${deadPort}/mcp`);
      credentials.set('dead', credentials.get('table') ?? '');
      const { dir, remove } = newTempDir();
      cleanups.add('files', remove);
      const started = await Daemon.prepare(
        dir,
        {
          clusters: [...endpoints].map(([name, endpoint]) => ({
            name,
            mcp: { endpoint },
            triage: { kubeconfig: credentials.get(name) },
          })),
          sweep: { interval: `${sweepSeconds}s`, interval_without_push: `${sweepSeconds}s` },
          // What may pass by itself is waited for, but not for minutes.
          intake: { pending: Object.fromEntries(knownFaultTypes.map((type) => [type, '2s'])) },
          notify: { slack: { bot_token: slack.token, channel: 'C0INCIDENTS', api_url: slack.url }, console: false },
        },
        { PATH: `${path.dirname(kubeBinary('kubectl'))}:${process.env['PATH']}` },
      );
      await started.start();
      return started;
    }

    async function health(name: string): Promise<ApiCluster> {
      const { clusters } = await daemon.get<{ clusters: ApiCluster[] }>('/health/clusters');
      const cluster = clusters.find((entry) => entry.name === name);
      if (!cluster) throw new Error(`no cluster ${name} in health`);
      return cluster;
    }

    async function incidentsOf(name: string): Promise<readonly ApiIncident[]> {
      return (await daemon.get<{ incidents: ApiIncident[] }>(`/api/incidents?cluster=${name}`)).incidents;
    }

    /** The incident of an owner, once it has its report. */
    function reported(cluster: string, kind: string, name: string, withinMs: number): Promise<ApiIncident> {
      const find = async () =>
        (await incidentsOf(cluster)).find(
          ({ owner, report }) => owner.kind === kind && owner.name === name && report !== null,
        );
      return waitUntil(find, `the report of ${kind} ${name} in ${cluster}`, withinMs);
    }

    test('CON-5, INT-2, TRI-5: faults made with kubectl become incidents with their cause, in the right cluster', async () => {
      const fail = async ({ plane, logs }: { plane: ControlPlane; logs: KubeletLogs }) => {
        await crashLoop(plane, logs);
        await imagePull(plane);
        await failedJob(plane, logs);
      };
      await Promise.all([...planes.values()].map(fail));
      const causes = [
        ['Deployment', 'api', 'PAYMENTS_TOKEN'],
        ['Deployment', 'search', 'registry.example/search:9.9'],
        ['Job', 'nightly', 'archive-db'],
      ] as const;
      for (const cluster of ['table', 'push']) {
        for (const [kind, name, word] of causes) {
          const incident = await reported(cluster, kind, name, (sweepSeconds + 15) * 1000);
          expect(incident.owner).toMatchObject({ kind, namespace: 'shop', name });
          expect(`${cluster} ${name}: ${incident.cause}`).toContain(word);
          expect(readFileSync(incident.report ?? '', 'utf8')).toContain(word);
        }
      }
    }, 120_000);

    test('CON-3: what the push server sends arrives as a push, with the id that the sweep gives it too', async () => {
      const incident = (await incidentsOf('push')).find(({ owner }) => owner.name === 'api');
      expect(incident?.faults.map(({ fault_type }) => fault_type)).toContain('CrashLoop');
      expect(incident?.faults.some(({ source }) => source === 'push')).toBe(true);
      const loops = incident?.faults.filter(({ fault_type }) => fault_type === 'CrashLoop');
      expect(loops).toHaveLength(1);
    });

    test('PER-1: a credential without pods/log costs that cluster its triage and nothing else', async () => {
      const restricted = await health('restricted');
      expect(restricted.status).toBe('active');
      expect(restricted.triage_enabled).toBe(false);
      expect(restricted.triage_disabled_reason).toContain('pods/log');
      expect(restricted.permissions).toMatchObject({ minimum_met: false, can_get_logs: false });
      const found = async () => {
        const { faults } = await daemon.get<{ faults: { outcome: string }[] }>('/api/faults?cluster=restricted');
        return faults.length > 2 && faults;
      };
      const faults = (await waitUntil(found, 'its three faults', 30_000)) || [];
      expect(new Set(faults.map(({ outcome }) => outcome))).toEqual(new Set(['triage_disabled']));
      expect((await health('table')).triage_enabled).toBe(true);
    });

    test('CON-1: a dead cluster is named in health with what to do, and holds nobody up', async () => {
      const dead = await health('dead');
      expect(dead.status).toBe('failed');
      expect(dead.error?.code).toMatch(/^NC-CLUSTER-\d{3}$/);
      expect(dead.error?.fix).not.toBe('');
      for (const name of ['table', 'restricted', 'push']) expect((await health(name)).status).toBe('active');
    });

    test('OPS-1: health tells the source and the permissions of each cluster', async () => {
      expect((await health('table')).source).toBe('sweep');
      expect((await health('push')).source).toBe('push');
      expect((await health('push')).event_count).toBeGreaterThan(0);
      expect((await health('table')).permissions?.minimum_met).toBe(true);
    });

    test('NOT-1, UX-13: one post an incident, which says its answer, and is not repeated', async () => {
      const incidents = [...(await incidentsOf('table')), ...(await incidentsOf('push'))];
      await waitUntil(
        async () => !(await daemon.text('/metrics')).match(/outbox_length\{[^}]*\} [1-9]/),
        'an empty outbox',
        60_000,
      );
      const posts = new Map<string, number>();
      for (const { metadata } of slack.channelPosts) {
        const id = String(metadata?.event_payload['incident_id']);
        posts.set(id, (posts.get(id) ?? 0) + 1);
      }
      for (const { id } of incidents) expect([id, posts.get(id)]).toEqual([id, 1]);
      // Said at once where it came in time, by an edit where it did not.
      const causes = incidents.flatMap(({ cause }) => (cause === null ? [] : [cause.slice(0, 40)]));
      expect(causes.length).toBeGreaterThan(0);
      const said = slack.channelPosts.map(({ text, blocks }) => `${text} ${JSON.stringify(blocks)}`).join('\n');
      expect(causes.filter((cause) => !said.includes(cause))).toEqual([]);
      expect(slack.channelPosts.some(({ text }) => text.includes('restricted'))).toBe(false);
    }, 90_000);

    test('INT-5: received is the sum of outcomes, in the metrics and in the API', async () => {
      const sums = async () => {
        const text = await daemon.text('/metrics');
        const sum = (metric: string) =>
          [...text.matchAll(new RegExp(`^${metric}\\{[^}]*\\} (\\d+)`, 'gm'))].reduce(
            (total, [, n]) => total + Number(n),
            0,
          );
        return [sum('nightcrier_faults_received_total'), sum('nightcrier_fault_outcomes_total')] as const;
      };
      const agree = async () => {
        const [received, outcomes] = await sums();
        return received > 0 && received === outcomes ? received : 0;
      };
      expect(await waitUntil(agree, 'the sums to agree', 30_000)).toBeGreaterThan(8);
    });
  },
);
