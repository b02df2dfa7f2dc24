import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { Daemon } from '../support/daemon.ts';
import { daemonOver, realTimeSlack } from '../support/daemon-over.ts';
import { SimulatedCluster } from '../support/simulated-cluster.ts';
import { wordsOf } from '../support/slack-clicks.ts';
import { ana, bo, botUser, signedRequest, type SlackUser } from '../support/slack-people.ts';
import type { SlackPost, SlackServer } from '../support/slack-server.ts';
import { tempDir } from '../support/temp-dir.ts';
import { waitUntil } from '../support/wait-until.ts';

/** An agent that answers questions when it may go on, and investigates nothing; each start is a line of a file. */
function waitingAgent(): { readonly command: string[]; readonly starts: () => number; readonly goOn: () => void } {
  const dir = tempDir();
  const [starts, flag] = [path.join(dir, 'starts'), path.join(dir, 'go-on')];
  const script = `
[ -f history.json ] || exit 1
echo start >>${starts}
# Of a daemon that was killed it goes on until the test has ended.
while [ ! -e ${flag} ]; do [ -d ${dir} ] || exit 1; sleep 0.1; done
echo '{"version": 1, "answer": "Of the agent.", "quotes": [], "commands": []}' >output/answer.json`;
  return {
    command: ['bash', '-c', script],
    starts: () => (existsSync(starts) ? readFileSync(starts, 'utf8').trim().split('\n').length : 0),
    goOn: () => writeFileSync(flag, ''),
  };
}

interface Bench {
  readonly slack: SlackServer;
  readonly daemon: Daemon;
  readonly post: SlackPost;
  readonly agent: ReturnType<typeof waitingAgent>;
  /** Asks by the way that is configured; resolves when Slack was told that it has arrived. */
  readonly ask: (person: SlackUser, text: string) => Promise<void>;
  readonly answers: () => SlackPost[];
}

/** A daemon that hears questions, and one incident that was told with its answer. */
async function answered(way: object = { app_token: 'xapp-1-A0TEST-1-secret' }): Promise<Bench> {
  const cluster = await SimulatedCluster.start('one');
  onTestFinished(() => cluster.close());
  const slack = await realTimeSlack();
  const agent = waitingAgent();
  const daemon = await daemonOver([cluster], slack, {
    notify: { slack: { bot_token: slack.token, channel: 'C0INCIDENTS', api_url: slack.url, act: [ana.id], ...way } },
    agent: { cli: 'custom', runner: 'process', command: agent.command, timeout: '60s' },
    circuit_breaker: { failures: 100 },
  });
  await daemon.start();
  await waitUntil(() => cluster.push.counts().listening > 0, 'a subscription', 30_000);
  cluster.crash('cart', 1);
  const post = await daemon.until(
    () => slack.channelPosts.find((one) => one.metadata?.event_payload['state'] === 'reported'),
    'the answer in Slack',
  );
  // Which post it is has to be known.
  const told = async () => /^nightcrier_outbox_length\{[^}]*slack[^}]*\} 0$/m.test(await daemon.text('/metrics'));
  await daemon.until(told, 'the row of the message');
  const { people } = slack;
  const ask = async (person: SlackUser, text: string): Promise<void> => {
    await connected(daemon);
    const message = people.message(post.channel, person, `<@${botUser}> ${text}`, post.ts);
    const envelope = people.send('events_api', message);
    await waitUntil(() => envelope.ackedAt !== null, 'the word that it has arrived', 10_000);
  };
  const answers = () => slack.threadPosts.filter(({ metadata }) => metadata?.event_type === 'nightcrier_answer');
  return { slack, daemon, post, agent, ask, answers };
}

async function connected(daemon: Daemon): Promise<void> {
  const slack = async () => (await daemon.get<{ slack: { connected: boolean } }>('/health/clusters')).slack;
  await daemon.until(async () => (await slack()).connected, 'a connection by Socket Mode');
}

/** When so many are answered, and the last of them is counted. */
async function settledAnswers({ daemon, answers }: Bench, count: number): Promise<void> {
  const done = async () => {
    const ends = [
      ...(await daemon.text('/metrics')).matchAll(/^nightcrier_slack_questions_total\{[^}]*\} ([1-9]\d*)$/gm),
    ];
    return answers().length >= count && ends.length > 0;
  };
  await daemon.until(done, `${count} answers`, 30_000);
}

