import * as notify from '../../notify/errors.ts';
import { causeOf, errorText, problem, type ProblemKind } from '../../lib/problem.ts';
import { probeSlackWebhook } from '../../notify/slack/probe.ts';
import { type Check, finding, passed } from '../check.ts';
import type { CheckWorld } from '../world.ts';

const base = { group: 'slack', ofMany: null, dependsOn: [], inDaemon: false } as const;

function withToken({ loaded }: CheckWorld): readonly string[] {
  return loaded.config.notify.slack?.bot_token === undefined ? [] : [''];
}

/** The channels that messages go to: that of the fleet, and those of clusters. */
export function slackChannels({ loaded, clusters }: Pick<CheckWorld, 'loaded' | 'clusters'>): readonly string[] {
  const { slack } = loaded.config.notify;
  if (slack?.bot_token === undefined || slack.channel === undefined) return [];
  const own = [...clusters.values()].flatMap(({ slackChannel }) => slackChannel ?? []);
  return [...new Set([slack.channel, ...own])];
}

/** Who is told: Slack by token or webhook, the signed webhook, PagerDuty, Teams. */
export const messageChecks: readonly Check[] = [
  {
    ...base,
    id: 'slack.token',
    statement: 'the bot token is valid',
    kinds: [notify.slackAuthRefused, notify.slackUnreachable],
    subjects: withToken,
    run: async ({ slack }) => {
      const { problem: refused, user, team } = await (await slack()).identity();
      return finding(refused, `bot ${user} in ${team}`);
    },
  },
  {
    ...base,
    id: 'slack.scopes',
    statement: 'the app has the scopes that it needs',
    kinds: [notify.slackScopeMissing, notify.slackScopesOptional],
    dependsOn: ['slack.token'],
    subjects: withToken,
    run: async (world) => {
      const probe = await world.slack();
      if ((await probe.identity()).scopes === null) return { skipped: 'Slack did not say which scopes the token has' };
      const byName = slackChannels(world).some((channel) => channel.startsWith('#'));
      return { problems: await probe.scopes(byName) };
    },
  },
  {
    ...base,
    id: 'slack.channel',
    statement: 'the bot can post to {subject}',
    ofMany: 'channels can be posted to',
    kinds: [notify.slackChannelRefused],
    dependsOn: ['slack.token'],
    subjects: slackChannels,
    run: async ({ slack }, channel) => {
      const found = await (await slack()).channel(channel);
      return 'unknown' in found ? { skipped: found.unknown } : finding(found.problem);
    },
  },
  {
    ...base,
    id: 'slack.webhook',
    statement: 'Slack takes the incoming webhook',
    kinds: [notify.slackWebhookRefused, notify.slackUnreachable],
    subjects: ({ loaded }) => (loaded.config.notify.slack?.webhook_url === undefined ? [] : ['']),
    run: async ({ loaded, fetch }, _subject, signal) => {
      const url = loaded.config.notify.slack?.webhook_url ?? '';
      const { hostname, pathname } = new URL(url);
      // https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks
      if (/(^|\.)slack(-gov)?\.com$/.test(hostname) && !/^\/services\/T\w+\/B\w+\/\w+$/.test(pathname)) {
        const message = 'its path is not that of an incoming webhook (/services/T…/B…/…)';
        return finding(problem(notify.slackWebhookRefused, message));
      }
      return finding(await probeSlackWebhook(url, fetch, signal));
    },
  },
  {
    ...base,
    id: 'webhook.reachable',
    statement: 'the receiver of notify.webhook answers',
    kinds: [notify.webhookUnreachable],
    subjects: ({ loaded }) => (loaded.config.notify.webhook === undefined ? [] : ['']),
    run: async ({ loaded, fetch }, _subject, signal) =>
      await answers(loaded.config.notify.webhook?.url ?? '', notify.webhookUnreachable, fetch, signal),
  },
  {
    ...base,
    id: 'pagerduty.key',
    statement: 'PagerDuty takes events with the routing key',
    kinds: [notify.pagerDutyRefused, notify.pagerDutyUnreachable],
    subjects: ({ loaded }) => (loaded.config.notify.pagerduty === undefined ? [] : ['']),
    run: async ({ loaded, fetch }, _subject, signal) => {
      const { pagerduty } = loaded.config.notify;
      return pagerduty === undefined ? passed : finding(await probePagerDuty(pagerduty, fetch, signal));
    },
  },
  {
    ...base,
    id: 'teams.reachable',
    statement: 'the workflow of notify.teams answers',
    kinds: [notify.teamsUnreachable],
    subjects: ({ loaded }) => (loaded.config.notify.teams === undefined ? [] : ['']),
    run: async ({ loaded, fetch }, _subject, signal) =>
      await answers(loaded.config.notify.teams?.webhook_url ?? '', notify.teamsUnreachable, fetch, signal),
  },
];

/** No event: whether somebody answers, whatever it is. */
async function answers(url: string, kind: ProblemKind, fetch: CheckWorld['fetch'], signal: AbortSignal) {
  const { host } = new URL(url);
  const silent = (said: string) => finding(problem(kind, `${host}: ${said}`, { host }));
  try {
    const answer = await fetch(url, { method: 'HEAD', redirect: 'manual', signal });
    return answer.status < 500 ? passed : silent(`it answered ${answer.status}`);
  } catch (error) {
    signal.throwIfAborted();
    return silent(errorText(causeOf(error)));
  }
}

/** The end of an alert that there is not: it is taken where the key is good, and changes nothing. */
async function probePagerDuty(
  { api_url: url, routing_key }: { readonly api_url: string; readonly routing_key: string },
  fetch: CheckWorld['fetch'],
  signal: AbortSignal,
) {
  const { host } = new URL(url);
  const body = JSON.stringify({ routing_key, event_action: 'resolve', dedup_key: 'nightcrier-doctor' });
  const headers = { 'content-type': 'application/json' };
  try {
    const answer = await fetch(url, { method: 'POST', headers, body, redirect: 'manual', signal });
    await answer.body?.cancel();
    if (answer.ok || answer.status === 429) return null;
    const kind = answer.status >= 500 ? notify.pagerDutyUnreachable : notify.pagerDutyRefused;
    return problem(kind, `${host} answered ${answer.status}`, { host });
  } catch (error) {
    signal.throwIfAborted();
    return problem(notify.pagerDutyUnreachable, `${host}: ${errorText(causeOf(error))}`, { host });
  }
}
