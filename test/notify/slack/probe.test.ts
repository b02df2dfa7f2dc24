import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { silentLogger } from '../../../src/lib/log.ts';
import { probeSlackWebhook, SlackProbe } from '../../../src/notify/slack/probe.ts';
import { SlackServer } from '../../support/slack-server.ts';

let slack: SlackServer;
beforeEach(async () => {
  slack = await SlackServer.start();
});
afterEach(() => slack.close());

const probe = (token = slack.token) =>
  new SlackProbe({ token, apiUrl: slack.url, timeoutMs: 2000, fetch: globalThis.fetch, log: silentLogger });
const never = new AbortController().signal;

describe('OPS-4: what Slack says of a token', () => {
  test('whose it is, and with which scopes; nothing is written', async () => {
    const identity = await probe().identity();
    expect(identity).toMatchObject({ problem: null, user: 'nightcrier', team: 'acme' });
    expect(identity.scopes).toEqual([
      'chat:write',
      'channels:history',
      'channels:read',
      'users:read',
      'app_mentions:read',
    ]);
    expect(slack.calls.map(({ method }) => method)).toEqual(['auth.test']);
  });

  test('a token that is refused, and a Slack that does not answer, are told apart', async () => {
    expect((await probe('xoxb-wrong').identity()).problem).toMatchObject({ code: 'NC-SLACK-001' });
    slack.fault = () => ({ kind: 'status', status: 503 });
    expect((await probe().identity()).problem).toMatchObject({ code: 'NC-SLACK-005' });
  });

  test.each([
    [{ mayWrite: true, scopes: ['channels:history', 'channels:read'] }, true, []],
    [{ mayWrite: false, scopes: ['channels:history', 'channels:read'] }, true, ['NC-SLACK-003']],
    [{ mayWrite: true, scopes: ['channels:history'] }, true, ['NC-SLACK-006']],
    [{ mayWrite: true, scopes: ['groups:history'] }, false, []],
    [{ mayWrite: false, scopes: [] }, true, ['NC-SLACK-003', 'NC-SLACK-006']],
  ])('scopes %j, channel by name %s: %j', async ({ mayWrite, scopes }, byName, codes) => {
    slack.mayWrite = mayWrite;
    slack.scopes = new Set(scopes);
    expect((await probe().scopes(byName)).map(({ code }) => code)).toEqual(codes);
  });
});

describe('OPS-4: whether an app-level token opens Socket Mode', () => {
  test('one that does: Slack is asked, and nobody connects', async () => {
    expect(await probe().appToken(slack.people.appToken)).toBeNull();
    expect(slack.calls).toMatchObject([
      { method: 'apps.connections.open', authorization: `Bearer ${slack.people.appToken}` },
    ]);
    expect(slack.people.sockets).toEqual([]);
  });

  test.each([
    ['another token', 'xapp-wrong', 'invalid_auth'],
    ['the bot token in its place', 'xoxb-test', 'not_allowed_token_type'],
  ])('%s is refused, with the word of Slack', async (_what, token, word) => {
    expect(await probe().appToken(token)).toMatchObject({
      code: 'NC-SLACK-007',
      message: `Slack answered apps.connections.open with ${word}`,
      fix: expect.stringContaining('connections:write') as string,
    });
  });

  test('one without its scope, and a Slack that does not answer, are told apart', async () => {
    slack.people.mayConnect = false;
    expect(await probe().appToken(slack.people.appToken)).toMatchObject({ code: 'NC-SLACK-007' });
    slack.fault = () => ({ kind: 'status', status: 503 });
    expect(await probe().appToken(slack.people.appToken)).toMatchObject({ code: 'NC-SLACK-005' });
  });
});

describe('OPS-4: the scopes of buttons and questions', () => {
  test('with those of the manifest nothing is missing', async () => {
    expect(await probe().buttonScopes()).toBeNull();
    expect(await probe().questionScopes('thread')).toBeNull();
  });

  test('each that is missing is named, with where it is to be found', async () => {
    slack.scopes = new Set(['users:read.email']);
    expect(await probe().buttonScopes()).toMatchObject({
      code: 'NC-SLACK-009',
      fix: expect.stringMatching(/users:read, which "nightcrier slack manifest" has/) as string,
    });
    expect(await probe().questionScopes('mentions')).toMatchObject({
      code: 'NC-SLACK-010',
      message: 'the token lacks app_mentions:read',
      fix: expect.stringContaining('"nightcrier slack manifest" has (with --questions mentions)') as string,
    });
    expect((await probe().questionScopes('thread'))?.message).toBe(
      'the token lacks app_mentions:read and channels:history',
    );
    slack.scopes = new Set(['app_mentions:read', 'groups:history']);
    expect(await probe().questionScopes('thread')).toBeNull();
  });

  test('where Slack does not say which scopes there are, none is called missing', async () => {
    slack.fault = () => ({ kind: 'garbage', body: '{"ok":true,"user":"nightcrier","team":"acme"}' });
    const silent = probe();
    expect((await silent.identity()).scopes).toBeNull();
    expect([await silent.buttonScopes(), await silent.questionScopes('thread')]).toEqual([null, null]);
  });
});

