import { existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { PushServer } from '../../src/sim/mcp/push-server.ts';
import { startPushServer } from '../../src/sim/mcp/push-server.ts';
import { Cleanups } from '../../src/lib/cleanups.ts';
import { type ApiCluster, type ApiIncident, Daemon } from '../support/daemon.ts';
import { crashLoop } from '../support/push-fleet.ts';
import { newTempDir } from '../support/temp-dir.ts';
import { waitUntil } from '../support/wait-until.ts';

const names = ['one', 'two', 'three'];

describe('three clusters with an agent that takes two seconds', () => {
  const cleanups = new Cleanups();
  const servers = new Map<string, PushServer>();
  let daemon: Daemon;

  beforeAll(async () => {
    const { dir, remove } = newTempDir();
    cleanups.add('files', remove);
    for (const name of names) {
      const server = await startPushServer({ subscribeDelayMs: 0, serverCluster: name });
      cleanups.add(name, () => server.close());
      servers.set(name, server);
    }
    const slow = path.join(dir, 'slow.sh');
    writeFileSync(slow, '#!/bin/sh\nsleep 2\nexit 3\n', { mode: 0o700 });
    daemon = await Daemon.prepare(dir, {
      clusters: [...servers].map(([name, { endpoint }]) => ({
        name,
        mcp: { endpoint },
        triage: { kubeconfig: nowhere(dir) },
      })),
      agent: { cli: 'custom', runner: 'process', command: [slow] },
      intake: { group_wait: '1s' },
      connection: { backoff_initial: '100ms', backoff_max: '500ms', ping_interval: '1s' },
      permissions: { timeout: '1s' },
      notify: { console: false },
    });
    cleanups.add('daemon', () => daemon.stop());
    await daemon.start();
    for (const name of names) await becomes(name, 'active');
  }, 90_000);

  afterAll(() => cleanups.run(), 30_000);

  async function clusterOf(name: string): Promise<ApiCluster | undefined> {
    const { clusters } = await daemon.get<{ clusters: ApiCluster[] }>('/health/clusters');
    return clusters.find((cluster) => cluster.name === name);
  }

  function becomes(name: string, status: string): Promise<boolean> {
    return waitUntil(async () => (await clusterOf(name))?.status === status, `${name} ${status}`, 30_000);
  }

  type Timed = ApiIncident & { readonly runs: readonly { readonly started_at: string; readonly ended_at: string }[] };

  /** The reported incidents of a fault with this uid, one a cluster. */
  async function reported(name: string, uid: string): Promise<Timed> {
    const find = async () => {
      const { incidents } = await daemon.get<{ incidents: Timed[] }>(`/api/incidents?cluster=${name}`);
      return incidents.find(({ owner, report }) => owner.name === `api-${uid}` && report !== null);
    };
    return waitUntil(find, `the report of ${name}`, 40_000);
  }

  test('TRI-1: three faults at once in three clusters are worked on at the same time', async () => {
    for (const server of servers.values()) expect(server.emitFault(crashLoop('u1'))).toBe(1);
    const runs = (await Promise.all(names.map((name) => reported(name, 'u1')))).map(({ runs: [run] }) => run);
    const begun = Math.max(...runs.map((run) => Date.parse(run?.started_at ?? '')));
    const ended = Math.min(...runs.map((run) => Date.parse(run?.ended_at ?? '')));
    console.log(`all three went on together for ${ended - begun} ms`);
    expect(begun).toBeLessThan(ended);
    for (const name of names) expect(existsSync((await reported(name, 'u1')).report ?? '')).toBe(true);
  }, 60_000);

  test('CON-1: one connection dies and comes back while the others go on', async () => {
    const before = await Promise.all(names.map(clusterOf));
    servers.get('two')?.refuse(503);
    servers.get('two')?.dropStreams('reset');
    await becomes('two', 'failed');
    for (const name of ['one', 'three']) servers.get(name)?.emitFault(crashLoop('u2'));
    for (const name of ['one', 'three']) await reported(name, 'u2');
    expect((await clusterOf('two'))?.status).not.toBe('active');
    servers.get('two')?.refuse(null);
    await becomes('two', 'active');
    servers.get('two')?.emitFault(crashLoop('u3'));
    await reported('two', 'u3');
    const after = await Promise.all(names.map(clusterOf));
    expect(after.map((cluster, i) => (cluster?.reconnects ?? 0) > (before[i]?.reconnects ?? 0))).toEqual([
      false,
      true,
      false,
    ]);
  }, 120_000);
});

/** A credential for an API that does not answer: permissions stay unknown, evidence comes from the server's tools. */
function nowhere(dir: string): string {
  const file = path.join(dir, 'kubeconfig.yaml');
  const text = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'c', cluster: { server: 'http://127.0.0.1:1' } }],
    users: [{ name: 'c', user: {} }],
    contexts: [{ name: 'c', context: { cluster: 'c', user: 'c' } }],
    'current-context': 'c',
  };
  writeFileSync(file, JSON.stringify(text), { mode: 0o600 });
  return file;
}
