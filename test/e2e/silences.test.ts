import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { allFaults, incidentsOf, settled } from '../support/daemon-accounts.ts';
import type { Daemon } from '../support/daemon.ts';
import { daemonOver, realTimeSlack } from '../support/daemon-over.ts';
import { SimulatedCluster } from '../support/simulated-cluster.ts';
import { waitUntil } from '../support/wait-until.ts';

const main = path.join(import.meta.dirname, '..', '..', 'src', 'main.ts');

/** A command of the daemon's users, with what it printed as JSON. */
function nightcrier(daemon: Daemon, ...args: string[]): Record<string, unknown> {
  const env = { PATH: process.env['PATH'], USER: 'ana', NIGHTCRIER_HEALTH__PORT: new URL(daemon.url).port };
  const argv = [main, ...args, '--config', daemon.configFile, '-o', 'json'];
  const { stdout, stderr, status } = spawnSync(process.execPath, argv, { encoding: 'utf8', env });
  if (status !== 0) throw new Error(`${args.join(' ')}: ${status} ${stderr}\n${daemon.log()}`);
  return JSON.parse(stdout) as Record<string, unknown>;
}

test('INT-3, INT-5: a silence survives kill -9 at every step; when it ends what stands gets its incident, once, and is told once', async () => {
  const cluster = await SimulatedCluster.start('one');
  onTestFinished(() => cluster.close());
  const slack = await realTimeSlack();
  const daemon = await daemonOver([cluster], slack, { sweep: { interval: '3s' } });
  const again = async (): Promise<void> => {
    await daemon.kill();
    await daemon.start();
    await waitUntil(() => cluster.push.counts().listening > 0, 'a subscription', 30_000);
  };
  await daemon.start();
  await waitUntil(() => cluster.push.counts().listening > 0, 'a subscription', 30_000);

  const made = nightcrier(daemon, 'silence', 'add', 'namespace=shop', '--for', '1h', '--comment', 'a move');
  expect(made).toMatchObject({ state: 'active', author: 'ana', fits: 0 });
  const id = String(made['id']);
  await again();

  const faultId = cluster.crash('cart', 1);
  const muted = async () => (await allFaults(daemon, '&outcome=muted')).find((fault) => fault.fault_id === faultId);
  expect(await daemon.until(muted, 'a muted fault')).toMatchObject({ rule: `silence: ${id}`, incident_id: null });
  await again();
  expect(await daemon.until(muted, 'the muted fault after the crash')).toMatchObject({ rule: `silence: ${id}` });
  const why = nightcrier(daemon, 'why', 'one', 'Deployment/shop/cart');
  expect(why['silences']).toMatchObject([{ id, author: 'ana', comment: 'a move', state: 'active' }]);
  expect(await incidentsOf(daemon)).toEqual([]);

  expect(nightcrier(daemon, 'silence', 'expire', id)).toMatchObject({ state: 'ended', ended_by: 'ana' });
  await again();
  const [opened] = await daemon.until(async () => {
    const found = await incidentsOf(daemon);
    return found.length > 0 ? found : null;
  }, 'the incident after the silence');
  await again();
  const received = await settled(daemon, 60_000);

  const incidents = await incidentsOf(daemon);
  expect(incidents.map((incident) => [incident.id, incident.status])).toEqual([[opened?.id, 'reported']]);
  expect(slack.channelPosts).toHaveLength(1);
  const faults = await allFaults(daemon);
  expect(faults).toHaveLength(received);
  const outcomes = faults.filter(({ fault_id }) => fault_id === faultId).map(({ outcome }) => outcome);
  const decided = outcomes.filter((outcome) => outcome !== 'repeated');
  expect(decided).toHaveLength(2);
  expect(new Set(decided)).toEqual(new Set(['muted', 'opened']));

  // Somebody takes it, and it stays so.
  const ack = nightcrier(daemon, 'ack', String(opened?.id), '--comment', 'on it');
  expect(ack).toMatchObject({ acknowledged: { by: 'ana', comment: 'on it' } });
  await again();
  await daemon.until(() => JSON.stringify(slack.channelPosts[0]?.blocks).includes('*Acknowledged* by ana'), 'the post');
  expect(nightcrier(daemon, 'ack', String(opened?.id), '--author', 'ben')).toMatchObject({
    acknowledged: { by: 'ana' },
  });
  expect(nightcrier(daemon, 'resolve', String(opened?.id))).toMatchObject({
    status: 'resolved',
    status_reason: 'by ana',
  });
  expect(slack.channelPosts).toHaveLength(1);
}, 240_000);
