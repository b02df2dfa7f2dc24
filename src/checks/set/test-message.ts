import * as notify from '../../notify/errors.ts';
import { causeOf, errorText, problem } from '../../lib/problem.ts';
import { Card, ours } from '../../notify/teams/card.ts';
import { type Check, finding, passed } from '../check.ts';
import { slackChannels } from './message-checks.ts';

const text = 'nightcrier doctor: this is a test message. Incidents will be told here.';
const base = { group: 'slack', inDaemon: false } as const;

const card = new Card();
card.line([ours(text)]);
const teamsTest = JSON.stringify(card.message(ours(text)));

/** Says one line at every place in Slack and Teams that incidents are told at; only where a person asks for it. */
export const testMessageChecks: readonly Check[] = [
  {
    ...base,
    id: 'slack.test',
    statement: 'a test message was posted to {subject}',
    ofMany: 'test messages were posted',
    kinds: [notify.slackChannelRefused],
    dependsOn: ['slack.token', 'slack.channel'],
    subjects: slackChannels,
    run: async ({ slack }, channel) => finding(await (await slack()).say(channel, text)),
  },
  {
    ...base,
    id: 'slack.webhook-test',
    statement: 'a test message was posted through the incoming webhook',
    ofMany: null,
    kinds: [notify.slackWebhookRefused, notify.slackUnreachable],
    dependsOn: ['slack.webhook'],
    subjects: ({ loaded }) => (loaded.config.notify.slack?.webhook_url === undefined ? [] : ['']),
    run: async ({ loaded, fetch }, _subject, signal) => {
      const url = loaded.config.notify.slack?.webhook_url ?? '';
      try {
        const headers = { 'content-type': 'application/json' };
        const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify({ text }), signal });
        if (answer.ok) return passed;
        return finding(problem(notify.slackWebhookRefused, `Slack answered ${answer.status}`));
      } catch (error) {
        signal.throwIfAborted();
        const { host } = new URL(url);
        return finding(problem(notify.slackUnreachable, `${host}: ${errorText(error)}`, { host }));
      }
    },
  },
  {
    ...base,
    id: 'teams.test',
    statement: 'a test message was posted in Microsoft Teams',
    ofMany: null,
    kinds: [notify.teamsRefused, notify.teamsUnreachable],
    dependsOn: ['teams.reachable'],
    subjects: ({ loaded }) => (loaded.config.notify.teams === undefined ? [] : ['']),
    run: async ({ loaded, fetch }, _subject, signal) => {
      const url = loaded.config.notify.teams?.webhook_url ?? '';
      const { host } = new URL(url);
      try {
        const headers = { 'content-type': 'application/json' };
        const answer = await fetch(url, { method: 'POST', redirect: 'manual', headers, body: teamsTest, signal });
        await answer.body?.cancel();
        if (answer.ok) return passed;
        return finding(problem(notify.teamsRefused, `${host} answered ${answer.status}`, { host }));
      } catch (error) {
        signal.throwIfAborted();
        return finding(problem(notify.teamsUnreachable, `${host}: ${errorText(causeOf(error))}`, { host }));
      }
    },
  },
];
