import { expect, test } from 'vitest';
import { silentLogger } from '../../../../src/lib/log.ts';
import { SlackClicks, wordsOf } from '../../../support/slack-clicks.ts';
import { ana, signedRequest } from '../../../support/slack-people.ts';

const secret = 'a-signing-secret';

test('NOT-1: what is not signed does nothing, and whoever sends it cannot fill the log', async () => {
  const said: unknown[] = [];
  const log = { ...silentLogger, warn: (fields: unknown) => void said.push(fields) };
  const clicks = await SlackClicks.start({ way: { signingSecret: secret }, log });
  const { post, id } = await clicks.answered();
  const payload = JSON.stringify(clicks.slack.people.click(post, ana, 'Acknowledge'));
  const body = String(new URLSearchParams({ payload }));
  const forged = signedRequest(body, 'another-secret', Date.now());
  for (let times = 0; times < 50; times += 1) {
    const answer = await clicks.actions.receive('interactions', forged.headers, Buffer.from(forged.body));
    expect(answer).toEqual({ status: 401, body: 'its signature is wrong' });
  }
  expect(said).toEqual([{ why: 'its signature is wrong', count: 1 }]);
  await clicks.actions.stop(AbortSignal.timeout(20_000));
  expect((await clicks.store.incident(id))?.incident.acknowledged).toBeNull();
});

test('NOT-1, UX-15: a signed request that comes again within its time acts once', async () => {
  const clicks = await SlackClicks.start({ way: { signingSecret: secret } });
  const { post, id } = await clicks.answered();
  const payload = JSON.stringify(clicks.slack.people.click(post, ana, 'Run again'));
  const request = signedRequest(String(new URLSearchParams({ payload })), secret, Date.now());
  const receive = () => clicks.actions.receive('interactions', request.headers, Buffer.from(request.body));
  expect(await Promise.all([receive(), receive()])).toEqual([
    { status: 200, body: '' },
    { status: 200, body: '' },
  ]);
  await clicks.until(() => wordsOf(post).includes('Run again* by Ana Pérez'), 'the order on the message');
  expect((await receive())?.status).toBe(200);
  await clicks.actions.stop(AbortSignal.timeout(20_000));
  expect((await clicks.store.incident(id))?.runs).toHaveLength(2);
});
