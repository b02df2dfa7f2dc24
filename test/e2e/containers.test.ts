import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { dataDirLabel } from '../../src/triage/runner/docker-runner.ts';
import { agentImage, containersWith, lacksEngine } from '../support/agent-image.ts';
import { allArrived, incidentsOf, settled } from '../support/daemon-accounts.ts';
import { daemonOver, realTimeSlack } from '../support/daemon-over.ts';
import { SimulatedCluster } from '../support/simulated-cluster.ts';
import { waitUntil } from '../support/wait-until.ts';

const skip = lacksEngine('a daemon with agents in containers');
const answer = readFileSync(path.join(import.meta.dirname, '../fixtures/agents/answer.sh'), 'utf8').replaceAll(
  '${',
  () => '$${',
);

describe.skipIf(skip)('agents in containers, with the whole daemon', () => {
  test('TRI-1, TRI-4: kill -9 during a container: it is removed, the run taken up again, one report, one post', async () => {
    const image = await agentImage();
    const one = await SimulatedCluster.start('one');
    onTestFinished(() => one.close());
    const slack = await realTimeSlack();
    // Waits for a file of the workspace; the evidence that the answer refers to is not there, so that the analyst answers.
    const script = `while [ ! -e /workspace/go-on ]; do sleep 0.1; done\n${answer}`;
    const daemon = await daemonOver([one], slack, {
      agent: { cli: 'custom', command: ['bash', '-c', script], image, timeout: '60s' },
    });
    const dataDir = path.join(daemon.dir, 'data');
    const label = `nightcrier.data-dir=${dataDirLabel(dataDir)}`;
    await daemon.start();
    await waitUntil(() => one.push.counts().listening > 0, 'a subscription', 30_000);
    const sent = [one.crash('cart', 1)];
    const running = async () => ((await containersWith(label)).length === 1 ? await containersWith(label) : null);
    const [before] = await daemon.until(running, 'a container');
    await daemon.kill();
    expect(await containersWith(label)).toEqual([before]);

    await daemon.start();
    expect(await daemon.get<{ problems: unknown[] }>('/health/clusters')).toMatchObject({ problems: [] });
    const [incident] = await daemon.until(async () => {
      const found = await incidentsOf(daemon);
      return found[0]?.runs[0]?.attempt === 2 ? found : null;
    }, 'the second attempt');
    await daemon.until(running, 'the container of the second attempt');
    const workspace = path.join(dataDir, 'workspaces', incident?.id ?? '', (before ?? '').replace('nightcrier-', ''));
    writeFileSync(path.join(workspace, 'go-on'), '');
    await allArrived(daemon, sent, 30_000);
    await settled(daemon, 30_000);
    const [done] = await incidentsOf(daemon);
    expect(done).toMatchObject({ status: 'reported', runs: [{ status: 'succeeded', attempt: 2 }] });
    expect(slack.channelPosts).toHaveLength(1);
    await waitUntil(async () => (await containersWith(label)).length === 0, 'the removal of the container');
    const log = readFileSync(path.join(workspace, 'logs/gateway.jsonl'), 'utf8');
    expect(log).toContain('/output/investigation.md');
  }, 120_000);

  test('TRI-3: an engine that is not there is told in health, and the analyst answers', async () => {
    const one = await SimulatedCluster.start('one');
    onTestFinished(() => one.close());
    const agent = { cli: 'claude', engine: '/no/such/engine', timeout: '60s' };
    const daemon = await daemonOver([one], null, { agent });
    await daemon.start();
    const { problems } = await daemon.get<{ problems: { code: string; fix: string }[] }>('/health/clusters');
    expect(problems.map((problem) => problem.code)).toContain('NC-AGENT-004');
    await waitUntil(() => one.push.counts().listening > 0, 'a subscription', 30_000);
    const sent = [one.crash('cart', 1)];
    await allArrived(daemon, sent, 30_000);
    await settled(daemon, 30_000);
    const [incident] = await incidentsOf(daemon);
    expect(readFileSync((incident?.report ?? '').replace('.html', '.md'), 'utf8')).toContain('`engine_absent`');
  }, 60_000);
});
