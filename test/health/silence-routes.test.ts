import { beforeEach, describe, expect, test } from 'vitest';
import type { StateStore } from '../../src/domain/state-store.ts';
import { cliAgent, silenceSchema } from '../../src/domain/wire/silence.ts';
import { receive } from '../storage/store-fixture.ts';
import type { HealthFixture } from '../support/health-fixture.ts';
import { healthOverStore } from '../support/health-over-store.ts';
import { sampleTime } from '../support/incident-samples.ts';
import { minute, signal } from '../support/signals.ts';

let fixture: HealthFixture;
let store: StateStore;

beforeEach(async () => {
  ({ fixture, store } = await healthOverStore());
});

const hour = { matchers: ['namespace=payments', 'cluster=~"pro.*"'], duration: '1h', author: 'ana', comment: 'a move' };
const remove = (path: string) => fixture.json(path, { method: 'DELETE' });

describe('INT-3: /api/silences', () => {
  test('a silence is made, listed and ended', async () => {
    await receive(store, [signal(), signal({ pod: 'b', cluster: 'east' })], {}, sampleTime);
    const made = await fixture.post('/api/silences', hour);
    expect(made).toMatchObject({
      status: 201,
      body: {
        id: expect.stringMatching(/^sil_/),
        state: 'active',
        source: 'api',
        matchers: ['namespace="payments"', 'cluster=~"pro.*"'],
        starts_at: '2026-11-20T09:00:00.000Z',
        ends_at: '2026-11-20T10:00:00.000Z',
        author: 'ana',
        comment: 'a move',
        ended_by: null,
        fits: 1,
      },
    });
    const { id } = made.body;
    const listed = await fixture.json('/api/silences?state=active');
    expect(listed.body['silences']).toHaveLength(1);
    expect(silenceSchema.strict().parse(listed.body['silences'][0]).id).toBe(id);
    await fixture.clock.advance(minute);
    const ended = { state: 'ended', ended_by: 'ben', ends_at: '2026-11-20T09:01:00.000Z' };
    expect(await remove(`/api/silences/${id}?author=ben`)).toMatchObject({ status: 200, body: ended });
    await fixture.clock.advance(minute);
    expect(await remove(`/api/silences/${id}?author=carl`)).toMatchObject({ status: 200, body: ended });
    expect((await fixture.json('/api/silences?state=active')).body).toEqual({ silences: [] });
    expect((await fixture.json('/api/silences')).body['silences']).toHaveLength(1);
  });

  test.each([
    ['our own commands', { 'user-agent': cliAgent }, 'cli'],
    ['a program', { 'user-agent': 'curl/8' }, 'api'],
    ['a program that does not say what it is', {}, 'api'],
  ] as const)('says that %s made it', async (_, headers, way) => {
    const made = await fixture.post('/api/silences', hour, headers);
    expect(made).toMatchObject({ status: 201, body: { way } });
    expect(await store.silences()).toMatchObject([{ way }]);
  });

  test('one that begins later waits', async () => {
    const times = { starts_at: '2026-11-20T11:00:00+01:00', ends_at: '2026-11-20T12:00:00Z' };
    const { duration: _, ...rest } = hour;
    expect(await fixture.post('/api/silences', { ...rest, ...times })).toMatchObject({
      status: 201,
      body: { state: 'pending', starts_at: '2026-11-20T10:00:00.000Z' },
    });
  });

  test.each([
    [{ ...hour, matchers: [] }, 'NC-HEALTH-003', 'matchers is empty'],
    [{ ...hour, matchers: ['cluster=~"("'] }, 'NC-HEALTH-013', 'missing closing )'],
    [{ ...hour, matchers: ['cluster=~".*"'] }, 'NC-HEALTH-013', 'fits everything'],
    [{ ...hour, duration: 'soon' }, 'NC-HEALTH-003', 'duration is not allowed'],
    [{ ...hour, duration: '400d' }, 'NC-HEALTH-013', 'over a year'],
    [{ ...hour, duration: undefined }, 'NC-HEALTH-003', 'either a duration or ends_at'],
    [{ ...hour, ends_at: '2026-11-20T12:00:00Z' }, 'NC-HEALTH-003', 'either a duration or ends_at'],
    [{ ...hour, duration: undefined, ends_at: '2026-11-20T08:00:00Z' }, 'NC-HEALTH-013', 'end before it starts'],
    [{ ...hour, until: 'noon' }, 'NC-HEALTH-003', 'unknown: until'],
    [{ ...hour, comment: 'x'.repeat(501) }, 'NC-HEALTH-003', 'comment is too long: 500 at most'],
  ])('%# a silence that is none is refused with its reason', async (body, code, reason) => {
    const refused = await fixture.post('/api/silences', body);
    expect(refused).toMatchObject({ status: 400, body: { error: { code, message: expect.stringContaining(reason) } } });
    expect(await store.silences()).toEqual([]);
  });

  test('one of the file, and one that is not there, is not ended', async () => {
    const configured = {
      matchers: [{ name: 'team', operator: '=', value: 'a' }],
      startsAt: null,
      endsAt: null,
    } as const;
    await store.keepSilences([{ ...configured, author: 'ana', comment: '' }], sampleTime);
    const [kept] = await store.silences();
    expect(await remove(`/api/silences/${kept?.id}`)).toMatchObject({
      status: 409,
      body: { error: { code: 'NC-HEALTH-017' } },
    });
    expect(await remove('/api/silences/sil_none')).toMatchObject({
      status: 404,
      body: { error: { code: 'NC-HEALTH-015' } },
    });
  });

  test('the words of who makes it are one printable line', async () => {
    const { body } = await fixture.post('/api/silences', { ...hour, author: 'a\u001b[31m\nb', comment: 'c\u0000\nd' });
    expect([body['author'], body['comment']].join('|')).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/);
  });
});
