import { expect, onTestFinished, test } from 'vitest';
import { incidentsOf, settled } from '../support/daemon-accounts.ts';
import { daemonOver } from '../support/daemon-over.ts';
import { FaultyFront } from '../support/faulty-front.ts';
import { PagerDutyServer } from '../support/pagerduty-server.ts';
import { SimulatedCluster } from '../support/simulated-cluster.ts';
import { TeamsServer } from '../support/teams-server.ts';

async function before(server: { close(): Promise<void>; readonly origin: string }): Promise<FaultyFront> {
  onTestFinished(() => server.close());
  const front = await FaultyFront.start(server.origin);
  onTestFinished(() => front.close());
  return front;
}

test('NOT-4, NOT-2, NOT-3: PagerDuty and Teams hear of each incident by its cause, once, over failures and kill -9', async () => {
  const cluster = await SimulatedCluster.start('one');
  onTestFinished(() => cluster.close());
  const [pagerDuty, teams] = [await PagerDutyServer.start(), await TeamsServer.start()];
  const [pager, flow] = [await before(pagerDuty), await before(teams)];
  const notify = {
    console: false,
    // Long enough that the first message is the answer on a slow machine, too.
    first_wait: '60s',
    pagerduty: { routing_key: pagerDuty.routingKey, api_url: `${pager.origin}/v2/enqueue` },
    teams: { webhook_url: `${flow.origin}${teams.path}` },
  };
  const daemon = await daemonOver([cluster], null, { notify });
  await daemon.start();
  await daemon.until(() => cluster.push.counts().listening > 0, 'a subscription');

  for (const front of [pager, flow]) front.always = { status: 503, headers: { 'retry-after': '1' } };
  for (const [index, app] of ['cart', 'search', 'offers'].entries()) cluster.crash(app, index);
  await daemon.until(() => pager.calls > 1 && flow.calls > 1, 'attempts that are refused for now');
  await daemon.kill();
  for (const front of [pager, flow]) front.always = null;
  pager.failNext('reset', 'lost');
  flow.failNext('reset');
  await daemon.start();
  await daemon.until(() => pagerDuty.alerts.length === 3 && teams.cards.length >= 3, 'all three at both places');
  await settled(daemon, 60_000);

  const ids = (await incidentsOf(daemon)).map(({ id }) => id).sort();
  expect(pagerDuty.alerts.map(({ key }) => key).sort()).toEqual(ids);
  expect(new Set(pagerDuty.actions)).toEqual(new Set(['trigger']));
  for (const { payload } of pagerDuty.alerts) expect(payload['summary']).toContain('PRICING_URL');
  // What was cut off may have arrived, and says so; nothing is said twice without that.
  const unmarked = teams.cards.filter(({ text }) => !text.includes('may be a repeat'));
  expect(unmarked.length).toBeLessThanOrEqual(3);
  for (const id of ids) expect(teams.cards.filter(({ text }) => text.includes(id))).toHaveLength(1);
  for (const { text } of teams.cards) expect(text).toContain('PRICING_URL');
  expect([...pagerDuty.refused, ...teams.refused]).toEqual([]);
  expect(daemon.log()).not.toContain(pagerDuty.routingKey);
  expect(daemon.log()).not.toContain('Zm9vYmFyLXNlY3JldA');
}, 120_000);
