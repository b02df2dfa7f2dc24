import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { generate } from 'selfsigned';
import { expect, onTestFinished, test } from 'vitest';
import { type Clock, systemClock } from '../../../../src/lib/clock.ts';
import type { ProxyEnvironment } from '../../../../src/lib/proxy/proxy-for.ts';
import { PaletteClient } from '../../../../src/mcp/palette/api/client.ts';
import { RateWindow } from '../../../../src/mcp/palette/api/rate-window.ts';
import { paletteSchema } from '../../../../src/mcp/palette/config.ts';
import { ToolError } from '../../../../src/mcp/tool-error.ts';
import { startForwardProxy } from '../../../support/forward-proxy.ts';
import { ManualClock } from '../../../support/manual-clock.ts';
import { type PaletteFault, paletteKey, paletteProject, PaletteServer } from '../../../support/palette-server.ts';
import { tempDir } from '../../../support/temp-dir.ts';
import { waitUntil } from '../../../support/wait-until.ts';

interface Set {
  readonly clock?: Clock;
  readonly proxies?: ProxyEnvironment;
  readonly [key: string]: unknown;
}

function clientOf(endpoint: string, { clock = systemClock, proxies = {}, ...settings }: Set = {}): PaletteClient {
  const config = paletteSchema.parse({ api_key: paletteKey, endpoint, ...settings });
  const client = new PaletteClient({
    config: { ...config, api_key: config.api_key! },
    window: new RateWindow(clock),
    proxies,
    clock,
  });
  onTestFinished(() => client.close());
  return client;
}

const never = new AbortController().signal;
const search = { query: { limit: 50 }, body: { filter: {}, sort: [] } };

async function failureOf(asked: Promise<unknown>): Promise<ToolError> {
  const error = await asked.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(ToolError);
  return error as ToolError;
}

test('key and project are headers, the body is JSON (PAL-2)', async () => {
  const server = await PaletteServer.start();
  await clientOf(server.url, { project_uid: paletteProject }).ask('searchClusters', search, never);
  await clientOf(server.url).ask('clusterNames', {}, never);
  const [first, second] = server.calls;
  expect(first?.headers).toMatchObject({
    apikey: paletteKey,
    projectuid: paletteProject,
    'content-type': 'application/json',
  });
  expect(first?.body).toEqual(search.body);
  expect(second?.headers['apikey']).toBe(paletteKey);
  expect(second?.headers).not.toHaveProperty('projectuid');
  expect(second?.headers).not.toHaveProperty('authorization');
});

test('a path in the endpoint is kept', async () => {
  const server = await PaletteServer.start();
  await failureOf(clientOf(`${server.url}/palette/`).ask('clusterNames', {}, never));
  expect(server.asked).toEqual(['GET /palette/v1/dashboard/spectroclusters/meta']);
});

test.each([
  [400, 'invalid_argument'],
  [401, 'unauthenticated'],
  [403, 'forbidden'],
  [404, 'not_found'],
  [408, 'upstream_unavailable'],
  [422, 'invalid_argument'],
  [301, 'upstream_unavailable'],
  [204, 'upstream_unavailable'],
  [500, 'upstream_unavailable'],
  [503, 'upstream_unavailable'],
])('status %i is %s, with the words of Palette and a fix (PAL-4)', async (status, code) => {
  const server = await PaletteServer.start();
  const body = status === 204 ? undefined : JSON.stringify({ code: 'SomeCode', message: 'some words', ref: 'r' });
  server.failNext({ status, ...(body === undefined ? {} : { body }) });
  const error = await failureOf(clientOf(server.url).ask('clusterNames', {}, never));
  expect(error.code).toBe(code);
  expect(error.message).toContain(`${status} to GET /v1/dashboard/spectroclusters/meta`);
  expect(error.message).toContain(body === undefined ? '' : 'some words (SomeCode)');
  expect(error.fix.steps.join()).not.toBe('');
  expect(server.calls).toHaveLength(1);
});

