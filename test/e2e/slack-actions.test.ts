import { readFileSync, writeFileSync } from 'node:fs';
import { expect, onTestFinished, test } from 'vitest';
import type { Daemon } from '../support/daemon.ts';
import { incidentsOf } from '../support/daemon-accounts.ts';
import { daemonOver, realTimeSlack } from '../support/daemon-over.ts';
import { SimulatedCluster } from '../support/simulated-cluster.ts';
import { wordsOf } from '../support/slack-clicks.ts';
import { ana, bo, botUser, labelsOf, signedRequest } from '../support/slack-people.ts';
import type { SlackPost, SlackServer } from '../support/slack-server.ts';
import { waitUntil } from '../support/wait-until.ts';

const secret = '8f742231b10e8888abcd99yyyzzz85a5';

interface Bench {
  readonly slack: SlackServer;
  readonly daemon: Daemon;
  readonly post: SlackPost;
}

/** A daemon that hears of clicks, and one incident that was told with its answer. */
async function answered(way: Record<string, unknown>, config: object = {}): Promise<Bench> {
  const cluster = await SimulatedCluster.start('one');
  onTestFinished(() => cluster.close());
  const slack = await realTimeSlack();
  const daemon = await daemonOver([cluster], slack, {
    notify: { slack: { bot_token: slack.token, channel: 'C0INCIDENTS', api_url: slack.url, ...way } },
    ...config,
  });
  await daemon.start();
  await waitUntil(() => cluster.push.counts().listening > 0, 'a subscription', 30_000);
  cluster.crash('cart', 1);
  const post = await daemon.until(
    () => slack.channelPosts.find((one) => one.metadata?.event_payload['state'] === 'reported'),
    'the answer in Slack',
  );
  return { slack, daemon, post };
}

const slackOf = async (daemon: Daemon) => (await daemon.get<{ slack: unknown }>('/health/clusters')).slack;
const connected = { way: 'socket', connected: true };

test('UX-15, NOT-3: kill -9 between a click and its message loses nothing and says nothing twice', async () => {
  const way = { app_token: 'xapp-1-A0TEST-1-secret' };
  const { slack, daemon, post } = await answered(way);
  const { people } = slack;
  expect(await slackOf(daemon)).toEqual(connected);
  const before = slack.channelPosts.length;

  // Edits are not answered: what was clicked is in the store, and not on the message.
  slack.fault = ({ method }) => (method === 'chat.update' ? { kind: 'silent', done: false } : null);
  people.send('interactive', people.click(post, ana, 'Silence', '1 hour'));
  const silences = async () => (await daemon.get<{ silences: unknown[] }>('/api/silences')).silences;
  await daemon.until(async () => (await silences()).length > 0, 'the silence');
  await daemon.kill();
  slack.fault = () => null;
  expect(wordsOf(post)).not.toContain('Silenced');

  await daemon.start();
  await daemon.until(() => wordsOf(post).includes('Silenced* by Ana Pérez'), 'the silence on the message');
  expect(await silences()).toHaveLength(1);
  expect(slack.channelPosts).toHaveLength(before);
  expect(labelsOf(post)).not.toContain('Silence');

  // The connection is opened again by itself, and by it the same message is acted on.
  await daemon.until(async () => JSON.stringify(await slackOf(daemon)) === JSON.stringify(connected), 'a connection');
  people.sockets.at(-1)?.close();
  await daemon.until(() => people.sockets.filter(({ isOpen }) => isOpen).length === 1, 'another connection');
  await daemon.until(async () => JSON.stringify(await slackOf(daemon)) === JSON.stringify(connected), 'its hello');
  people.send('interactive', people.click(post, bo, 'Acknowledge'));
  await daemon.until(
    () => wordsOf(post).includes('Acknowledged* by Bo &lt;!channel&gt; <@U0BO>'),
    'the acknowledgement',
  );
  expect(await daemon.text('/metrics')).toMatch(
    /^nightcrier_slack_actions_total\{[^}]*action="ack",outcome="done"\} 1$/m,
  );
}, 180_000);

/** Investigates nothing, and answers questions with the first lines of a log that it was given. */
const answeringAgent = `
[ -f history.json ] || exit 1
log=$(find evidence/logs -type f | head -n 1)
line=$(grep -m 1 . "$log")
jq -n --arg file "$log" --arg quote "$line" \\
  '{version: 1, answer: "It ends at once. > not a quote", quotes: [{file: $file, quote: $quote}], commands: []}' >output/answer.json
`;

