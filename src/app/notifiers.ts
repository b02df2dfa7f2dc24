import type { Config } from '../config/schema.ts';
import type { DeliveryTarget } from '../domain/records.ts';
import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../lib/log.ts';
import type { ProxyEnvironment } from '../lib/proxy/proxy-for.ts';
import { consoleNotifier } from '../notify/console-notifier.ts';
import type { Notifier } from '../notify/notifier.ts';
import type { SlackNotifierOptions } from '../notify/slack/web-api-notifier.ts';
import { signingKey } from '../notify/webhook-signature.ts';
import { wayOf } from './process/daemon-slack.ts';
import type { MessageSink } from './process/daemon-outputs.ts';
import type { Fleet } from './settings.ts';
import { type Fetch, fetchThrough } from './process/fetch-through.ts';

/** Of one request, ms. */
const timeoutMs = 15_000;

export interface NotifierOptions {
  /** As it is now. */
  readonly config: () => Config;
  /** As it is configured now. */
  readonly fleet: () => Fleet;
  readonly sink: MessageSink;
  readonly proxy: ProxyEnvironment;
  readonly clock: Clock;
  readonly logger: Logger;
  /** What is stored of an incident's answer. */
  readonly kept: NonNullable<SlackNotifierOptions['kept']>;
  /** What people did with an incident beside what its rows say. */
  readonly people: NonNullable<SlackNotifierOptions['people']>;
  /** Where the daemon's own pages are; null while it serves none. */
  readonly url: () => string | null;
}

/** Whether messages go to the console: when asked for, else when nothing else is set, or on a terminal. */
function consoleWanted(config: Config, isTerminal: boolean): boolean {
  const { console: wanted, webhook, pagerduty, teams } = config.notify;
  if (wanted !== 'auto') return wanted;
  return isTerminal || (!hasSlack(config) && !(webhook ?? pagerduty ?? teams));
}

export interface Notifiers {
  readonly notifiers: readonly Notifier[];
  readonly targets: readonly DeliveryTarget[];
  /** Those of another configuration: the same object where nothing that it was made of has changed. */
  renew(config: Config): Promise<readonly Notifier[]>;
  readonly close: () => Promise<void>;
}

/** One notifier for each place that is configured, and what carries them. */
export async function createNotifiers(options: NotifierOptions): Promise<Notifiers> {
  let carrier: ReturnType<typeof fetchThrough> | null = null;
  const fetch = async (): Promise<Fetch> => (await (carrier ??= fetchThrough(options.proxy))).fetch;
  const made = new Map<string, Notifier>();
  const renew = async (config: Config): Promise<readonly Notifier[]> => {
    const wanted = wantedNotifiers(config, options, fetch);
    const notifiers = await Promise.all(
      wanted.map(async ({ key, make }) => [key, made.get(key) ?? (await make())] as const),
    );
    made.clear();
    for (const [key, notifier] of notifiers) made.set(key, notifier);
    return notifiers.map(([, notifier]) => notifier);
  };
  const notifiers = await renew(options.config());
  const targets = notifiers.map(({ target }) => target);
  return { notifiers, targets, renew, close: async () => (await carrier)?.close() };
}

interface Wanted {
  /** The same for the same settings. */
  readonly key: string;
  readonly make: () => Promise<Notifier> | Notifier;
}

function wantedNotifiers(config: Config, options: NotifierOptions, fetch: () => Promise<Fetch>): Wanted[] {
  const { sink, clock } = options;
  const { slack, webhook, pagerduty, teams } = config.notify;
  const publicUrl = config.health.public_url ?? null;
  const wanted: Wanted[] = [];
  const add = (name: string, settings: unknown, make: Wanted['make']): void => {
    wanted.push({ key: JSON.stringify([name, settings, publicUrl]), make });
  };
  if (consoleWanted(config, sink.isTerminal)) {
    add('console', null, () =>
      consoleNotifier({ ...sink, url: () => publicUrl ?? options.url(), clock, random: Math.random }),
    );
  }
  if (slack !== undefined && hasSlack(config)) {
    add('slack', slack, async () => await slackNotifierOf(slack, publicUrl, options, await fetch()));
  }
  if (webhook !== undefined) {
    add('webhook', webhook, async () => await webhookNotifierOf(webhook, publicUrl, options, await fetch()));
  }
  if (pagerduty !== undefined) {
    add('pagerduty', pagerduty, async () => await pagerDutyNotifierOf(pagerduty, publicUrl, options, await fetch()));
  }
  if (teams !== undefined) {
    add('teams', teams, async () => await teamsNotifierOf(teams, publicUrl, options, await fetch()));
  }
  return wanted;
}

function hasSlack({ notify: { slack } }: Config): boolean {
  return slack?.bot_token !== undefined || slack?.webhook_url !== undefined;
}

async function webhookNotifierOf(
  webhook: NonNullable<Config['notify']['webhook']>,
  publicUrl: string | null,
  { clock }: NotifierOptions,
  fetch: Fetch,
): Promise<Notifier> {
  const { webhookNotifier } = await import('../notify/webhook/webhook-notifier.ts');
  const key = signingKey(webhook.secret);
  return webhookNotifier({ url: webhook.url, key, publicUrl, timeoutMs, fetch, clock, random: Math.random });
}

async function pagerDutyNotifierOf(
  { routing_key: routingKey, api_url: url }: NonNullable<Config['notify']['pagerduty']>,
  publicUrl: string | null,
  { clock }: NotifierOptions,
  fetch: Fetch,
): Promise<Notifier> {
  const { pagerDutyNotifier } = await import('../notify/pagerduty/pagerduty-notifier.ts');
  return pagerDutyNotifier({ url, routingKey, publicUrl, timeoutMs, fetch, clock, random: Math.random });
}

async function teamsNotifierOf(
  { webhook_url: url }: NonNullable<Config['notify']['teams']>,
  publicUrl: string | null,
  { clock }: NotifierOptions,
  fetch: Fetch,
): Promise<Notifier> {
  const { teamsNotifier } = await import('../notify/teams/teams-notifier.ts');
  return teamsNotifier({ url, publicUrl, timeoutMs, fetch, clock, random: Math.random });
}

/** Loaded for those who have Slack: its client is a tenth of the start. */
async function slackNotifierOf(
  slack: NonNullable<Config['notify']['slack']>,
  publicUrl: string | null,
  options: NotifierOptions,
  fetch: Fetch,
): Promise<Notifier> {
  const { clock, logger } = options;
  const log = logger.child({ component: 'slack' });
  const shared = { publicUrl, timeoutMs, fetch, clock, random: Math.random, log };
  if (slack.bot_token !== undefined && slack.channel !== undefined) {
    const { slackNotifier } = await import('../notify/slack/web-api-notifier.ts');
    const channelOf = (cluster: string): string | null => options.fleet().get(cluster)?.slackChannel ?? null;
    const { bot_token: token, channel, api_url: apiUrl } = slack;
    const interactive = wayOf(slack) !== null;
    return slackNotifier({
      ...shared,
      token,
      channel,
      channelOf,
      apiUrl,
      interactive,
      kept: options.kept,
      people: options.people,
    });
  }
  const { slackWebhookNotifier } = await import('../notify/slack/webhook-notifier.ts');
  return slackWebhookNotifier({ ...shared, url: slack.webhook_url ?? '' });
}
