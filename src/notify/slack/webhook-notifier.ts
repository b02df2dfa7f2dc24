import type { DeliveryClaim } from '../../domain/state-store.ts';
import { backoffDelay } from '../../lib/backoff.ts';
import type { Logger } from '../../lib/log.ts';
import { type Problem, problem } from '../../lib/problem.ts';
import { oneLine } from '../../lib/text.ts';
import { slackWebhookRefused, slackUnreachable } from '../errors.ts';
import { retryAfterMs } from '../http/answer.ts';
import { beginningOf, withoutSecrets } from '../http/body.ts';
import type { HttpOptions } from '../http/place.ts';
import type { Notifier, SendOutcome } from '../notifier.ts';
import { tellsAnswer } from '../answer-is-news.ts';
import { fleetGrew } from '../fleet-facts.ts';
import { classifyPlatformError, classifySlackError, classifyStatus, type SlackFailure } from './calls/classify.ts';
import { Lanes } from './calls/lanes.ts';
import { plainForm, type SlackMessage } from './message.ts';
import { Outage } from '../outage.ts';
import { renderIncident } from './render.ts';
import { renderNotice } from './render-notice.ts';

export interface SlackWebhookOptions extends HttpOptions {
  readonly publicUrl: string | null;
  readonly log: Logger;
}

const patienceMs = 5000;
const refused = { initialMs: 60_000, maxMs: 10 * 60_000 };
const lane = 'webhook';
/** What is read of a refusal for its word, bytes. */
const wordBytes = 1024;

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

/**
 * Null when it arrived: any 2xx, whatever the body says. Slack refuses with an error word and status 400, 403, 404 or 410
 * (https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks#handling_errors).
 */
async function send(
  message: SlackMessage,
  options: SlackWebhookOptions,
  outer: AbortSignal,
): Promise<SlackFailure | null> {
  try {
    const response = await options.fetch(options.url, {
      method: 'POST',
      redirect: 'manual',
      headers: { 'content-type': 'application/json; charset=utf-8' },
      body: JSON.stringify({ text: message.text, blocks: message.blocks, unfurl_links: false, unfurl_media: false }),
      signal: AbortSignal.any([outer, AbortSignal.timeout(options.timeoutMs)]),
    });
    const { status } = response;
    const word = oneLine(withoutSecrets(await beginningOf(response.body, wordBytes), options.url), wordBytes);
    if (status >= 200 && status < 300) {
      // Others that take what Slack takes say something else, or nothing.
      if (word !== 'ok')
        options.log.info({ status, answer: word.slice(0, 100) }, 'delivered, with another answer than ok');
      return null;
    }
    const failure = classifyStatus(status);
    if (status === 429) {
      const waitMs = retryAfterMs(response.headers.get('retry-after'), options.clock.now());
      return waitMs === null ? failure : { ...failure, waitMs };
    }
    if (status >= 300 && status < 400) return { ...failure, message: `HTTP ${status}: redirects are not followed` };
    if (status === 413) return { ...failure, reaction: 'simplify', reason: 'payload' };
    if (![400, 401, 403, 404, 410].includes(status)) return failure;
    return refusal(status, word);
  } catch (error) {
    return classifySlackError(error);
  }
}

/** What a refused message was refused for. It did not arrive, whoever answered. */
function refusal(status: number, word: string): SlackFailure {
  const said = classifyPlatformError(word);
  if (status === 400) return { ...said, message: word === '' ? 'HTTP 400' : said.message, uncertain: false };
  const message = said.reason === 'invalid_answer' ? `HTTP ${status}` : said.message;
  return { ...classifyStatus(403), message };
}
