import type { FetchFunction } from '@slack/web-api';
import { Registry } from 'prom-client';
import { systemClock } from '../../src/lib/clock.ts';
import { silentLogger } from '../../src/lib/log.ts';
import { slackMetrics } from '../../src/notify/metrics.ts';
import { HeardAnswers, type HeardAnswersOptions } from '../../src/notify/slack/actions/heard-answers.ts';
import { People } from '../../src/notify/slack/actions/people.ts';
import { SlackApi } from '../../src/notify/slack/slack-api.ts';
import type { SlackClicks } from './slack-clicks.ts';

/** What takes one question on its way, over the store and the Slack of `clicks`, as its loop calls it. */
export function heardAnswers(
  { slack, store }: SlackClicks,
  over: Pick<HeardAnswersOptions, 'answerer'> & Partial<HeardAnswersOptions>,
): HeardAnswers {
  const shared = { apiUrl: slack.url, fetch: fetch as FetchFunction, clock: systemClock, log: silentLogger };
  const api = new SlackApi({ ...shared, token: slack.token, timeoutMs: 5000 });
  const people = new People({ ...shared, api, mayAct: 'all' });
  const metrics = slackMetrics(new Registry(), () => null);
  return new HeardAnswers({ ...shared, store, api, people, processId: 'p1', random: () => 0, metrics, ...over });
}
