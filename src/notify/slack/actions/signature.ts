import { createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

/** A request that is older, or from so far in the future, is refused, seconds. */
const windowSeconds = 300;

/**
 * Why a request is not one of Slack's, null when it is: its signature is an HMAC-SHA256 over `v0:TIME:BODY` with the app's
 * signing secret, its time is of now (https://docs.slack.dev/authentication/verifying-requests-from-slack). `now` in ms.
 */
export function signatureMistake(
  request: { readonly headers: IncomingHttpHeaders; readonly body: Buffer },
  secret: string,
  now: number,
): string | null {
  const time = one(request.headers['x-slack-request-timestamp']);
  const given = one(request.headers['x-slack-signature']);
  if (time === null || given === null || !/^\d{1,12}$/.test(time)) return 'it has no signature';
  const expected = `v0=${createHmac('sha256', secret).update(`v0:${time}:`).update(request.body).digest('hex')}`;
  const [a, b] = [Buffer.from(given), Buffer.from(expected)];
  if (a.length !== b.length || !timingSafeEqual(a, b)) return 'its signature is wrong';
  return Math.abs(now / 1000 - Number(time)) > windowSeconds ? 'it is too old' : null;
}

function one(value: string | string[] | undefined): string | null {
  return typeof value === 'string' && value.length <= 200 ? value : null;
}
