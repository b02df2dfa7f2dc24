import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebClient } from '@slack/web-api';
import { afterEach, describe, expect, test } from 'vitest';
import {
  classifyPlatformError,
  classifySlackError,
  classifyStatus,
} from '../../../../src/notify/slack/calls/classify.ts';
import { silentSlackLogger } from '../../../support/silent-slack-logger.ts';

describe('NOT-3: each error of Slack has one reaction', () => {
  test.each([
    ['invalid_auth', 'stop_all', 'auth'],
    ['not_authed', 'stop_all', 'auth'],
    ['account_inactive', 'stop_all', 'auth'],
    ['token_revoked', 'stop_all', 'auth'],
    ['token_expired', 'stop_all', 'auth'],
    ['missing_scope', 'stop_all', 'auth'],
    ['channel_not_found', 'stop_channel', 'channel'],
    ['not_in_channel', 'stop_channel', 'channel'],
    ['is_archived', 'stop_channel', 'channel'],
    ['restricted_action', 'stop_channel', 'channel'],
    ['message_not_found', 'post_anew', 'other'],
    ['edit_window_closed', 'post_anew', 'other'],
    ['cant_update_message', 'post_anew', 'other'],
    ['ratelimited', 'wait', 'rate_limited'],
    ['invalid_blocks', 'simplify', 'payload'],
    ['invalid_blocks_format', 'simplify', 'payload'],
    ['msg_blocks_too_long', 'simplify', 'payload'],
    ['msg_too_long', 'simplify', 'payload'],
    ['no_text', 'simplify', 'payload'],
    ['metadata_too_large', 'simplify', 'payload'],
    ['internal_error', 'back_off', 'server_error'],
    ['fatal_error', 'back_off', 'server_error'],
    ['something_new', 'back_off', 'other'],
  ])('%s → %s', (code, reaction, reason) => {
    expect(classifyPlatformError(code)).toMatchObject({ reaction, reason, message: code });
  });

  test('what is no error code is an answer of something else, and may have arrived', () => {
    for (const body of ['<html>', '', 'a b', '{"ok":tr', 'x'.repeat(5000)]) {
      const failure = classifyPlatformError(body);
      expect(failure).toMatchObject({ reaction: 'back_off', reason: 'invalid_answer', uncertain: true });
      expect(failure.message.length).toBeLessThan(200);
    }
  });

  test.each([
    [429, 'wait', false],
    [401, 'stop_all', false],
    [403, 'stop_all', false],
    [404, 'back_off', false],
    [500, 'back_off', true],
    [502, 'back_off', true],
    [504, 'back_off', true],
  ] as const)('HTTP %i → %s, uncertain: %s', (status, reaction, uncertain) => {
    expect(classifyStatus(status)).toMatchObject({ reaction, uncertain });
  });
});

describe('NOT-3: errors of the real client', () => {
  const servers: ReturnType<typeof createServer>[] = [];
  afterEach(() => {
    for (const server of servers.splice(0)) {
      server.closeAllConnections();
      server.close();
    }
  });

  async function call(answer: RequestListener): Promise<unknown> {
    const server = createServer({}, answer).listen(0, '127.0.0.1');
    servers.push(server);
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as AddressInfo;
    return failureAt(port);
  }

  async function failureAt(port: number): Promise<unknown> {
    const client = new WebClient('xoxb-test', {
      slackApiUrl: `http://127.0.0.1:${port}/api/`,
      retryConfig: { retries: 0 },
      rejectRateLimitedCalls: true,
      timeout: 1000,
      logger: silentSlackLogger,
    });
    try {
      await client.apiCall('chat.postMessage', { text: 'x' });
    } catch (error) {
      return classifySlackError(error);
    }
    throw new Error('it should have failed');
  }

  test('429 carries the wait that Slack asked for', async () => {
    const failure = await call((_request, response) => response.writeHead(429, { 'retry-after': '42' }).end());
    expect(failure).toMatchObject({ reaction: 'wait', waitMs: 42_000, uncertain: false });
  });

  test('429 with a Retry-After that nobody can read waits all the same', async () => {
    const failure = await call((_request, response) => response.writeHead(429, { 'retry-after': 'soon' }).end());
    expect(failure).toMatchObject({ reaction: 'wait', reason: 'rate_limited', uncertain: false });
  });

  test('no answer in time may have arrived', async () => {
    expect(await call(() => {})).toMatchObject({ reason: 'timeout', uncertain: true });
  });

  test('headers and then silence may have arrived', async () => {
    const failure = await call((_request, response) => void response.writeHead(200).write('{"ok"'));
    expect(failure).toMatchObject({ reason: 'timeout', uncertain: true });
  });

  test('cut off in the middle of the answer may have arrived', async () => {
    const failure = await call((_request, response) => {
      response.writeHead(200, { 'content-length': '100' }).write('{"ok":', () => response.destroy());
    });
    expect(failure).toMatchObject({ reason: 'network', uncertain: true });
  });

  test('cut off before the answer may have arrived', async () => {
    const failure = await call((request) => void request.socket.destroy());
    expect(failure).toMatchObject({ reason: 'network', uncertain: true });
  });

  test('a redirect is not followed: the token would go with it', async () => {
    const failure = await call((_request, response) =>
      response.writeHead(302, { location: 'http://evil.example/' }).end(),
    );
    expect(failure).toMatchObject({ reaction: 'back_off', reason: 'network' });
  });

  test('a refused connection cannot have arrived', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    expect(await failureAt(port)).toMatchObject({ reason: 'network', uncertain: false });
  });

  test('an error of our own is not taken for the network', () => {
    expect(classifySlackError(new RangeError('a section of 4000 characters'))).toMatchObject({ reason: 'other' });
    expect(classifySlackError('odd')).toMatchObject({ reason: 'other' });
  });
});
