import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, expect, onTestFinished, test } from 'vitest';
import { runDoctor } from '../../../src/app/commands/doctor.ts';
import { loadConfig } from '../../../src/config/load.ts';
import { FaultyFront } from '../../support/faulty-front.ts';
import { PagerDutyServer } from '../../support/pagerduty-server.ts';
import { TeamsServer } from '../../support/teams-server.ts';
import { tempDir } from '../../support/temp-dir.ts';

let pagerDuty: PagerDutyServer;
let teams: TeamsServer;
beforeEach(async () => {
  [pagerDuty, teams] = [await PagerDutyServer.start(), await TeamsServer.start()];
});
afterEach(async () => {
  await Promise.all([pagerDuty.close(), teams.close()]);
});

async function results(notify: object, sendTestMessage = false): Promise<unknown[]> {
  const dir = tempDir();
  const file = path.join(dir, 'nightcrier.yaml');
  const clusters = [{ name: 'a', mcp: { endpoint: 'http://127.0.0.1:1/mcp' }, triage: { enabled: false } }];
  writeFileSync(file, JSON.stringify({ clusters, notify }), { mode: 0o600 });
  const loaded = loadConfig({ file, env: {}, cwd: dir });
  const none = { waitMs: 0, cluster: null, strict: false, daemon: null, daemonProblem: null, env: {} };
  const options = { ...none, loaded, only: 'slack', sendTestMessage } as const;
  const report = await runDoctor(options, new AbortController().signal);
  expect(JSON.stringify(report)).not.toContain(pagerDuty.routingKey);
  expect(JSON.stringify(report)).not.toContain('Zm9vYmFyLXNlY3JldA');
  return report.checks.map(({ id, result, problem }) => [id, problem?.code ?? result]);
}

const toPagerDuty = (routing_key: string, origin = pagerDuty.origin) => ({
  pagerduty: { routing_key, api_url: `${origin}/v2/enqueue` },
});

test('OPS-4, NOT-4: the routing key is tried without an alert', async () => {
  expect(await results(toPagerDuty(pagerDuty.routingKey))).toEqual([['pagerduty.key', 'passed']]);
  expect(pagerDuty.alerts).toEqual([]);
  expect(pagerDuty.actions).toEqual(['resolve']);
  expect(await results(toPagerDuty('x'.repeat(32)))).toEqual([['pagerduty.key', 'NC-NOTIFY-008']]);
});

test('OPS-4, NOT-4: PagerDuty that is down, is not there or sends elsewhere', async () => {
  const front = await FaultyFront.start(pagerDuty.origin);
  onTestFinished(() => front.close());
  const key = pagerDuty.routingKey;
  front.failNext({ status: 502 }, { status: 302, headers: { location: `${pagerDuty.origin}/v2/enqueue` } });
  expect(await results(toPagerDuty(key, front.origin))).toEqual([['pagerduty.key', 'NC-NOTIFY-007']]);
  expect(await results(toPagerDuty(key, front.origin))).toEqual([['pagerduty.key', 'NC-NOTIFY-008']]);
  expect(await results(toPagerDuty(key, 'http://127.0.0.1:1'))).toEqual([['pagerduty.key', 'NC-NOTIFY-007']]);
  expect(pagerDuty.actions).toEqual([]);
});

test('OPS-4, NOT-4: whether the workflow of Teams answers, without a message', async () => {
  const to = (origin: string) => ({ teams: { webhook_url: `${origin}${teams.path}` } });
  expect(await results(to(teams.origin))).toEqual([['teams.reachable', 'passed']]);
  expect(await results(to('http://127.0.0.1:1'))).toEqual([['teams.reachable', 'NC-NOTIFY-009']]);
  expect(teams.cards).toEqual([]);
});

test('OPS-4, NOT-4: a test message is a card in Teams, and no alert', async () => {
  const notify = { teams: { webhook_url: `${teams.origin}${teams.path}` }, ...toPagerDuty(pagerDuty.routingKey) };
  expect(await results(notify, true)).toEqual([
    ['pagerduty.key', 'passed'],
    ['teams.reachable', 'passed'],
    ['teams.test', 'passed'],
  ]);
  expect(teams.cards.map(({ text }) => text)).toEqual([expect.stringContaining('this is a test message') as string]);
  expect(pagerDuty.alerts).toEqual([]);
  const wrong = { teams: { webhook_url: `${teams.origin}/elsewhere?sig=Zm9vYmFyLXNlY3JldA` } };
  expect(await results(wrong, true)).toContainEqual(['teams.test', 'NC-NOTIFY-010']);
});
