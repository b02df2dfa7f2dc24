import type { FetchFunction } from '@slack/web-api';
import type { DeliveryClaim } from '../../domain/state-store.ts';
import { backoffDelay } from '../../lib/backoff.ts';
import type { Clock } from '../../lib/clock.ts';
import { type Problem, problem } from '../../lib/problem.ts';
import { slackWebhookRefused, slackUnreachable } from '../errors.ts';
import type { Notifier, SendOutcome } from '../notifier.ts';
import { tellsAnswer } from '../answer-is-news.ts';
import { fleetGrew } from '../fleet-facts.ts';
import { classifyPlatformError, classifySlackError, classifyStatus, type SlackFailure } from './calls/classify.ts';
import { Lanes } from './calls/lanes.ts';
import { plainForm, type SlackMessage } from './message.ts';
import { Outage } from '../outage.ts';
import { renderIncident } from './render.ts';
import { renderNotice } from './render-notice.ts';

export interface SlackWebhookOptions {
  readonly url: string;
  readonly publicUrl: string | null;
  readonly timeoutMs: number;
  readonly fetch: FetchFunction;
  readonly clock: Clock;
  readonly random: () => number;
}

const patienceMs = 5000;
const refused = { initialMs: 60_000, maxMs: 10 * 60_000 };
const lane = 'webhook';

/**
 * Slack by incoming webhook: it can neither edit nor answer in a thread, nor be read back. So one message an incident,
 * the answer, and the notices; what may have arrived before is marked as a repeat.
 */
export function slackWebhookNotifier(options: SlackWebhookOptions): Notifier {
  const lanes = new Lanes(options.clock);
  let current: Problem | null = null;
  let refusals = 0;
  const outage = new Outage(slackUnreachable);
  const failed = (failure: SlackFailure): SendOutcome => {
    const { reason, message, uncertain } = failure;
    const base = { kind: 'failed', reason, message, uncertain } as const;
    const now = options.clock.now();
    outage.failed(reason);
    if (failure.reaction === 'simplify') return { ...base, again: 'never' };
    if (failure.reaction === 'wait') {
      lanes.closeAll(now + failure.waitMs);
      return { ...base, again: { at: now + failure.waitMs } };
    }
    if (failure.reaction !== 'stop_all' && failure.reaction !== 'stop_channel') return { ...base, again: 'back_off' };
    const until = now + backoffDelay(refused, refusals++, options.random);
    current = problem(slackWebhookRefused, `Slack answered ${message}`);
    lanes.closeAll(until);
    return { ...base, again: { at: until } };
  };
  return {
    target: 'slack',
    integration: 'slack_webhook',
    pausedUntil: () => (lanes.closedUntil > options.clock.now() ? lanes.closedUntil : null),
    problem: () => current ?? outage.problem(options.url),
    send: async (claim, signal) => {
      if (!isNotified(claim)) return { kind: 'sent', post: null };
      const turn = await lanes.post(lane, patienceMs, signal).catch(() => options.clock.now());
      if (turn !== null) return { kind: 'deferred', until: turn, message: 'waits for its turn' };
      const message = render(claim, options.publicUrl);
      let failure = await send(message, options, signal);
      if (failure?.reaction === 'simplify') failure = await send(plainForm(message), options, signal);
      if (failure !== null) return failed(failure);
      current = null;
      refusals = 0;
      outage.over();
      return { kind: 'sent', post: null };
    },
  };
}

/** Whether this state is told at all: notices, answers, more clusters with the same, and the end of an incident whose answer was never told. */
function isNotified(claim: DeliveryClaim): boolean {
  const { kind } = claim.delivery;
  if (kind === 'refresh') return false;
  return kind !== 'incident' || tellsAnswer(claim) || fleetGrew(claim);
}

function render(claim: DeliveryClaim, publicUrl: string | null): SlackMessage {
  const options = { publicUrl, repeat: claim.delivery.uncertain, thread: false };
  return claim.delivery.kind === 'incident' ? renderIncident(claim, options) : renderNotice(claim, options);
}

/** Null when it arrived. Incoming webhooks answer `ok`, or an error word with status 400, 403, 404 or 410. */
async function send(
  message: SlackMessage,
  options: SlackWebhookOptions,
  outer: AbortSignal,
): Promise<SlackFailure | null> {
  try {
    const response = await options.fetch(options.url, {
      method: 'POST',
      redirect: 'error',
      headers: { 'content-type': 'application/json; charset=utf-8' },
      body: JSON.stringify({ text: message.text, blocks: message.blocks, unfurl_links: false, unfurl_media: false }),
      signal: AbortSignal.any([outer, AbortSignal.timeout(options.timeoutMs)]),
    });
    const text = (await response.text()).trim();
    if (response.status === 200) return text === 'ok' ? null : classifyPlatformError(text);
    if (response.status === 429) {
      const seconds = Number(response.headers.get('retry-after'));
      const failure = classifyStatus(429);
      return seconds > 0 ? { ...failure, waitMs: seconds * 1000 } : failure;
    }
    if (response.status >= 500) return classifyStatus(response.status);
    return [403, 404, 410].includes(response.status)
      ? { ...classifyStatus(403), message: text === '' ? `HTTP ${response.status}` : text.slice(0, 100) }
      : classifyPlatformError(text);
  } catch (error) {
    return classifySlackError(error);
  }
}