test('a page of HTML in place of an answer is no words of Palette (PAL-4)', async () => {
  const server = await PaletteServer.start();
  server.failNext({ status: 502, body: '<html>Bad gateway</html>' });
  const error = await failureOf(clientOf(server.url).ask('clusterNames', {}, never));
  expect(error).toMatchObject({ code: 'upstream_unavailable', retryable: true });
  expect(error.message).not.toContain('html');
});

test('what Palette says of a key and a project does not show them (PAL-2)', async () => {
  const server = await PaletteServer.start();
  const refused = await failureOf(clientOf(server.url, { api_key: 'another-key-3141' }).ask('clusterNames', {}, never));
  expect(refused.code).toBe('unauthenticated');
  expect(refused.message).toContain('<redacted:palette_key>');
  expect(JSON.stringify([refused, refused.message, refused.stack])).not.toContain('another-key-3141');
  const denied = await failureOf(
    clientOf(server.url, { project_uid: 'other-project-77' }).ask('clusterNames', {}, never),
  );
  expect(denied.code).toBe('forbidden');
  expect(JSON.stringify([denied, denied.message, denied.stack])).not.toContain('other-project-77');
});

test('429 without a time is asked again after a pause, twice, then told (PAL-4)', async () => {
  const server = await PaletteServer.start();
  const clock = new ManualClock();
  const client = clientOf(server.url, { clock });
  server.failNext({ status: 429 }, { status: 429 });
  const asked = client.ask('clusterNames', {}, never);
  await waitUntil(() => clock.timers > 0 && server.calls.length === 1, 'the first pause');
  expect(clock.nextTimer! - clock.now()).toBe(1000);
  await clock.advance(1000);
  await waitUntil(() => clock.timers > 0 && server.calls.length === 2, 'the second pause');
  await waitUntil(() => clock.nextTimer! - clock.now() === 2000, 'a longer pause');
  await clock.advance(2000);
  expect(await asked).toHaveLength(120);
  expect(server.calls).toHaveLength(3);

  server.failNext({ status: 429 }, { status: 429 }, { status: 429 });
  const failing = failureOf(client.ask('clusterNames', {}, never));
  for (const calls of [4, 5]) {
    await waitUntil(() => server.calls.length === calls && clock.timers > 0, 'a pause');
    await waitUntil(() => (clock.nextTimer ?? 0) - clock.now() <= 2000, 'a short timer');
    await clock.advance(2000);
  }
  expect(await failing).toMatchObject({ code: 'rate_limited', retryAfterS: 1, retryable: true });
  expect(server.calls).toHaveLength(6);
});

test('429 with a time beyond our patience is told with that time (PAL-4)', async () => {
  const server = await PaletteServer.start();
  server.failNext({ status: 429, headers: { 'retry-after': '30' } });
  const error = await failureOf(clientOf(server.url).ask('clusterNames', {}, never));
  expect(error).toMatchObject({ code: 'rate_limited', retryAfterS: 30 });
  expect(server.calls).toHaveLength(1);
});

test.each(['silent', 'half'] as const)('an answer that does not come (%s) is a timeout (PAL-4)', async (fault) => {
  const server = await PaletteServer.start();
  const clock = new ManualClock();
  server.failNext(fault);
  const failing = failureOf(clientOf(server.url, { clock }).ask('clusterNames', {}, never));
  await waitUntil(() => server.calls.length === 1, 'the request');
  await clock.advance(15_000);
  expect(await failing).toMatchObject({ code: 'timeout', retryable: true });
});

test('the signal of a call ends it at once, also in the line of the rate', async () => {
  const server = await PaletteServer.start();
  const clock = new ManualClock();
  const client = clientOf(server.url, { clock });
  const [asking, waiting] = [new AbortController(), new AbortController()];
  server.failNext('silent', ...Array.from({ length: 9 }, (): PaletteFault => ({ status: 500 })));
  const first = client.ask('clusterNames', {}, asking.signal);
  const others = Array.from({ length: 9 }, () => failureOf(client.ask('clusterNames', {}, never)));
  await Promise.all(others);
  const last = client.ask('clusterNames', {}, waiting.signal);
  const [gone, left] = [new Error('gone'), new Error('left')];
  asking.abort(gone);
  waiting.abort(left);
  await expect(first).rejects.toBe(gone);
  await expect(last).rejects.toBe(left);
  expect(server.calls).toHaveLength(10);
});

