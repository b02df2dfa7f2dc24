import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { notifySchema } from '../../src/notify/config.ts';
import { webhookSecret } from '../support/webhook-receiver.ts';

const routingKey = 'R0123456789abcdefghijklmnopqrstu';
const issues = (value: unknown): string[] =>
  (notifySchema.safeParse(value).error?.issues ?? []).map(({ path, code }) => `${path.join('.')} ${code}`);

describe('CFG-4: what is not said has a default', () => {
  test('nothing set: the console decides by itself', () => {
    expect(notifySchema.parse({})).toEqual({ console: 'auto', first_wait: 8000 });
  });

  test("Slack's own address unless another is named", () => {
    expect(notifySchema.parse({ slack: { bot_token: 'xoxb-1', channel: '#incidents' } }).slack).toEqual({
      bot_token: 'xoxb-1',
      channel: '#incidents',
      act: 'all',
      questions: 'mentions',
      api_url: 'https://slack.com/api/',
    });
  });
});

describe('CFG-2: what is wrong is refused at its place', () => {
  test.each<[unknown, string[]]>([
    [{ slak: {} }, [' unrecognized_keys']],
    [{ slack: { token: 'xoxb-1' } }, ['slack unrecognized_keys']],
    [{ slack: { api_url: 'slack.com' } }, ['slack.api_url invalid_format']],
    [{ slack: { webhook_url: 'not an address' } }, ['slack.webhook_url invalid_format']],
    [{ slack: { bot_token: 7 } }, ['slack.bot_token invalid_type']],
    [{ webhook: { url: 'https://a.example' } }, ['webhook.secret invalid_type']],
    [{ webhook: { url: 'ftp://a.example', secret: webhookSecret } }, ['webhook.url invalid_format']],
    [{ webhook: { url: 'https://a.example', secret: 'whsec_short' } }, ['webhook.secret invalid_format']],
    [{ webhook: { url: 'http://127.0.0.1:1/x', secret: webhookSecret } }, []],
    [{ pagerduty: {} }, ['pagerduty.routing_key invalid_type']],
    [{ pagerduty: { routing_key: 'short' } }, ['pagerduty.routing_key invalid_format']],
    [{ pagerduty: { routing_key: routingKey, api_url: 'events.pagerduty.com' } }, ['pagerduty.api_url invalid_format']],
    [{ pagerduty: { routing_key: routingKey, severity: 'x' } }, ['pagerduty unrecognized_keys']],
    [{ pagerduty: { routing_key: routingKey, api_url: 'https://events.eu.pagerduty.com/v2/enqueue' } }, []],
    [{ teams: {} }, ['teams.webhook_url invalid_type']],
    [{ teams: { webhook_url: 'file:///x' } }, ['teams.webhook_url invalid_format']],
    [{ first_wait: '2m' }, ['first_wait custom']],
    [{ first_wait: 'soon' }, ['first_wait invalid_format']],
    [{ first_wait: '0s' }, []],
    [{ console: 'sometimes' }, ['console invalid_union']],
  ])('%o', (value, expected) => {
    expect(issues(value)).toEqual(expected);
  });

  test.each([true, false, 'auto'])('the console can be %s', (value) => {
    expect(issues({ console: value })).toEqual([]);
  });
});

test('UX-7: what is secret is marked so, and nothing else', () => {
  const schema = JSON.stringify(z.toJSONSchema(notifySchema, { io: 'input' })).replaceAll(/"pattern":"[^"]*",?/g, '');
  const marked = schema.match(/"\w+":\{[^{}]*"writeOnly":true/g) ?? [];
  expect(new Set(marked.map((text) => text.split('"')[1]))).toEqual(
    new Set(['bot_token', 'app_token', 'signing_secret', 'webhook_url', 'url', 'secret', 'routing_key']),
  );
});
