import { onTestFinished } from 'vitest';
import type { Clock } from '../../../src/lib/clock.ts';
import type { Logger } from '../../../src/lib/log.ts';
import type { DeliveryTarget } from '../../../src/domain/records.ts';
import { consoleNotifier } from '../../../src/notify/console-notifier.ts';
import type { Notifier } from '../../../src/notify/notifier.ts';
import { pagerDutyNotifier } from '../../../src/notify/pagerduty/pagerduty-notifier.ts';
import { slackNotifier } from '../../../src/notify/slack/web-api-notifier.ts';
import { slackWebhookNotifier } from '../../../src/notify/slack/webhook-notifier.ts';
import { teamsNotifier } from '../../../src/notify/teams/teams-notifier.ts';
import { signingKey } from '../../../src/notify/webhook-signature.ts';
import { webhookNotifier } from '../../../src/notify/webhook/webhook-notifier.ts';
import { FaultyFront, type FrontFault } from '../../support/faulty-front.ts';
import { PagerDutyServer } from '../../support/pagerduty-server.ts';
import { SlackServer } from '../../support/slack-server.ts';
import { TeamsServer } from '../../support/teams-server.ts';
import { WebhookReceiver, webhookSecret } from '../../support/webhook-receiver.ts';

/** What a test gives a notifier besides its settings. */
export interface PlaceOptions {
  readonly clock: Clock;
  readonly log: Logger;
  readonly timeoutMs: number;
}

/** A place that takes messages, and what stands before it. */
export interface Place {
  readonly target: DeliveryTarget;
  /** Null where nothing is called. */
  readonly front: FaultyFront | null;
  readonly notifier: (options: PlaceOptions) => Notifier;
  /** What each reader was told, a text each. */
  readonly told: () => readonly string[];
  /** What the place found wrong with what it was sent. */
  readonly wrong: () => readonly string[];
  readonly secrets: readonly string[];
  /** The codes of its problems, and how it refuses what no waiting mends. */
  readonly codes: { readonly unreachable: string; readonly refused: string };
  readonly refusal: FrontFault;
}

const random = () => 0.5;
const fetch = globalThis.fetch;
const publicUrl = null;

async function before(server: { close(): Promise<void> }, origin: string): Promise<FaultyFront> {
  onTestFinished(() => server.close());
  const front = await FaultyFront.start(origin);
  onTestFinished(() => front.close());
  return front;
}

async function slack(): Promise<Place> {
  const server = await SlackServer.start();
  const front = await before(server, new URL(server.url).origin);
  return {
    target: 'slack',
    front,
    notifier: ({ clock, log, timeoutMs }) =>
      slackNotifier({
        token: server.token,
        channel: '#incidents',
        channelOf: () => null,
        apiUrl: `${front.origin}/api/`,
        publicUrl,
        timeoutMs,
        fetch,
        clock,
        random,
        log,
      }),
    told: () => server.channelPosts.map(({ text, blocks }) => `${text} ${JSON.stringify(blocks)}`),
    wrong: () => [],
    secrets: [server.token],
    codes: { unreachable: 'NC-SLACK-005', refused: 'NC-SLACK-001' },
    refusal: {
      status: 200,
      body: '{"ok":false,"error":"invalid_auth"}',
      headers: { 'content-type': 'application/json' },
    },
  };
}

async function slackWebhook(): Promise<Place> {
  const server = await SlackServer.start();
  const { origin, pathname } = new URL(server.webhookUrl);
  const front = await before(server, origin);
  return {
    target: 'slack',
    front,
    notifier: (options) =>
      slackWebhookNotifier({ ...options, url: `${front.origin}${pathname}`, publicUrl, fetch, random }),
    told: () => server.posts.map(({ text, blocks }) => `${text} ${JSON.stringify(blocks)}`),
    wrong: () => [],
    secrets: [pathname],
    codes: { unreachable: 'NC-SLACK-005', refused: 'NC-SLACK-004' },
    refusal: { status: 404, body: 'no_service' },
  };
}

async function webhook(): Promise<Place> {
  const server = await WebhookReceiver.start();
  const { origin, pathname } = new URL(server.url);
  const front = await before(server, origin);
  const key = signingKey(webhookSecret);
  return {
    target: 'webhook',
    front,
    notifier: (options) => {
      server.now = () => options.clock.now();
      return webhookNotifier({
        ...options,
        url: `${front.origin}${pathname}?key=c2VjcmV0LWtleQ`,
        key,
        publicUrl,
        fetch,
        random,
      });
    },
    told: () =>
      server.events.filter(({ type }) => type !== 'incident.opened').map(({ event }) => JSON.stringify(event)),
    wrong: () => server.wrong,
    secrets: [webhookSecret, 'c2VjcmV0LWtleQ'],
    codes: { unreachable: 'NC-NOTIFY-004', refused: 'NC-NOTIFY-005' },
    refusal: { status: 403 },
  };
}

async function pagerDuty(): Promise<Place> {
  const server = await PagerDutyServer.start();
  const front = await before(server, server.origin);
  const { routingKey } = server;
  return {
    target: 'pagerduty',
    front,
    notifier: (options) =>
      pagerDutyNotifier({ ...options, url: `${front.origin}/v2/enqueue`, routingKey, publicUrl, fetch, random }),
    told: () => server.alerts.map(({ payload }) => JSON.stringify(payload)),
    wrong: () => server.refused,
    secrets: [routingKey],
    codes: { unreachable: 'NC-NOTIFY-007', refused: 'NC-NOTIFY-008' },
    refusal: { status: 400, body: '{"status":"invalid event","message":"Invalid routing key","errors":[]}' },
  };
}

async function teams(): Promise<Place> {
  const server = await TeamsServer.start();
  const front = await before(server, server.origin);
  return {
    target: 'teams',
    front,
    notifier: (options) =>
      teamsNotifier({ ...options, url: `${front.origin}${server.path}`, publicUrl, fetch, random }),
    told: () => server.cards.map(({ text }) => text),
    wrong: () => server.refused,
    secrets: [server.path, 'Zm9vYmFyLXNlY3JldA'],
    codes: { unreachable: 'NC-NOTIFY-009', refused: 'NC-NOTIFY-010' },
    refusal: { status: 403, body: '{"error":{"code":"WorkflowTriggerIsNotEnabled","message":"off"}}' },
  };
}

function consoleText(): Promise<Place> {
  const lines: string[] = [];
  return Promise.resolve({
    target: 'console',
    front: null,
    notifier: ({ clock }) =>
      consoleNotifier({
        write: (text, signal) =>
          signal.aborted ? Promise.reject(new Error('stopped')) : Promise.resolve(void lines.push(text)),
        failure: () => null,
        color: false,
        columns: () => null,
        timeZone: 'UTC',
        url: () => null,
        clock,
        random,
      }),
    told: () => lines,
    // Controls (Unicode, general category Cc) but the end of a line.
    wrong: () => lines.filter((line) => /(?!\n)\p{Cc}/u.test(line)),
    secrets: [],
    codes: { unreachable: '', refused: '' },
    refusal: 'reset',
  });
}

/** Each place that messages can go to. */
export const places: readonly (readonly [string, () => Promise<Place>])[] = [
  ['Slack by bot', slack],
  ['Slack by incoming webhook', slackWebhook],
  ['a signed webhook', webhook],
  ['PagerDuty', pagerDuty],
  ['Microsoft Teams', teams],
  ['the console', consoleText],
];

/** Those that are called over HTTP. */
export const calledPlaces = places.filter(([name]) => name !== 'the console');
