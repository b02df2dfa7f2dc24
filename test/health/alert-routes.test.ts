import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, test } from 'vitest';
import { StoreUnavailableError } from '../../src/domain/state-store.ts';
import type { HealthServerOptions } from '../../src/health/health-server-options.ts';
import { ProblemError } from '../../src/lib/problem.ts';
import { HealthFixture } from '../support/health-fixture.ts';

let fixture: HealthFixture | null = null;
afterEach(async () => {
  await fixture?.stop();
  fixture = null;
});

const paths = [
  ['/api/v2/alerts', 'api'],
  ['/webhook/alertmanager', 'webhook'],
] as const;

interface Taken {
  readonly form: string;
  readonly body: unknown;
}

/** A server that takes alerts, and what it took. */
async function started(token: string | null, over: Partial<HealthServerOptions> = {}) {
  const taken: Taken[] = [];
  const alerts = {
    token: () => token,
    receive: async (form: string, body: unknown) => void taken.push({ form, body }),
  };
  fixture = await HealthFixture.start({ alerts, ...over });
  const f = fixture;
  const post = async (path: string, body: string | Uint8Array<ArrayBuffer>, headers: Record<string, string> = {}) => {
    const response = await f.get(path, {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/json', ...headers },
    });
    return { status: response.status, type: response.headers.get('content-type'), text: await response.text() };
  };
  return { taken, post, f };
}

/** The code of a refusal, in the form of the address. */
function codeOf(path: string, text: string): string {
  expect(text.startsWith('"')).toBe(path === '/api/v2/alerts');
  const answer = JSON.parse(text) as { error: { code: string } } | string;
  return typeof answer === 'string' ? (answer.split(':')[0] ?? '') : answer.error.code;
}

describe.each(paths)('INT-7: POST %s', (path, form) => {
  test('answers 200 with nothing when all of it is taken', async () => {
    const { taken, post } = await started('secret');
    const answer = await post(path, '[{"a":1}]', { authorization: 'Bearer secret' });
    expect(answer).toEqual({ status: 200, type: null, text: '' });
    expect(taken).toEqual([{ form, body: [{ a: 1 }] }]);
  });

  test.each([
    ['nothing', {}],
    ['another token', { authorization: 'Bearer other' }],
    ['the token of health', { authorization: 'Bearer health' }],
  ])('refuses %s with 401, before it reads the body', async (_what, headers) => {
    const { taken, post } = await started('secret', { token: () => 'health' });
    const answer = await post(path, '{ no JSON', headers);
    expect([answer.status, codeOf(path, answer.text)]).toEqual([401, 'NC-HEALTH-001']);
    expect(taken).toEqual([]);
  });

  test('without a token takes what this machine sends, and nothing that a web page sends', async () => {
    const { taken, post } = await started(null);
    expect((await post(path, '[]')).status).toBe(200);
    const foreign = await post(path, '[]', { origin: 'https://evil.example' });
    expect([foreign.status, codeOf(path, foreign.text)]).toEqual([403, 'NC-HEALTH-002']);
    expect((await post(path, '[]', { 'content-type': 'text/plain' })).status).toBe(415);
    expect(taken).toHaveLength(1);
  });

  test('says 404 with what to set when alerts are not taken', async () => {
    fixture = await HealthFixture.start();
    const response = await fixture.get(path, {
      method: 'POST',
      body: '[]',
      headers: { 'content-type': 'application/json' },
    });
    expect([response.status, codeOf(path, await response.text())]).toEqual([404, 'NC-HEALTH-011']);
  });

  test('says 503 when nothing could be kept, so that the sender sends again', async () => {
    const receive = () => Promise.reject(new StoreUnavailableError('disk full'));
    const { post } = await started(null, { alerts: { token: () => null, receive } });
    const answer = await post(path, '[]');
    expect([answer.status, codeOf(path, answer.text)]).toEqual([503, 'NC-HEALTH-007']);
  });

  test('says 400 with the code of what is wrong with the body', async () => {
    const kind = { code: 'NC-INTAKE-001', title: 't', fix: 'send alerts', about: '' };
    const receive = () => Promise.reject(new ProblemError(kind, 'the body is no list'));
    const { post } = await started(null, { alerts: { token: () => null, receive } });
    const answer = await post(path, '{}');
    expect([answer.status, codeOf(path, answer.text)]).toEqual([400, 'NC-INTAKE-001']);
    expect(answer.text).toContain('the body is no list');
    expect(answer.text).toContain('send alerts');
  });

  test('says 500 without details when it fails itself', async () => {
    const receive = () => Promise.reject(new Error('at /secret/place'));
    const { post } = await started(null, { alerts: { token: () => null, receive } });
    const answer = await post(path, '[]');
    expect([answer.status, codeOf(path, answer.text)]).toEqual([500, 'NC-HEALTH-008']);
    expect(answer.text).not.toContain('/secret/place');
  });

  test('takes a body of megabytes, and refuses one over its bound', async () => {
    const { taken, post } = await started(null);
    const megabytes = (count: number): string => JSON.stringify(['x'.repeat(count * 1024 * 1024)]);
    expect((await post(path, megabytes(7))).status).toBe(200);
    expect((await post(path, megabytes(9))).status).toBe(413);
    expect(taken).toHaveLength(1);
  });

  test.each([
    ['no JSON', '{'],
    ['an empty body', ''],
    ['a prototype', '[{"__proto__":{"a":1}}]'],
  ])('refuses %s', async (_what, body) => {
    const { taken, post } = await started(null);
    expect((await post(path, body)).status).toBe(400);
    expect(taken).toEqual([]);
    expect(({} as { a?: number }).a).toBeUndefined();
  });

  test('refuses what is compressed', async () => {
    const { post } = await started(null);
    const answer = await post(path, new Uint8Array(gzipSync('[]')), { 'content-encoding': 'gzip' });
    expect([answer.status, codeOf(path, answer.text)]).toEqual([415, 'NC-HEALTH-012']);
  });
});

test('INT-7: the token of alerts opens nothing else', async () => {
  const { f } = await started('secret', { token: () => 'health' });
  expect((await f.get('/api/incidents', { headers: { authorization: 'Bearer secret' } })).status).toBe(401);
});

test('INT-7: every other address still takes small bodies alone', async () => {
  const { f } = await started(null);
  const large = { cluster: 'prod-eu', kind: 'Pod', namespace: 'x', name: 'y'.repeat(20_000) };
  expect((await f.post('/api/triage', large)).status).toBe(413);
});
