import { chmodSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { incidentsOf } from '../support/daemon-accounts.ts';
import type { Daemon } from '../support/daemon.ts';
import { daemonOver, realTimeSlack } from '../support/daemon-over.ts';
import { pidsIn } from '../support/processes.ts';
import { SimulatedCluster } from '../support/simulated-cluster.ts';
import type { SlackServer } from '../support/slack-server.ts';
import { tempDir } from '../support/temp-dir.ts';

interface TurningAgent {
  readonly command: string[];
  /** How often it was started. */
  readonly starts: () => number;
  /** What it does from now on, and while it hangs. */
  readonly turn: (does: 'fail' | 'hang' | 'work') => void;
}

const sections = [
  'Triage card',
  'Problem statement',
  'Findings',
  'Root causes',
  'Remediation plan',
  'Proof of work',
  'Evidence',
];
const report = sections.map((title) => `## ${title}\n\nNothing was found in what could be read.\n`).join('\n');
const verdict = {
  version: 1,
  is_fault: true,
  summary: 'No cause was found.',
  causes: [],
  victims: [],
  missing: ['the logs of the node'],
  remediation: [],
};

/** An agent that does what the test says. */
function turningAgent(): TurningAgent {
  const dir = tempDir({ 'report.md': report, 'verdict.json': JSON.stringify(verdict), does: 'fail' });
  const script = path.join(dir, 'agent.sh');
  const lines = [
    '#!/usr/bin/env bash',
    `echo $$ >> ${dir}/pids`,
    `while [ "$(cat ${dir}/does)" = hang ]; do sleep 0.2; done`,
    `if [ "$(cat ${dir}/does)" = fail ]; then echo "no such model" >&2; exit 3; fi`,
    `cp ${dir}/report.md output/investigation.md && cp ${dir}/verdict.json output/verdict.json`,
    '',
  ];
  writeFileSync(script, lines.join('\n'));
  chmodSync(script, 0o755);
  return {
    command: [script],
    starts: () => pidsIn(path.join(dir, 'pids')).length,
    turn: (does) => writeFileSync(path.join(dir, 'does'), does),
  };
}

async function bench(more: object) {
  const cluster = await SimulatedCluster.start('one');
  onTestFinished(() => cluster.close());
  const slack = await realTimeSlack();
  const agent = turningAgent();
  const settings = {
    cli: 'custom',
    runner: 'process',
    command: agent.command,
    timeout: '60s',
    max_concurrent_per_cluster: 1,
  };
  const daemon = await daemonOver([cluster], slack, { agent: settings, ...more });
  await daemon.start();
  await daemon.until(() => cluster.push.counts().listening > 0, 'a subscription');
  return { cluster, slack, agent, daemon };
}

interface Agents {
  readonly agents: readonly { readonly name: string; readonly breaker: string; readonly fell_back: number }[];
  readonly problems: readonly { readonly code: string }[];
}

const health = (daemon: Daemon) => daemon.get<Agents>('/health/clusters');
const reported = async (daemon: Daemon): Promise<number> =>
  (await incidentsOf(daemon)).filter(({ status }) => status === 'reported').length;
const said = (slack: SlackServer, text: string): string[] =>
  slack.posts.map((post) => JSON.stringify([post.text, post.blocks])).filter((post) => post.includes(text));

test('TRI-7, UX-18: three failures, one degraded message, kill -9, one run that tries it, kill -9 during it, one recovered message', async () => {
  const { cluster, slack, agent, daemon } = await bench({ circuit_breaker: { failures: 3, cool_down: '8s' } });
  for (const [index, app] of ['cart', 'search', 'offers', 'basket'].entries()) cluster.crash(app, index);
  await daemon.until(async () => (await reported(daemon)) === 4, 'four reports');
  expect(agent.starts()).toBe(3);
  await daemon.until(() => said(slack, 'Agent custom is not used for now').length > 0, 'the degraded message');
  await daemon.until(
    () => said(slack, 'agent custom is not used for now: 3 failures in a row').length > 0,
    'the answer',
  );
  await daemon.kill();

  agent.turn('hang');
  await daemon.start();
  expect(await health(daemon)).toMatchObject({
    agents: [{ name: 'custom', breaker: 'open', fell_back: 4 }],
    problems: [{ code: 'NC-AGENT-016' }, { code: 'NC-AGENT-020' }],
  });
  expect(await daemon.text('/metrics')).toContain('nightcrier_agent_breaker_state{agent="custom",state="open"} 1');
  // One that comes within the cool-down is answered by the analyst; the one after it tries the agent.
  for (let number = 10; agent.starts() === 3; number += 1) {
    cluster.crash(`late-${number}`, number);
    await daemon.until(
      async () => agent.starts() > 3 || (await reported(daemon)) === number - 5,
      'an answer or an attempt',
    );
  }
  const before = (await health(daemon)).agents[0]?.fell_back ?? 0;
  await daemon.kill();
  await daemon.start();
  await daemon.until(() => agent.starts() === 5, 'the second attempt');
  expect((await health(daemon)).agents).toMatchObject([{ breaker: 'half_open', fell_back: before }]);
  agent.turn('work');
  await daemon.until(async () => (await health(daemon)).agents[0]?.breaker === 'closed', 'a closed breaker');
  await daemon.until(() => said(slack, 'Agent custom works again').length > 0, 'the recovered message');
  const [recovered] = said(slack, 'works again');
  expect(recovered).toContain(`${before} runs were answered by the built-in analyst in its place`);
  expect(recovered).toMatch(/It was not used for \d+ s/);
  await daemon.stop();
  expect(slack.channelPosts.filter(({ metadata }) => metadata?.event_type === 'nightcrier_notice')).toHaveLength(1);
  // The post is brought up to date, and its thread hears of the end.
  const told = slack.threadPosts.filter(({ text }) => text.includes('works again'));
  expect(told).toHaveLength(1);
  console.log(`breaker: ${before} runs fell back, ${agent.starts()} starts of the agent`);
}, 150_000);

test('INT-4, UX-18: over the budget the analyst answers, and the message says which limit and when it is free; a restart changes nothing', async () => {
  const { cluster, slack, agent, daemon } = await bench({ budget: { runs_per_cluster_hour: 1 } });
  agent.turn('work');
  cluster.crash('cart', 1);
  await daemon.until(async () => (await reported(daemon)) === 1, 'the first report');
  cluster.crash('search', 2);
  await daemon.until(async () => (await reported(daemon)) === 2, 'the second report');
  await daemon.kill();
  await daemon.start();
  cluster.crash('offers', 3);
  await daemon.until(async () => (await reported(daemon)) === 3, 'the third report');
  expect(agent.starts()).toBe(1);
  const over =
    /agent custom is over its budget: runs\\_per\\_cluster\\_hour|agent custom is over its budget: runs_per_cluster_hour: 1 of 1 runs since/;
  await daemon.until(
    () => slack.posts.filter((post) => over.test(JSON.stringify(post.blocks))).length === 2,
    'messages',
  );
  const runs = (await incidentsOf(daemon)).flatMap((incident) => incident.runs);
  expect(runs.map((run) => (run as unknown as { outcome: string }).outcome).sort()).toEqual([
    'answered',
    'fallback',
    'fallback',
  ]);
  const { spend } = await daemon.get<{ spend: readonly object[] }>('/api/spend?cluster=one');
  expect(spend).toMatchObject([{ cluster: 'one', agent: 'custom', runs: 1, usd: 0 }]);
  expect((await health(daemon)).agents).toEqual([]);
}, 90_000);