test('NOT-5, NOT-3: kill -9 at each step of a question in Slack: it is answered, and once', async () => {
  const bench = await answered();
  const { slack, daemon, agent, ask, answers } = bench;
  const posting = ({ method, args }: { method: string; args: Record<string, string> }) =>
    method === 'chat.postMessage' && args['thread_ts'] !== undefined;

  // Kept, and nothing known of its answer yet: who asks is looked up first.
  slack.fault = ({ method }) => (method === 'users.info' ? { kind: 'silent', done: false } : null);
  await ask(bo, 'what changed?');
  await daemon.kill();
  expect(answers()).toEqual([]);
  slack.fault = () => null;
  await daemon.start();
  await settledAnswers(bench, 1);

  // An agent is at it: it is asked again, and its first question has ended without an answer.
  await ask(ana, 'why?');
  await daemon.until(() => agent.starts() === 1, 'the agent');
  await daemon.kill();
  await daemon.start();
  await daemon.until(() => agent.starts() === 2, 'the agent of the second attempt');
  agent.goOn();
  await settledAnswers(bench, 2);
  expect(wordsOf(answers()[1]!)).toMatch(/Of the agent[^]*by custom in/);

  // The answer is known; Slack never took it, then took it without a word.
  for (const [done, count] of [
    [false, 3],
    [true, 4],
  ] as const) {
    slack.fault = (call) => (posting(call) ? { kind: 'silent', done } : null);
    const before = slack.calls.filter(posting).length;
    await ask(bo, `since when? ${count}`);
    await daemon.until(() => slack.calls.filter(posting).length > before, 'the attempt to post');
    await daemon.kill();
    slack.fault = () => null;
    expect(answers()).toHaveLength(done ? count : count - 1);
    await daemon.start();
    await settledAnswers(bench, count);
  }

  // Answered: what Slack says again is known.
  const last = slack.people.message(bench.post.channel, bo, `<@${botUser}> who has it?`, bench.post.ts);
  slack.people.send('events_api', last);
  await settledAnswers(bench, 5);
  await daemon.kill();
  await daemon.start();
  await connected(daemon);
  const again = slack.people.send('events_api', last);
  await waitUntil(() => again.ackedAt !== null, 'the word that it has arrived', 10_000);
  await daemon.stop();

  const asked = answers().map(({ metadata }) => metadata?.event_payload['key']);
  expect(new Set(asked).size).toBe(5);
  expect(asked).toHaveLength(5);
  expect(answers().map(wordsOf).join('\n')).not.toContain('may be a repeat');
}, 240_000);

test('NOT-5, NOT-3: what is asked after another question is answered by what that was about, over a kill -9 in between', async () => {
  const bench = await answered();
  const { daemon, ask, answers } = bench;
  await ask(bo, 'what does the log say?');
  await settledAnswers(bench, 1);
  await daemon.kill();
  await daemon.start();
  await ask(bo, 'which image is that?');
  await settledAnswers(bench, 2);
  await ask(bo, 'and before?');
  await settledAnswers(bench, 3);
  expect(wordsOf(answers()[2]!)).toMatch(/Taken to mean: what changed, after the question “which image is that\?”/);
  await daemon.stop();
}, 180_000);

test('NOT-5, NOT-3: by signed requests Slack hears that a question has arrived when a kill -9 cannot lose it any more', async () => {
  const secret = '8f742231b10e8888abcd99yyyzzz85a5';
  const bench = await answered({ signing_secret: secret });
  const { daemon, post, slack, answers } = bench;
  const said = JSON.stringify(slack.people.message(post.channel, bo, `<@${botUser}> since when?`, post.ts));
  const send = async (): Promise<number> => {
    const { headers, body } = signedRequest(said, secret, Date.now());
    const init = { method: 'POST', body, headers: { ...headers, 'content-type': 'application/json' } };
    return (await fetch(`${daemon.url}/slack/events`, init)).status;
  };
  slack.fault = ({ method }) => (method === 'users.info' ? { kind: 'silent', done: false } : null);
  expect(await send()).toBe(200);
  await daemon.kill();
  expect(answers()).toEqual([]);
  slack.fault = () => null;
  await daemon.start();
  await settledAnswers(bench, 1);
  expect(await send()).toBe(200);
  await daemon.stop();
  expect(answers()).toHaveLength(1);
}, 180_000);
