import { expect, onTestFinished, test } from 'vitest';
import { allArrived, incidentsOf, settled } from '../support/daemon-accounts.ts';
import type { Daemon } from '../support/daemon.ts';
import { daemonOver, realTimeSlack } from '../support/daemon-over.ts';
import { SimulatedCluster } from '../support/simulated-cluster.ts';
import type { SlackFault, SlackServer } from '../support/slack-server.ts';
import { waitUntil } from '../support/wait-until.ts';

interface Outage {
  readonly one: SimulatedCluster;
  readonly slack: SlackServer;
  readonly daemon: Daemon;
}

/** A daemon whose Slack answers every call so until `slack.fault` is changed. */
async function startUnder(fault: SlackFault): Promise<Outage> {
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
async function twoReports({ one, daemon }: Outage): Promise<void> {
  await allArrived(daemon, [one.crash('cart', 1), one.crash('search', 2)], 20_000);
  const reported = async () => (await incidentsOf(daemon)).filter(({ status }) => status === 'reported').length === 2;
  await waitUntil(reported, 'two reports', 30_000);
}

const problems = async (daemon: Daemon) =>
  (await daemon.get<{ problems: { code: string; fix: string }[] }>('/health/clusters')).problems;

async function problem(daemon: Daemon, code: string): Promise<{ code: string; fix: string }> {
  const find = async () => (await problems(daemon)).find((one) => one.code === code);
  return waitUntil(find, `${code} on the health page`, 120_000);
}

/** One post each, of the state that the incident has now. */
async function expectToldOnce({ daemon, slack }: Outage): Promise<void> {
  await settled(daemon, 120_000);
  const incidents = await incidentsOf(daemon);
  const told = slack.channelPosts.map(({ metadata }) => String(metadata?.event_payload['incident_id']));
  expect(told.sort()).toEqual(incidents.map(({ id }) => id).sort());
  for (const post of slack.channelPosts) expect(JSON.stringify(post.blocks)).toContain('PRICING_URL');
  expect(await problems(daemon)).toEqual([]);
}

test('NOT-2: a Slack that answers 429 costs incidents nothing and is not asked before its time; then all is told once', async () => {
  const seconds = 3;
  const outage = await startUnder({ kind: 'rate_limited', seconds });
  const { slack, daemon } = outage;
  const times: number[] = [];
  const { fault } = slack;
  slack.fault = (call) => {
    if (call.method === 'chat.postMessage') times.push(Date.now());
    return fault(call);
  };
  await twoReports(outage);
  await waitUntil(() => times.length >= 4, 'more attempts', 30_000);
  const gaps = times.slice(1).map((at, index) => at - (times[index] ?? 0));
  // Two messages, so two attempts after each wait: never a third.
  expect(gaps.filter((gap) => gap < seconds * 1000 - 200).length).toBeLessThanOrEqual(Math.ceil(times.length / 2));
  expect(slack.channelPosts).toEqual([]);
  expect(await daemon.text('/metrics')).toMatch(
    /nightcrier_notifications?_failed_total\{[^}]*reason="rate_limited"[^}]*\} [1-9]/,
  );
  slack.fault = () => null;
  await expectToldOnce(outage);
}, 180_000);

test('NOT-2, NOT-3: a refused token is on the health page with its code; after it works again each incident is told once', async () => {
  const outage = await startUnder({ kind: 'error', error: 'invalid_auth' });
  const { slack, daemon } = outage;
  await twoReports(outage);
  expect((await problem(daemon, 'NC-SLACK-001')).fix).toContain('bot_token');
  const asked = slack.calls.length;
  await new Promise((resolve) => setTimeout(resolve, 3000));
  expect(slack.calls.length - asked).toBeLessThanOrEqual(1);

  // The token is corrected and the daemon restarted, as the fix says.
  await daemon.stop();
  slack.fault = () => null;
  await daemon.start();
  await expectToldOnce(outage);
}, 180_000);

test('NOT-2, NOT-3: a Slack that takes every call and never answers is named, and nothing is told twice', async () => {
  const outage = await startUnder({ kind: 'silent', done: true });
  const { slack, daemon } = outage;
  await twoReports(outage);
  expect((await problem(daemon, 'NC-SLACK-005')).fix).toContain('can reach');
  slack.fault = () => null;
  await expectToldOnce(outage);
}, 240_000);
