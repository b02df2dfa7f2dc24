import { expect, onTestFinished } from 'vitest';
import { allArrived, incidentsOf, settled } from './daemon-accounts.ts';
import type { Daemon } from './daemon.ts';
import { daemonOver, realTimeSlack } from './daemon-over.ts';
import { SimulatedCluster } from './simulated-cluster.ts';
import type { SlackFault, SlackServer } from './slack-server.ts';
import { waitUntil } from './wait-until.ts';

export interface Outage {
  readonly one: SimulatedCluster;
  readonly slack: SlackServer;
  readonly daemon: Daemon;
}

/** A daemon whose Slack answers every call so until `slack.fault` is changed. */
export async function startUnder(fault: SlackFault): Promise<Outage> {
  const one = await SimulatedCluster.start('one');
  onTestFinished(() => one.close());
  const slack = await realTimeSlack();
  slack.fault = () => fault;
  const daemon = await daemonOver([one], slack, { log: { format: 'json' } });
  await daemon.start();
  await waitUntil(() => one.push.counts().listening > 0, 'a subscription', 30_000);
  return { one, slack, daemon };
}

/** Two incidents go all their way to the report while nobody can be told. */
export async function twoReports({ one, daemon }: Outage): Promise<void> {
  await allArrived(daemon, [one.crash('cart', 1), one.crash('search', 2)], 20_000);
  const reported = async () => (await incidentsOf(daemon)).filter(({ status }) => status === 'reported').length === 2;
  await waitUntil(reported, 'two reports', 30_000);
}

const problems = async (daemon: Daemon) =>
  (await daemon.get<{ problems: { code: string; fix: string }[] }>('/health/clusters')).problems;

export async function problem(daemon: Daemon, code: string): Promise<{ code: string; fix: string }> {
  const find = async () => (await problems(daemon)).find((one) => one.code === code);
  return waitUntil(find, `${code} on the health page`, 120_000);
}

/** One post each, of the state that the incident has now. */
export async function expectToldOnce({ daemon, slack }: Outage): Promise<void> {
  await settled(daemon, 120_000);
  const incidents = await incidentsOf(daemon);
  const told = slack.channelPosts.map(({ metadata }) => String(metadata?.event_payload['incident_id']));
  expect(told.sort()).toEqual(incidents.map(({ id }) => id).sort());
  for (const post of slack.channelPosts) expect(JSON.stringify(post.blocks)).toContain('PRICING_URL');
  expect(await problems(daemon)).toEqual([]);
}
