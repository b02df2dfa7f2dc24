import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type DoctorOptions, runDoctor } from '../../../src/app/commands/doctor.ts';
import { loadConfig } from '../../../src/config/load.ts';
import { SlackServer } from '../../support/slack-server.ts';
import { tempDir } from '../../support/temp-dir.ts';

let slack: SlackServer;
beforeEach(async () => {
  slack = await SlackServer.start();
});
afterEach(() => slack.close());

async function slackResults(
  settings: object,
  sendTestMessage: boolean,
  wait: Pick<DoctorOptions, 'waitMs' | 'onAgain'> = { waitMs: 0 },
) {
  const dir = tempDir();
  const file = path.join(dir, 'nightcrier.yaml');
  const mcp = { endpoint: 'http://127.0.0.1:1/mcp' };
  const clusters = [
    { name: 'a', mcp, triage: { enabled: false } },
    {
      name: 'b',
      mcp: { endpoint: 'http://127.0.0.1:2/mcp' },
      triage: { enabled: false },
      overrides: { slack_channel: '#payments' },
    },
  ];
  writeFileSync(file, JSON.stringify({ clusters, notify: { slack: settings } }), { mode: 0o600 });
  const loaded = loadConfig({ file, env: {}, cwd: dir });
  const none = { ...wait, cluster: null, strict: false, daemon: null, daemonProblem: null, env: {} };
  const report = await runDoctor({ ...none, loaded, only: 'slack', sendTestMessage }, new AbortController().signal);
  return report.checks.map(({ id, subject, result, problem }) => [id, subject, problem?.code ?? result]);
}

const byToken = () => ({ bot_token: slack.token, channel: '#incidents', api_url: slack.url });

test('OPS-4: every channel is looked at, and nothing is posted unless somebody asks for it', async () => {
  expect(await slackResults(byToken(), false)).toEqual([
    ['slack.token', null, 'passed'],
    ['slack.scopes', null, 'passed'],
    ['slack.channel', '#incidents', 'passed'],
    ['slack.channel', '#payments', 'passed'],
  ]);
  expect(slack.posts).toEqual([]);
});

test('OPS-4: the app-level token and the scopes of buttons and questions are looked at where they are used', async () => {
  const heard = { ...byToken(), app_token: slack.people.appToken };
  const all = await slackResults(heard, false);
  expect(all.slice(0, 5)).toEqual([
    ['slack.token', null, 'passed'],
    ['slack.scopes', null, 'passed'],
    ['slack.app-token', null, 'passed'],
    ['slack.button-scopes', null, 'passed'],
    ['slack.question-scopes', null, 'passed'],
  ]);
  slack.scopes = new Set(['channels:history', 'channels:read']);
  slack.people.mayConnect = false;
  const missing = await slackResults(heard, false);
  expect(missing.slice(2, 5)).toEqual([
    ['slack.app-token', null, 'NC-SLACK-007'],
    ['slack.button-scopes', null, 'NC-SLACK-009'],
    ['slack.question-scopes', null, 'NC-SLACK-010'],
  ]);
  const quiet = await slackResults({ ...heard, questions: 'off' }, false);
  expect(quiet.map(([id]) => id)).not.toContain('slack.question-scopes');
  // Slack calls the daemon: there is no app-level token.
  const signed = await slackResults({ ...byToken(), signing_secret: 'a-signing-secret-of-slack' }, false);
  expect(signed.slice(2, 4)).toEqual([
    ['slack.button-scopes', null, 'NC-SLACK-009'],
    ['slack.question-scopes', null, 'NC-SLACK-010'],
  ]);
  expect(slack.people.sockets).toEqual([]);
});

test('OPS-4: a test message goes to every channel that can be posted to', async () => {
  slack.notMember.add('C0PAYMENTS');
  expect(await slackResults(byToken(), true)).toEqual([
    ['slack.token', null, 'passed'],
    ['slack.scopes', null, 'passed'],
    ['slack.channel', '#incidents', 'passed'],
    ['slack.channel', '#payments', 'NC-SLACK-002'],
    ['slack.test', '#incidents', 'passed'],
    ['slack.test', '#payments', 'skipped'],
  ]);
  expect(slack.posts.map(({ channel }) => channel)).toEqual(['C0INCIDENTS']);
});

test('OPS-4: with --wait a test message is sent in the last round alone', async () => {
  slack.notMember.add('C0PAYMENTS');
  let again = 0;
  const onAgain = (): void => {
    again += 1;
    if (again === 2) slack.notMember.clear();
  };
  const results = await slackResults(byToken(), true, { waitMs: 60_000, onAgain });
  expect(results.slice(-2)).toEqual([
    ['slack.test', '#incidents', 'passed'],
    ['slack.test', '#payments', 'passed'],
  ]);
  expect(again).toBe(2);
  expect(slack.posts.map(({ channel }) => channel).sort()).toEqual(['C0INCIDENTS', 'C0PAYMENTS']);
  // It gives up: those that can be posted to have the message once.
  slack.notMember.add('C0PAYMENTS');
  await slackResults(byToken(), true, { waitMs: 1500 });
  expect(slack.posts).toHaveLength(3);
});

test('OPS-4: a token that is refused leaves the rest unasked', async () => {
  const wrong = { ...byToken(), bot_token: 'xoxb-wrong' };
  expect(await slackResults(wrong, true)).toEqual([
    ['slack.token', null, 'NC-SLACK-001'],
    ['slack.scopes', null, 'skipped'],
    ['slack.channel', '#incidents', 'skipped'],
    ['slack.channel', '#payments', 'skipped'],
    ['slack.test', '#incidents', 'skipped'],
    ['slack.test', '#payments', 'skipped'],
  ]);
});

test('OPS-4: an incoming webhook is tried without a message, and with one when asked', async () => {
  const settings = { webhook_url: slack.webhookUrl };
  expect(await slackResults(settings, false)).toEqual([['slack.webhook', null, 'passed']]);
  expect(slack.posts).toEqual([]);
  expect(await slackResults(settings, true)).toEqual([
    ['slack.webhook', null, 'passed'],
    ['slack.webhook-test', null, 'passed'],
  ]);
  expect(slack.posts).toHaveLength(1);
});

test('OPS-4: an address at Slack that is no webhook is told without asking anybody', async () => {
  const settings = { webhook_url: 'https://hooks.slack.com/workflows/abc' };
  expect(await slackResults(settings, false)).toEqual([['slack.webhook', null, 'NC-SLACK-004']]);
});