test('NOT-5, NOT-3: a question in the thread is answered by the agent for those who may act, by rules for others, once each', async () => {
  const agent = { cli: 'custom', runner: 'process', command: ['bash', '-c', answeringAgent], timeout: '60s' };
  const way = { app_token: 'xapp-1-A0TEST-1-secret', act: [ana.id] };
  const { slack, daemon, post } = await answered(way, { agent, circuit_breaker: { failures: 100 } });
  const { people } = slack;
  const answers = () => slack.threadPosts.filter(({ metadata }) => metadata?.event_type === 'nightcrier_answer');
  const ask = (person: typeof ana) => {
    const said = people.message(post.channel, person, `<@${botUser}> why?`, post.ts);
    for (const _ of [1, 2]) people.send('events_api', said);
  };
  // Which post it is has to be known.
  const told = async () => /^nightcrier_outbox_length\{[^}]*slack[^}]*\} 0$/m.test(await daemon.text('/metrics'));
  await daemon.until(told, 'the row of the message');
  ask(ana);
  await daemon.until(() => answers().length === 1, 'the answer of the agent');
  expect(wordsOf(answers()[0]!)).toMatch(/It ends at once\. &gt; not a quote[^]*&gt; `[^]*by custom in /);
  expect(people.whispers).toMatchObject([{ user: ana.id, text: expect.stringContaining('custom reads') as string }]);
  ask(bo);
  await daemon.until(() => answers().length === 2, 'the answer of the rules');
  expect(wordsOf(answers()[1]!)).toContain('by rules');
  const { spend } = await daemon.get<{ spend: object[] }>('/api/spend');
  expect(spend).toMatchObject([{ agent: 'custom', questions: 1 }]);
  // What comes late of the same messages is answered no more.
  await daemon.stop();
  expect(answers()).toHaveLength(2);
}, 180_000);

test('UX-15, CFG-7: by a reload clicks come by signed requests in place of the socket; a foreign or old request does nothing', async () => {
  const { slack, daemon, post } = await answered({ app_token: 'xapp-1-A0TEST-1-secret' });
  const { people } = slack;
  await daemon.until(async () => JSON.stringify(await slackOf(daemon)) === JSON.stringify(connected), 'a connection');
  expect((await fetch(`${daemon.url}/slack/interactions`, { method: 'POST', body: 'payload={}' })).status).toBe(404);
  const config = readFileSync(daemon.configFile, 'utf8').replace(/"app_token":"[^"]*"/, `"signing_secret":"${secret}"`);
  writeFileSync(daemon.configFile, config, { mode: 0o600 });
  await daemon.until(
    async () => JSON.stringify(await slackOf(daemon)) === '{"way":"http","connected":null}',
    'the reload',
  );
  expect(people.isConnected).toBe(false);

  const send = async (path: string, body: string, with_ = secret, at = Date.now()) => {
    const { headers } = signedRequest(body, with_, at);
    const type = path === 'events' ? 'application/json' : 'application/x-www-form-urlencoded';
    const init = { method: 'POST', body, headers: { ...headers, 'content-type': type } };
    const response = await fetch(`${daemon.url}/slack/${path}`, init);
    return { status: response.status, text: await response.text() };
  };
  const click = `payload=${encodeURIComponent(JSON.stringify(people.click(post, ana, 'Acknowledge')))}`;
  expect((await send('interactions', click, 'another secret of Slack')).status).toBe(401);
  expect((await send('interactions', click, secret, Date.now() - 400_000)).text).toContain('NC-HEALTH-032');
  expect((await send('interactions', 'payload={')).status).toBe(400);
  const challenge = { type: 'url_verification', challenge: '3eZbrw1a', token: 'x' };
  expect(await send('events', JSON.stringify(challenge))).toEqual({ status: 200, text: '3eZbrw1a' });
  const [incident] = await incidentsOf(daemon);
  const acknowledged = async () =>
    (await daemon.get<{ acknowledged: unknown }>(`/api/incidents/${incident?.id}`)).acknowledged;
  expect(await acknowledged()).toBeNull();

  // The same request once more is what Slack does when it was not answered, and what a thief would do.
  expect(await send('interactions', click)).toEqual({ status: 200, text: '' });
  expect(await send('interactions', click)).toEqual({ status: 200, text: '' });
  await daemon.until(() => wordsOf(post).includes('Acknowledged* by Ana Pérez'), 'the acknowledgement');
  expect(await acknowledged()).toMatchObject({ by: 'Ana Pérez' });
  expect(people.whispers).toEqual([]);
}, 180_000);