test('a server that cuts the connection, or is not there, cannot be reached (PAL-4)', async () => {
  const server = await PaletteServer.start();
  server.failNext('reset');
  expect(await failureOf(clientOf(server.url).ask('clusterNames', {}, never))).toMatchObject({
    code: 'upstream_unavailable',
  });
  const error = await failureOf(clientOf('http://127.0.0.1:1').ask('clusterNames', {}, never));
  expect(error.code).toBe('upstream_unavailable');
  expect(error.message).toMatch(/cannot be reached: .*ECONNREFUSED/);
  expect(error.fix.steps.join()).toContain('palette.endpoint');
});

test('an answer that is no JSON, or larger than the limit, is told', async () => {
  const server = await PaletteServer.start();
  server.failNext({ status: 200, body: '<html>' }, { status: 200, body: 'x'.repeat(17 * 1024 ** 2) });
  const client = clientOf(server.url);
  expect(await failureOf(client.ask('clusterNames', {}, never))).toMatchObject({ code: 'upstream_unavailable' });
  expect(await failureOf(client.ask('clusterNames', {}, never))).toMatchObject({ code: 'too_large' });
});

const selfSigned = () =>
  generate([{ name: 'commonName', value: '127.0.0.1' }], {
    extensions: [{ name: 'subjectAltName', altNames: [{ type: 7, ip: '127.0.0.1' }] }],
  });

test('a self-hosted Palette is trusted by its own authority', async () => {
  const { private: key, cert } = await selfSigned();
  const server = await PaletteServer.start({ tls: { key, cert } });
  const file = path.join(tempDir({ 'ca.pem': cert }), 'ca.pem');
  expect(await clientOf(server.url, { ca_file: file }).ask('clusterNames', {}, never)).toHaveLength(120);

  const distrusted = await failureOf(clientOf(server.url).ask('clusterNames', {}, never));
  expect(distrusted).toMatchObject({ code: 'upstream_unavailable' });
  expect(distrusted.fix.steps.join()).toContain('palette.ca_file');
  const missing = await failureOf(clientOf(server.url, { ca_file: `${file}.gone` }).ask('clusterNames', {}, never));
  expect(missing.message).toContain('palette.ca_file');
});

test('an authority that is replaced counts from the next request on', async () => {
  const [wrong, right] = await Promise.all([selfSigned(), selfSigned()]);
  const server = await PaletteServer.start({ tls: { key: right.private, cert: right.cert } });
  const file = path.join(tempDir({ 'ca.pem': wrong.cert }), 'ca.pem');
  const client = clientOf(server.url, { ca_file: file });
  expect(await failureOf(client.ask('clusterNames', {}, never))).toMatchObject({ code: 'upstream_unavailable' });
  writeFileSync(file, right.cert);
  expect(await client.ask('clusterNames', {}, never)).toHaveLength(120);
});

test('the proxy of the environment is used', async () => {
  const server = await PaletteServer.start();
  const proxy = await startForwardProxy();
  onTestFinished(() => proxy.close());
  // This machine itself is never behind a proxy, and plain http is only for this machine: the settings are made by hand.
  const client = new PaletteClient({
    config: { ...paletteSchema.parse({}), api_key: paletteKey, endpoint: `http://palette.test:${server.port}` },
    window: new RateWindow(systemClock),
    proxies: { HTTP_PROXY: proxy.url },
    clock: systemClock,
  });
  onTestFinished(() => client.close());
  expect(await client.ask('clusterNames', {}, never)).toHaveLength(120);
  expect(proxy.seen).toEqual([`GET http://palette.test:${server.port}`]);
});
