import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { type ManifestOptions, slackManifest } from '../../../src/app/commands/slack-manifest.ts';

/** Which scopes let the app call a method, one for each kind of channel (https://docs.slack.dev/reference/methods). */
const scopesOf: Record<string, readonly string[]> = {
  'auth.test': [],
  'views.open': [],
  'chat.postMessage': ['chat:write'],
  'chat.postEphemeral': ['chat:write'],
  'chat.update': ['chat:write'],
  'users.info': ['users:read'],
  'conversations.history': ['channels:history', 'groups:history'],
  'conversations.replies': ['channels:history', 'groups:history'],
  'conversations.list': ['channels:read', 'groups:read'],
  'conversations.info': ['channels:read', 'groups:read'],
};

interface Manifest {
  readonly oauth_config: { readonly scopes: { readonly bot: readonly string[] } };
  readonly settings: Record<string, unknown>;
}

const manifest = (over: Partial<ManifestOptions> = {}): Manifest =>
  slackManifest({ name: 'nightcrier', url: null, channels: 'both', questions: 'mentions', ...over }) as Manifest;

test('NOT-1: the scopes of the app are those of the methods that are called and of its events, and no others', () => {
  const file = path.join(import.meta.dirname, '../../../src/notify/slack/slack-api.ts');
  const called = [...readFileSync(file, 'utf8').matchAll(/'([a-z]+\.[a-zA-Z]+)'/g)].map(([, method]) => method ?? '');
  expect(called.filter((method) => !Object.hasOwn(scopesOf, method))).toEqual([]);
  const needed = new Set(called.flatMap((method) => scopesOf[method] ?? []));
  expect(manifest({ questions: 'off' }).oauth_config.scopes.bot.toSorted()).toEqual([...needed].sort());
  expect(manifest().oauth_config.scopes.bot.toSorted()).toEqual([...needed, 'app_mentions:read'].sort());
});

test('NOT-1: by Socket Mode without an address, by requests with it', () => {
  expect(manifest({ channels: 'public' }).settings).toEqual({
    event_subscriptions: { bot_events: ['app_mention'] },
    interactivity: { is_enabled: true },
    org_deploy_enabled: false,
    socket_mode_enabled: true,
    token_rotation_enabled: false,
  });
  expect(manifest({ channels: 'private', questions: 'thread', url: 'https://n.example/' }).settings).toMatchObject({
    event_subscriptions: {
      request_url: 'https://n.example/slack/events',
      bot_events: ['app_mention', 'message.groups'],
    },
    interactivity: { is_enabled: true, request_url: 'https://n.example/slack/interactions' },
    socket_mode_enabled: false,
  });
  expect(manifest({ questions: 'off' }).settings).not.toHaveProperty('event_subscriptions');
});
