import * as notify from '../../notify/errors.ts';
import { causeOf, errorText, type Problem, problem, type ProblemKind } from '../../lib/problem.ts';
import { probeSlackWebhook, type SlackProbe } from '../../notify/slack/probe.ts';
import { type Check, type Finding, finding, passed } from '../check.ts';
import type { CheckWorld } from '../world.ts';

const base = { group: 'slack', ofMany: null, dependsOn: [], inDaemon: false } as const;

function withToken({ loaded }: CheckWorld): readonly string[] {
  return loaded.config.notify.slack?.bot_token === undefined ? [] : [''];
}

/** Those of them where clicks and questions are heard, by Socket Mode or by requests of Slack. */
function withButtons(world: CheckWorld): readonly string[] {
  const { app_token: appToken, signing_secret: secret } = world.loaded.config.notify.slack ?? {};
  return appToken === undefined && secret === undefined ? [] : withToken(world);
}

/** What Slack sends of questions; null where none is answered. */
function askedQuestions({ loaded }: CheckWorld): 'mentions' | 'thread' | null {
  const { questions = 'off' } = loaded.config.notify.slack ?? {};
  return questions === 'off' ? null : questions;
}

/** Slack answers without the header that lists scopes where a proxy takes it away. */
async function ofScopes(
  { slack }: CheckWorld,
  find: (probe: SlackProbe) => Promise<readonly Problem[]>,
): Promise<Finding> {
  const probe = await slack();
  if ((await probe.identity()).scopes === null) return { skipped: 'Slack did not say which scopes the token has' };
  return { problems: await find(probe) };
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
      const byName = slackChannels(world).some((channel) => channel.startsWith('#'));
      return ofScopes(world, (probe) => probe.scopes(byName));
    },
  },
  {
    ...base,
    id: 'slack.app-token',
    statement: 'the app-level token opens Socket Mode',
    kinds: [notify.slackAppTokenRefused, notify.slackUnreachable],
    subjects: ({ loaded }) => (loaded.config.notify.slack?.app_token === undefined ? [] : ['']),
    run: async ({ loaded, slack }) =>
      finding(await (await slack()).appToken(loaded.config.notify.slack?.app_token ?? '')),
  },
  {
    ...base,
    id: 'slack.button-scopes',
    statement: 'the app knows who presses a button',
    kinds: [notify.slackNamesUnknown],
    dependsOn: ['slack.token'],
    subjects: withButtons,
    run: (world) => ofScopes(world, async (probe) => listOf(await probe.buttonScopes())),
  },
  {
    ...base,
    id: 'slack.question-scopes',
    statement: 'the app hears questions',
    kinds: [notify.slackQuestionsUnheard],
    dependsOn: ['slack.token'],
    subjects: (world) => (askedQuestions(world) === null ? [] : withButtons(world)),
    run: (world) => {
      const questions = askedQuestions(world);
      return ofScopes(world, async (probe) =>
        questions === null ? [] : listOf(await probe.questionScopes(questions)),
      );
    },
  },
  {
    ...base,
    id: 'slack.channel',
    statement: 'the bot can post to {subject}',
    ofMany: 'channels can be posted to',
    kinds: [notify.slackChannelRefused, notify.slackScopesOptional],
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

function listOf(found: Problem | null): readonly Problem[] {
  return found === null ? [] : [found];
}

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
