import { expect, onTestFinished, test } from 'vitest';
import { createNotifiers } from '../../src/app/notifiers.ts';
import { configuredFleet } from '../../src/app/settings.ts';
import { parseConfig } from '../../src/config/load.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { silentLogger } from '../../src/lib/log.ts';
import { noNotes } from '../../src/notify/slack/people-lines.ts';
import { webhookSecret } from '../support/webhook-receiver.ts';

async function targets(notify: Record<string, unknown>, isTerminal = false): Promise<string[]> {
  const clusters = [{ name: 'prod', mcp: { endpoint: 'http://127.0.0.1:1/mcp' }, triage: { enabled: false } }];
  const { config } = parseConfig({ data_dir: '/data', clusters, notify }, '/');
  const sink = {
    write: () => Promise.resolve(),
    failure: () => null,
    isTerminal,
    color: false,
    columns: () => null,
    timeZone: 'UTC',
  };
  const fleet = configuredFleet(config);
  const made = await createNotifiers({
    config: () => config,
    fleet: () => fleet,
    sink,
    proxy: {},
    clock: systemClock,
    logger: silentLogger,
    kept: async () => ({ verdict: null, findings: null }),
    people: async () => noNotes,
    url: () => null,
  });
  onTestFinished(() => made.close());
  return made.notifiers.map(({ target, integration }) => `${target} by ${integration}`);
}

const bot = { slack: { bot_token: 'xoxb-1', channel: '#alerts' } };
const signed = { webhook: { url: 'https://tools.example/events', secret: webhookSecret } };
const webhook = { slack: { webhook_url: 'https://hooks.slack.com/services/T/B/x' } };

test('NOT-4: the console when nothing else is configured, or on a terminal, or when asked for', async () => {
  expect(await targets({})).toEqual(['console by console']);
  expect(await targets(bot, true)).toHaveLength(2);
  expect(await targets({ ...bot, console: true })).toHaveLength(2);
  expect(await targets({ console: false })).toEqual([]);
  expect(await targets({ ...webhook, console: false }, true)).toHaveLength(1);
});

test('NOT-1: Slack by its bot or by a webhook, whichever is configured', async () => {
  const [byBot, ...more] = await targets(bot);
  expect(more).toEqual([]);
  expect(byBot).toMatch(/^slack by /);
  const [byWebhook] = await targets(webhook);
  expect(byWebhook).toMatch(/^slack by /);
  expect(byWebhook).not.toBe(byBot);
});

test('NOT-4: PagerDuty and Microsoft Teams, alone and beside others', async () => {
  const pagerduty = { routing_key: 'R'.repeat(32) };
  const teams = { webhook_url: 'https://prod-1.westeurope.logic.azure.com/workflows/1/invoke?sig=x' };
  expect(await targets({ pagerduty })).toEqual(['pagerduty by pagerduty']);
  expect(await targets({ teams })).toEqual(['teams by teams']);
  expect(await targets({ ...bot, ...signed, pagerduty, teams })).toHaveLength(4);
  expect(await targets({ teams }, true)).toHaveLength(2);
});

test('NOT-4: a signed webhook, alone and beside Slack', async () => {
  expect(await targets(signed)).toEqual(['webhook by webhook']);
  expect(await targets({ ...signed, ...bot })).toEqual(['slack by slack', 'webhook by webhook']);
});
