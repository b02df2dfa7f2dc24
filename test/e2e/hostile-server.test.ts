import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Cleanups } from '../../src/lib/cleanups.ts';
import { type ApiFault, allFaults, incidentsOf, metricSum } from '../support/daemon-accounts.ts';
import { type ApiCluster, type ApiIncident, Daemon } from '../support/daemon.ts';
import {
  faultEvent,
  faultOf,
  type RawMcpOptions,
  type RawMcpServer,
  startRawMcpServer,
} from '../support/raw-mcp-server.ts';
import { SimulatedCluster } from '../support/simulated-cluster.ts';
import { newTempDir } from '../support/temp-dir.ts';
import { waitUntil } from '../support/wait-until.ts';

const flood = 100_000;

/** What a server can put into a fault, by its id. */
const strange: Readonly<Record<string, Record<string, unknown>>> = {
  path: { resource: pod('../../../../etc/cron.d/evil', '../..') },
  control: { resource: pod('a\u0000\u001b[2Jb\r\nc\u202e'), context: 'x\u001b]0;title\u0007y' },
  script: { resource: pod('<script>alert(1)</script>'), context: '<img src=x onerror=alert(1)>' },
  long: { resource: pod('n'.repeat(300)), context: 'c'.repeat(100_000) },
  unknown: { faultType: 'Quantum<b>Flip', severity: 'apocalyptic' },
  future: { timestamp: new Date(Date.now() + 365 * 86_400_000).toISOString() },
  nobody: { resource: undefined },
};

function pod(name: string, namespace = 'shop'): object {
  return { apiVersion: 'v1', kind: 'Pod', name, namespace, uid: `uid-${name.slice(0, 20)}` };
}

