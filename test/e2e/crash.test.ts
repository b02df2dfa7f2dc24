import { chmodSync, existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { allArrived, type ApiFault, allFaults, incidentsOf, settled } from '../support/daemon-accounts.ts';
import type { Daemon } from '../support/daemon.ts';
import { daemonOver, realTimeSlack } from '../support/daemon-over.ts';
import { isAlive, pidsIn } from '../support/processes.ts';
import { SimulatedCluster } from '../support/simulated-cluster.ts';
import type { SlackServer } from '../support/slack-server.ts';
import { tempDir } from '../support/temp-dir.ts';
import { waitUntil } from '../support/wait-until.ts';

async function cluster(name: string): Promise<SimulatedCluster> {
  const started = await SimulatedCluster.start(name);
  onTestFinished(() => started.close());
  return started;
}

const listening = (one: SimulatedCluster) =>
  waitUntil(() => one.push.counts().listening > 0, `a subscription to ${one.name}`, 30_000);

/** Every fault once and with its outcome, every incident with its report, its first reception and one channel post. */
async function expectComplete(daemon: Daemon, slack: SlackServer, faultIds: readonly string[]): Promise<ApiFault[]> {
  const faults = await allFaults(daemon);
  expect(faults.filter(({ outcome }) => outcome === null)).toEqual([]);
  const first = faults.filter(({ outcome }) => outcome === 'opened' || outcome === 'merged');
  const ids = first.map(({ fault_id }) => fault_id);
  expect(new Set(ids).size).toBe(ids.length);
  expect(faultIds.filter((id) => !ids.includes(id))).toEqual([]);
  const incidents = await incidentsOf(daemon);
  for (const { id, status, report, runs } of incidents) {
    expect([id, status]).toEqual([id, 'reported']);
    expect(existsSync(report ?? '')).toBe(true);
    expect(runs.filter((run) => run.status === 'succeeded').length).toBeGreaterThan(0);
  }
  const told = slack.channelPosts.map(({ metadata }) => String(metadata?.event_payload['incident_id']));
  expect(told.sort()).toEqual(incidents.map(({ id }) => id).sort());
  return faults;
}

test('INT-1, INT-5: kill -9 again and again under a stream of faults loses none that was accepted and doubles none', async () => {
  const [one, two] = [await cluster('one'), await cluster('two')];
  const slack = await realTimeSlack();
  const daemon = await daemonOver([one, two], slack);
  const sent: string[] = [];
  const stop = new AbortController();
  const stream = (async () => {
    for (let number = 0; !stop.signal.aborted && number < 300; number++) {
      sent.push((number % 2 ? one : two).crash(`app${number % 3}`, number));
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  })();
  const accepted = new Set<string | null>();
  for (let kill = 1; kill <= 3; kill++) {
    await daemon.start();
    const more = async () => {
      const faults = await allFaults(daemon);
      for (const fault of faults) accepted.add(fault.fault_id);
      return accepted.size >= kill * 60;
    };
    await waitUntil(more, `${kill * 60} accepted faults`, 30_000);
    await daemon.kill();
  }
  stop.abort();
  await stream;
  await daemon.start();
  await allArrived(daemon, sent, 30_000);
  const received = await settled(daemon, 60_000);
  const faults = await expectComplete(daemon, slack, sent);
  expect(faults).toHaveLength(received);
  const listed = new Set(faults.map(({ fault_id }) => fault_id));
  expect([...accepted].filter((id) => !listed.has(id))).toEqual([]);
  expect(await incidentsOf(daemon)).toHaveLength(6);
}, 180_000);

/** An agent that works until it is told to go on; it writes its process id down first. */
function agentThatWaits(): { command: string[]; pids: () => number[]; goOn: () => void } {
  const dir = tempDir();
  const script = path.join(dir, 'agent.sh');
  const [pids, flag] = [path.join(dir, 'pids'), path.join(dir, 'go-on')];
  const answer = path.join(import.meta.dirname, '..', 'fixtures', 'agents', 'answer.sh');
  writeFileSync(
    script,
    `#!/usr/bin/env bash\necho $$ >> ${pids}\nwhile [ ! -e ${flag} ]; do sleep 0.2; done\nexec ${answer}\n`,
  );
  chmodSync(script, 0o755);
  return {
    command: [script],
    pids: () => pidsIn(pids),
    goOn: () => writeFileSync(flag, ''),
  };
}

test('TRI-1, TRI-3: kill -9 during a run: the run is taken up again, its agent of before is ended, one report, one post', async () => {
  const one = await cluster('one');
  const slack = await realTimeSlack();
  const agent = agentThatWaits();
  const daemon = await daemonOver([one], slack, {
    agent: { cli: 'custom', runner: 'process', command: agent.command, timeout: '60s' },
  });
  await daemon.start();
  await listening(one);
  const sent = [one.crash('cart', 1), one.crash('cart', 2)];
  const [orphan] = await daemon.until(() => (agent.pids().length > 0 ? agent.pids() : null), 'an agent at work');
  await daemon.until(() => slack.channelPosts.length === 1, 'the post of the opening');
  await daemon.kill();
  expect(isAlive(orphan ?? 0)).toBe(true);

  sent.push(one.crash('cart', 3));
  await daemon.start();
  await daemon.until(() => !isAlive(orphan ?? 0), 'the end of the agent that nobody waits for');
  await daemon.until(() => agent.pids().length === 2, 'the agent of the second attempt');
  agent.goOn();
  await allArrived(daemon, sent, 30_000);
  await settled(daemon, 30_000);
  await expectComplete(daemon, slack, sent);
  const [incident] = await incidentsOf(daemon);
  expect(incident?.runs).toHaveLength(1);
  expect(incident?.runs[0]).toMatchObject({ status: 'succeeded', attempt: 2 });
}, 120_000);

test('NOT-2, NOT-3: kill -9 while the first message waits for the answer: it is the answer, once', async () => {
  const one = await cluster('one');
  const slack = await realTimeSlack();
  const daemon = await daemonOver([one], slack, { intake: { group_wait: '2s' }, notify: { first_wait: '60s' } });
  await daemon.start();
  await listening(one);
  const sent = [one.crash('cart', 1)];
  await daemon.until(async () => (await incidentsOf(daemon)).length === 1, 'the incident');
  await daemon.kill();
  expect(slack.channelPosts).toEqual([]);

  await daemon.start();
  await settled(daemon, 60_000);
  await expectComplete(daemon, slack, sent);
  const posts = slack.calls.filter(({ method, args }) => method === 'chat.postMessage' && !('thread_ts' in args));
  expect(posts).toHaveLength(1);
  const [incident] = await incidentsOf(daemon);
  expect(posts[0]?.args['text']).toContain(incident?.cause?.slice(0, 60));
}, 120_000);

test('NOT-2, NOT-3: kill -9 again and again while it waits for an answer that does not come in time: it is told, once', async () => {
  const one = await cluster('one');
  const slack = await realTimeSlack();
  const agent = agentThatWaits();
  const daemon = await daemonOver([one], slack, {
    agent: { cli: 'custom', runner: 'process', command: agent.command, timeout: '60s' },
    notify: { first_wait: '5s' },
  });
  await daemon.start();
  await listening(one);
  const sent = [one.crash('cart', 1)];
  for (const attempt of [1, 2]) {
    await daemon.until(() => agent.pids().length === attempt, 'an agent at work');
    await daemon.kill();
    await daemon.start();
  }
  await daemon.until(() => slack.channelPosts.length > 0, 'the first message, without an answer');
  await daemon.until(() => agent.pids().length === 3, 'the agent of the third attempt');
  agent.goOn();
  await settled(daemon, 60_000);
  await expectComplete(daemon, slack, sent);
  expect(slack.channelPosts).toHaveLength(1);
}, 180_000);

test('NOT-3: kill -9 while Slack has taken the post and not answered: it is found and updated, not repeated', async () => {
  const one = await cluster('one');
  const slack = await realTimeSlack();
  slack.fault = ({ method }) => (method === 'chat.postMessage' ? { kind: 'silent', done: true } : null);
  const daemon = await daemonOver([one], slack);
  await daemon.start();
  await listening(one);
  const sent = [one.crash('cart', 1)];
  await daemon.until(() => slack.channelPosts.length === 1, 'a post that Slack has taken');
  await daemon.kill();
  slack.fault = () => null;

  await daemon.start();
  await settled(daemon, 60_000);
  await expectComplete(daemon, slack, sent);
  const [post] = slack.channelPosts;
  expect(slack.count('conversations.history')).toBeGreaterThan(0);
  expect(post?.edits).toBeGreaterThan(0);
  expect(JSON.stringify(post?.blocks)).toContain('CrashLoop · shop/cart');
}, 120_000);

test('NOT-3: kill -9 while an edit and its details are under way: one post, its details once, in the end the answer', async () => {
  const one = await cluster('one');
  const slack = await realTimeSlack();
  // The first message does not wait for the answer, which is an edit of it then.
  const daemon = await daemonOver([one], slack, { notify: { first_wait: '0s' } });
  slack.fault = ({ method }) => (method === 'chat.update' ? { kind: 'silent', done: true } : null);
  await daemon.start();
  await listening(one);
  const sent = [one.crash('cart', 1)];
  await daemon.until(() => slack.channelPosts[0]?.edits === 1, 'an edit that Slack has taken');
  await daemon.kill();
  slack.fault = ({ method, args }) =>
    method === 'chat.postMessage' && 'thread_ts' in args ? { kind: 'silent', done: true } : null;
  await daemon.start();
  await daemon.until(() => slack.threadPosts.length === 1, 'details that Slack has taken');
  await daemon.kill();
  slack.fault = () => null;

  await daemon.start();
  await settled(daemon, 60_000);
  await expectComplete(daemon, slack, sent);
  expect(slack.threadPosts).toHaveLength(1);
}, 180_000);