describe('OPS-4: whether the bot may post to a channel', () => {
  test.each([['#incidents'], ['incidents'], ['C0INCIDENTS']])('%s: it may', async (channel) => {
    expect(await probe().channel(channel)).toEqual({ problem: null });
  });

  test('one that is not there, one that the bot is not in, one that is archived', async () => {
    slack.notMember.add('C0PAYMENTS');
    const said = async (channel: string) => {
      const found = await probe().channel(channel);
      return 'problem' in found ? [found.problem?.code, found.problem?.message] : found;
    };
    expect(await said('#nowhere')).toEqual(['NC-SLACK-002', 'Slack answered channel_not_found for #nowhere']);
    expect(await said('#payments')).toEqual(['NC-SLACK-002', 'Slack answered not_in_channel for #payments']);
    slack.archived.add('C0INCIDENTS');
    expect(await said('C0INCIDENTS')).toEqual(['NC-SLACK-002', 'Slack answered is_archived for C0INCIDENTS']);
    slack.scopes.add('chat:write.public');
    expect(await said('#payments')).toEqual([undefined, undefined]);
  });

  test('a channel is found by its name with the scope of its own kind alone', async () => {
    const methods = (): (string | undefined)[] => slack.calls.map(({ args }) => args['types']).filter(Boolean);
    expect(await probe().channel('#payments')).toEqual({ problem: null });
    expect(methods()).toEqual(['public_channel,private_channel', 'public_channel']);
    slack.privates.add('C0PAYMENTS');
    slack.scopes = new Set(['groups:read', 'groups:history']);
    const asked = probe();
    expect(await asked.channel('#payments')).toEqual({ problem: null });
    // What Slack refused once is not asked again.
    const before = slack.count('conversations.list');
    await asked.channel('#payments');
    expect(slack.count('conversations.list') - before).toBe(2);
  });

  test('a private channel of which the history cannot be read is told, and a public one', async () => {
    slack.privates.add('C0PAYMENTS');
    slack.scopes.add('groups:read');
    expect(await probe().channel('#payments')).toMatchObject({
      problem: {
        code: 'NC-SLACK-006',
        message: '#payments is private, and the token lacks groups:history',
        fix: expect.stringContaining('"nightcrier slack manifest"') as string,
      },
    });
    expect(await probe().channel('#incidents')).toEqual({ problem: null });
    slack.scopes = new Set(['channels:read', 'groups:read', 'groups:history']);
    expect(await probe().channel('#payments')).toEqual({ problem: null });
    expect(await probe().channel('#incidents')).toMatchObject({ problem: { code: 'NC-SLACK-006' } });
  });

  test('without the scope to look it is not known, which is no failure', async () => {
    slack.scopes = new Set();
    expect(await probe().channel('#incidents')).toEqual({
      unknown: expect.stringContaining('channels:read') as string,
    });
  });

  test('a test message is posted, or the reason is told', async () => {
    expect(await probe().say('#incidents', 'hello')).toBeNull();
    expect(slack.channelPosts.map(({ text }) => text)).toEqual(['hello']);
    slack.notMember.add('C0INCIDENTS');
    expect(await probe().say('#incidents', 'hello')).toMatchObject({ code: 'NC-SLACK-002' });
  });
});

describe('OPS-4: an incoming webhook', () => {
  test('one that Slack takes: nothing is posted to find out', async () => {
    expect(await probeSlackWebhook(slack.webhookUrl, globalThis.fetch, never)).toBeNull();
    expect(slack.posts).toEqual([]);
  });

  test('one that was removed', async () => {
    slack.failNext('webhook', { kind: 'error', error: 'no_service' });
    const found = await probeSlackWebhook(slack.webhookUrl, globalThis.fetch, never);
    expect(found).toMatchObject({ code: 'NC-SLACK-004', message: 'Slack answered 404 no_service' });
  });

  test('nobody answers, or with an error of the server', async () => {
    slack.failNext('webhook', { kind: 'status', status: 502 });
    expect(await probeSlackWebhook(slack.webhookUrl, globalThis.fetch, never)).toMatchObject({ code: 'NC-SLACK-005' });
    const gone = createServer();
    await new Promise<void>((resolve) => gone.listen(0, '127.0.0.1', resolve));
    const { port } = gone.address() as AddressInfo;
    await new Promise((resolve) => gone.close(resolve));
    const url = `http://127.0.0.1:${port}/services/T0/B0/x`;
    expect(await probeSlackWebhook(url, globalThis.fetch, never)).toMatchObject({ code: 'NC-SLACK-005' });
  });
});