/** One daemon over a good cluster and six that each do their worst. */
describe('hostile servers beside a good one', () => {
  const cleanups = new Cleanups();
  const raw = new Map<string, RawMcpServer>();
  let healthy: SimulatedCluster;
  let daemon: Daemon;

  beforeAll(async () => {
    healthy = await SimulatedCluster.start('healthy');
    cleanups.add('healthy', () => healthy.close());
    const says = (type: string, body: string): RawMcpOptions => ({
      post: (_message, response) => {
        response.writeHead(200, { 'content-type': type }).end(body);
        return true;
      },
    });
    const servers: Record<string, RawMcpOptions> = {
      flooding: {},
      huge: {},
      strange: {},
      html: says('text/html', '<html><title>Sign in</title></html>'),
      half: says('application/json', '{"jsonrpc":"2.0","id":0,"result":{"protocol'),
    };
    const { dir, remove } = newTempDir();
    cleanups.add('files', remove);
    const kubeconfig = path.join(dir, 'kubeconfig.yaml');
    writeFileSync(kubeconfig, healthy.api.kubeconfig, { mode: 0o600 });
    const clusters = [{ name: 'healthy', mcp: { endpoint: healthy.push.endpoint }, triage: { kubeconfig } }];
    for (const [name, options] of Object.entries(servers)) {
      const server = await startRawMcpServer(options);
      cleanups.add(name, () => server.close());
      raw.set(name, server);
      clusters.push({ name, mcp: { endpoint: server.endpoint }, triage: { kubeconfig } });
    }
    // How much of a flood becomes rows, incidents and reports is the operator's bound.
    const intake = { max_open_faults_per_cluster: 1000, pending: { PodCrash: '0s' } };
    daemon = await Daemon.prepare(dir, { clusters, intake, notify: { console: true }, log: { format: 'json' } });
    cleanups.add('daemon', () => daemon.stop());
    await daemon.start();
    for (const name of ['healthy', 'flooding', 'huge', 'strange'])
      await waitUntil(async () => (await health(name)).status === 'active', `an active ${name}`, 30_000);
  }, 120_000);

  afterAll(() => cleanups.run(), 60_000);

  async function health(name: string): Promise<ApiCluster> {
    const { clusters } = await daemon.get<{ clusters: ApiCluster[] }>('/health/clusters');
    const cluster = clusters.find((entry) => entry.name === name);
    if (!cluster) throw new Error(`no cluster ${name}`);
    return cluster;
  }

  function stream(name: string) {
    const found = raw.get(name)?.streams.at(-1);
    if (!found) throw new Error(`${name} has no stream`);
    return found;
  }

  async function write(name: string, text: string): Promise<void> {
    const response = stream(name);
    if (!response.write(text)) await new Promise((resolve) => response.once('drain', resolve));
  }

  async function doTheirWorst(): Promise<void> {
    const piece = 'x'.repeat(1024 * 1024);
    await write('huge', 'event: message\ndata: {"jsonrpc":"2.0","method":"notifications/message","params":{"data":"');
    for (let sent = 0; sent < flood; sent += 1000) {
      const block = Array.from({ length: 1000 }, (_, index) => faultEvent(faultOf(`f${sent + index}`))).join('');
      await write('flooding', block);
      if (sent % 2000 === 0) await write('huge', piece);
    }
    await write('huge', `"}}\n\n${faultEvent(faultOf('after'))}`);
  }

  test('CON-1, CON-6, INT-2: a fault of the good cluster has its report within 15 s, whatever the others do', async () => {
    for (const [id, change] of Object.entries(strange)) {
      await write('strange', faultEvent(faultOf(id, change)));
      await write('strange', faultEvent(faultOf(id, change)));
    }
    const worst = doTheirWorst();
    await waitUntil(async () => (await health('flooding')).event_count > 5000, 'the flood', 30_000);
    const started = Date.now();
    healthy.crash('cart', 1);
    const reported = async (): Promise<ApiIncident | undefined> =>
      (await incidentsOf(daemon, '&cluster=healthy')).find(({ report }) => report !== null);
    const incident = await waitUntil(reported, 'the report of the good cluster', 15_000);
    expect(Date.now() - started).toBeLessThan(15_000);
    expect(incident.cause).toContain('PRICING_URL');
    await worst;
  }, 120_000);

  test('CON-3: what is no MCP server is named so, and the others stay connected', async () => {
    for (const name of ['html', 'half']) {
      const cluster = await waitUntil(
        async () => ((await health(name)).error ? health(name) : null),
        `the error of ${name}`,
        30_000,
      );
      expect([name, cluster.error?.code]).toEqual([name, 'NC-CLUSTER-007']);
      expect(JSON.stringify(cluster)).not.toContain('<html');
    }
    for (const name of ['healthy', 'flooding', 'huge', 'strange']) {
      expect(await health(name)).toMatchObject({ name, status: 'active', reconnects: 0 });
    }
  }, 60_000);

  test('INT-5: every received fault has exactly one outcome, those that were thrown away too', async () => {
    await waitUntil(async () => (await health('flooding')).event_count >= flood, 'the end of the flood', 60_000);
    let faults: ApiFault[] = [];
    const decided = async (): Promise<boolean> => {
      faults = await allFaults(daemon);
      return faults.every(({ outcome }) => outcome !== null);
    };
    await waitUntil(decided, 'an outcome for each', 60_000);
    const throttled = (fault: ApiFault): boolean => fault.outcome === 'throttled';
    const listed = faults.reduce((sum, fault) => sum + (throttled(fault) ? fault.count : 1), 0);
    const metrics = await daemon.text('/metrics');
    expect(listed).toBe(metricSum(metrics, 'nightcrier_faults_received_total'));
    expect(metricSum(metrics, 'nightcrier_faults_received_total', 'cluster="flooding"')).toBe(flood);
    const outcomesOf = (cluster: string) =>
      new Set(faults.filter((fault) => fault.cluster === cluster).map(({ outcome }) => outcome));
    expect(outcomesOf('flooding')).toContain('throttled');
    expect(outcomesOf('huge')).toEqual(new Set(['invalid', 'opened']));
    expect(outcomesOf('healthy')).toContain('opened');
  }, 120_000);

  test('INT-3: strange faults are kept as data: bounded, printable, never later than now, the same twice as one', async () => {
    const faults = (await allFaults(daemon, '&cluster=strange')).reverse();
    const byId = Map.groupBy(faults, ({ fault_id }) => fault_id);
    for (const id of ['path', 'control', 'script', 'long', 'unknown', 'future']) {
      expect([id, byId.get(id)?.map(({ outcome }) => outcome)]).toEqual([id, ['opened', 'repeated']]);
    }
    expect(byId.get(null)?.map(({ outcome }) => outcome)).toEqual(['invalid', 'invalid']);
    expect(byId.get('path')?.[0]?.resource?.name).toBe('../../../../etc/cron.d/evil');
    expect(byId.get('unknown')?.[0]?.fault_type).toBe('Quantum<b>Flip');
    expect(byId.get('long')?.[0]?.resource?.name.length).toBeLessThanOrEqual(300);
    for (const { at } of faults) expect(Date.parse(at)).toBeLessThanOrEqual(Date.now());
    expect(JSON.stringify(faults)).not.toMatch(/\\u0000|\\u001b|\u202e/);
  });

  test('STO-1, UX-5: their reports stay inside the artifacts, and no page runs what a name says', async () => {
    const all = async () => {
      const incidents = await incidentsOf(daemon, '&cluster=strange');
      return incidents.length >= 6 && incidents.every(({ report }) => report !== null) ? incidents : null;
    };
    const artifacts = path.join(daemon.dir, 'data', 'artifacts', 'strange');
    for (const { id, report } of await waitUntil(all, 'their reports', 90_000)) {
      expect(path.resolve(report ?? '').startsWith(`${artifacts}${path.sep}`)).toBe(true);
      for (const file of ['index.html', 'investigation.html']) {
        const page = readFileSync(path.join(path.dirname(report ?? ''), file), 'utf8');
        expect(page).not.toMatch(/<script>alert|<img src=x/);
        expect(page).toContain('content="default-src &#39;none&#39;;');
      }
      expect((await fetch(`${daemon.url}/api/incidents/${id}`)).status).toBe(200);
    }
    expect(existsSync('/etc/cron.d/evil')).toBe(false);
  }, 120_000);

  test('OPS-5: the daemon has never had more than 512 MiB', () => {
    const status = readFileSync(`/proc/${daemon.pid}/status`, 'utf8');
    const peak = Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1]) / 1024;
    expect(peak).toBeGreaterThan(30);
    // Bursts are taken whole: about 320 on a machine at rest, 415 where eight other tests want the processor.
    expect(peak).toBeLessThan(512);
  });
});
