import { EnvHttpProxyAgent, fetch as undiciFetch } from 'undici';
import type { ProxySettings } from '../cluster/mcp/agents.ts';
import type { Config } from '../config/schema.ts';
import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../lib/log.ts';
import { consoleNotifier } from '../notify/console-notifier.ts';
import type { Notifier } from '../notify/notifier.ts';
import { slackNotifier, type SlackNotifierOptions } from '../notify/slack/web-api-notifier.ts';
import { slackWebhookNotifier } from '../notify/slack/webhook-notifier.ts';

const slackTimeoutMs = 15_000;

type Fetch = SlackNotifierOptions['fetch'];

/** Where console messages go, and how. */
export interface MessageSink {
  /** Resolves when the text is written. @throws Error why it cannot be; the reason of the signal */
  write(text: string, signal: AbortSignal): Promise<void>;
  /** Why nothing can be written now, null when it can. */
  failure(): string | null;
  readonly isTerminal: boolean;
  readonly color: boolean;
}

export interface NotifierOptions {
  readonly config: Config;
  readonly sink: MessageSink;
  readonly proxy: ProxySettings;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Whether messages go to the console: when asked for, else when nothing else is set, or on a terminal. */
function consoleWanted(config: Config, isTerminal: boolean): boolean {
  const { console: wanted, slack } = config.notify;
  if (wanted !== 'auto') return wanted;
  return isTerminal || (slack?.bot_token === undefined && slack?.webhook_url === undefined);
}

/** One notifier for each place that is configured, and what carries them. */
export function createNotifiers(options: NotifierOptions): { notifiers: Notifier[]; close: () => Promise<void> } {
  const { config, sink, clock, logger } = options;
  const publicUrl = config.health.public_url ?? null;
  const notifiers: Notifier[] = [];
  if (consoleWanted(config, sink.isTerminal)) {
    notifiers.push(consoleNotifier({ ...sink, publicUrl, clock, random: Math.random }));
  }
  const dispatcher = new EnvHttpProxyAgent({
    httpProxy: options.proxy.httpProxy ?? '',
    httpsProxy: options.proxy.httpsProxy ?? '',
    noProxy: options.proxy.noProxy ?? '',
  });
  const fetch: Fetch = (url, init) => undiciFetch(url, { ...init, dispatcher } as Parameters<typeof undiciFetch>[1]);
  const shared = { publicUrl, timeoutMs: slackTimeoutMs, fetch, clock, random: Math.random };
  const slack = config.notify.slack;
  if (slack?.bot_token !== undefined && slack.channel !== undefined) {
    const channels = new Map(config.clusters.map(({ name, overrides }) => [name, overrides.slack_channel]));
    const channelOf = (cluster: string): string | null => channels.get(cluster) ?? null;
    const log = logger.child({ component: 'slack' });
    const { bot_token: token, channel, api_url: apiUrl } = slack;
    notifiers.push(slackNotifier({ ...shared, token, channel, channelOf, apiUrl, log }));
  } else if (slack?.webhook_url !== undefined) {
    notifiers.push(slackWebhookNotifier({ ...shared, url: slack.webhook_url }));
  }
  return { notifiers, close: () => dispatcher.destroy() };
}
