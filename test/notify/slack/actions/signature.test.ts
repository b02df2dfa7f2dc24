import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { signatureMistake } from '../../../../src/notify/slack/actions/signature.ts';
import { signedRequest } from '../../../support/slack-people.ts';

const now = Date.UTC(2026, 10, 20, 9);
const secret = '8f742231b10e8888abcd99yyyzzz85a5';

function mistake(request: ReturnType<typeof signedRequest>, with_ = secret, at = now): string | null {
  return signatureMistake({ headers: request.headers, body: Buffer.from(request.body) }, with_, at);
}

describe('NOT-1: which requests are those of Slack', () => {
  test('the example of its documentation', () => {
    const body =
      'token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c';
    const headers = {
      'x-slack-request-timestamp': '1531420618',
      'x-slack-signature': 'v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503',
    };
    expect(signatureMistake({ headers, body: Buffer.from(body) }, secret, 1_531_420_618_000)).toBeNull();
  });

  test('any body that was signed, and none with another byte, secret or signature', () => {
    fc.assert(
      fc.property(fc.string(), fc.string({ minLength: 16 }), (body, other) => {
        const request = signedRequest(body, secret, now);
        expect(mistake(request)).toBeNull();
        expect(mistake({ ...request, body: `${body}x` })).toBe('its signature is wrong');
        expect(mistake(request, `${other}!`)).toBe('its signature is wrong');
      }),
    );
  });

  test.each([
    [-301, 'it is too old'],
    [-299, null],
    [299, null],
    [301, 'it is too old'],
  ])('sent %i seconds from now: %s', (seconds, expected) => {
    expect(mistake(signedRequest('{}', secret, now + seconds * 1000))).toBe(expected);
  });

  test.each([
    [{}],
    [{ 'x-slack-signature': 'v0=00' }],
    [{ 'x-slack-request-timestamp': '1531420618' }],
    [{ 'x-slack-request-timestamp': '-1', 'x-slack-signature': 'v0=00' }],
    [{ 'x-slack-request-timestamp': '1e9', 'x-slack-signature': 'v0=00' }],
    [{ 'x-slack-request-timestamp': '1531420618', 'x-slack-signature': 'x'.repeat(10_000) }],
  ])('headers %o: no signature', (headers) => {
    expect(signatureMistake({ headers, body: Buffer.from('') }, secret, now)).toBe('it has no signature');
  });
});
