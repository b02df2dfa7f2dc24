import { WebAPIHTTPError, WebAPIPlatformError, WebAPIRateLimitedError, WebAPIRequestError } from '@slack/web-api';
import type { FailureReason } from '../../notifier.ts';
import { errorText } from '../../../lib/problem.ts';
import { oneLine } from '../../../lib/text.ts';

/** What to do after a failed call. */
type SlackReaction =
  /** Wait `ms`, for this method and channel. */
  | 'wait'
  /** Our own back-off. */
  | 'back_off'
  /** The token is refused: nothing can be sent. */
  | 'stop_all'
  /** The channel is refused: others still work. */
  | 'stop_channel'
  /** The post cannot be edited any more: post anew. */
  | 'post_anew'
  /** The same payload will never be taken. */
  | 'simplify';

export interface SlackFailure {
  readonly reaction: SlackReaction;
  readonly reason: FailureReason;
  /** Slack's own error code when it named one, else a sentence. */
  readonly message: string;
  /** With `wait`: what Slack asked for, ms. */
  readonly waitMs: number;
  /** True when Slack may have done it all the same. */
  readonly uncertain: boolean;
}

const authErrors = new Set([
  'invalid_auth',
  'not_authed',
  'account_inactive',
  'token_revoked',
  'token_expired',
  'no_permission',
  'missing_scope',
  'not_allowed_token_type',
  'org_login_required',
  'ekm_access_denied',
  'team_access_not_granted',
  'access_denied',
  'team_not_found',
]);
const channelErrors = new Set([
  'channel_not_found',
  'not_in_channel',
  'is_archived',
  'restricted_action',
  'restricted_action_read_only_channel',
  'cannot_reply_to_message',
  'messages_tab_disabled',
]);
const goneErrors = new Set([
  'message_not_found',
  'edit_window_closed',
  'cant_update_message',
  'thread_not_found',
  'is_inactive',
]);
const rateErrors = new Set(['ratelimited', 'rate_limited', 'message_limit_exceeded']);
const serverErrors = new Set([
  'fatal_error',
  'internal_error',
  'service_unavailable',
  'request_timeout',
  'team_added_to_org',
]);

/** The wait when Slack says "too many" without a time, ms. */
const defaultWaitMs = 30_000;

/**
 * What a failed call of the Web API means. Every error that the client throws, and every `ok: false`
 * (https://docs.slack.dev/reference/methods/chat.postMessage#errors), falls into one row.
 */
export function classifySlackError(error: unknown): SlackFailure {
  if (error instanceof WebAPIRateLimitedError) {
    return failure('wait', 'rate_limited', 'Slack asked to wait', { waitMs: error.retryAfter * 1000 });
  }
  if (error instanceof WebAPIHTTPError) return classifyStatus(error.statusCode);
  if (error instanceof WebAPIPlatformError) return classifyPlatformError(error.data.error);
  return transport(error instanceof WebAPIRequestError ? error.original : error);
}

/** The meaning of an HTTP status that is not 200; 429 comes with its own error. */
export function classifyStatus(status: number): SlackFailure {
  const message = `HTTP ${status}`;
  if (status === 429) return failure('wait', 'rate_limited', message, { waitMs: defaultWaitMs });
  if (status === 401 || status === 403) return failure('stop_all', 'auth', message);
  if (status >= 500) return failure('back_off', 'server_error', message, { uncertain: true });
  return failure('back_off', 'other', message);
}

/** The meaning of the `error` of an `ok: false` answer. The client puts a body that is not JSON there too. */
export function classifyPlatformError(code: string): SlackFailure {
  if (!/^[a-z][a-z0-9_]{1,60}$/.test(code)) {
    return failure('back_off', 'invalid_answer', `not an answer of Slack: ${oneLine(code, 100)}`, { uncertain: true });
  }
  if (rateErrors.has(code)) return failure('wait', 'rate_limited', code, { waitMs: defaultWaitMs });
  if (authErrors.has(code)) return failure('stop_all', 'auth', code);
  if (channelErrors.has(code)) return failure('stop_channel', 'channel', code);
  if (goneErrors.has(code)) return failure('post_anew', 'other', code);
  if (serverErrors.has(code)) return failure('back_off', 'server_error', code, { uncertain: true });
  if (/^(invalid_|msg_|no_text|too_many|metadata_|block|attachment|markdown_)/.test(code)) {
    return failure('simplify', 'payload', code);
  }
  return failure('back_off', 'other', code);
}

function transport(error: unknown): SlackFailure {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : null;
  const code = codeOf(cause) ?? codeOf(error);
  const name = error instanceof Error ? error.name : '';
  const message = oneLine(cause === null ? errorText(error) : `${errorText(error)}: ${errorText(cause)}`, 200);
  if (name === 'TimeoutError') return failure('back_off', 'timeout', 'no answer in time', { uncertain: true });
  // The client gives this for a 429 whose Retry-After it cannot read.
  if (message.startsWith('Retry header did not')) {
    return failure('wait', 'rate_limited', 'Slack asked to wait', { waitMs: defaultWaitMs });
  }
  const isTransport = cause !== null || code !== null || name === 'AbortError' || message === 'terminated';
  if (!isTransport) return failure('back_off', 'other', message, { uncertain: true });
  // Not connected at all: Slack cannot have seen the request.
  const unsent = ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'UND_ERR_CONNECT_TIMEOUT', 'EHOSTUNREACH', 'ENETUNREACH'];
  return failure('back_off', 'network', message, { uncertain: !unsent.includes(code ?? '') });
}

function codeOf(error: unknown): string | null {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : null;
}

function failure(
  reaction: SlackReaction,
  reason: FailureReason,
  message: string,
  extra: { waitMs?: number; uncertain?: boolean } = {},
): SlackFailure {
  return { reaction, reason, message, waitMs: extra.waitMs ?? 0, uncertain: extra.uncertain ?? false };
}
