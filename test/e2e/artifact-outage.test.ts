import { expect, onTestFinished, test } from 'vitest';
import { storedFilePolicy } from '../../src/lib/http/stored-file.ts';
import { Azurite } from '../support/azurite.ts';
import { incidentsOf } from '../support/daemon-accounts.ts';
import { daemonOver, realTimeSlack } from '../support/daemon-over.ts';
import { SimulatedCluster } from '../support/simulated-cluster.ts';
import { waitUntil } from '../support/wait-until.ts';

const waiting = (metrics: string): string | undefined =>
  /^nightcrier_artifact_uploads_waiting (.*)$/m.exec(metrics)?.[1];

test('STO-4: while Azure is away people are told at once; after kill -9 and its return each message has a link that opens', async () => {
  const one = await SimulatedCluster.start('one');
  onTestFinished(() => one.close());
  const azurite = await Azurite.start();
  onTestFinished(() => azurite.stop());
  const slack = await realTimeSlack();
  const artifacts = { type: 'azure-blob', connection_string: azurite.connectionString, container: 'incidents' };
  const daemon = await daemonOver([one], slack, { storage: { artifacts }, log: { format: 'json' } });
  await azurite.halt();
  await daemon.start();
  await waitUntil(() => one.push.counts().listening > 0, 'a subscription', 30_000);
  const problems = async () => (await daemon.get<{ problems: { code: string }[] }>('/health/clusters')).problems;
  await daemon.until(async () => (await problems()).some(({ code }) => code === 'NC-STORE-010'), 'a problem in health');

  for (const app of ['cart', 'pay', 'ship']) one.crash(app, 0);
  const reported = async () => (await incidentsOf(daemon)).filter(({ status }) => status === 'reported');
  await daemon.until(async () => (await reported()).length === 3, 'three answers', 120_000);
  await daemon.until(() => slack.channelPosts.length === 3, 'three messages');
  for (const { report } of await reported()) expect(report).toContain('/workspaces/');
  expect(waiting(await daemon.text('/metrics'))).toBe('3');

  await daemon.kill();
  await azurite.run();
  await daemon.start();
  await daemon.until(async () => waiting(await daemon.text('/metrics')) === '0', 'nothing that waits', 90_000);
  for (const { id, report, owner } of await reported()) {
    const served = await fetch(`${daemon.url}/i/${id}/report`);
    expect([served.status, served.headers.get('content-security-policy')]).toEqual([200, storedFilePolicy]);
    expect(await served.text()).toContain(owner.name);
    const page = await fetch(report ?? '');
    expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
    expect(await page.text()).toContain(owner.name);
  }
  const links = (): string[] =>
    slack.channelPosts.map(
      (post) => /http:\/\/127\.0\.0\.1[^"|>\\]*sig=[^"|>\\]*/.exec(JSON.stringify(post))?.[0] ?? '',
    );
  await daemon.until(() => links().every((link) => link !== ''), 'links in the messages');
  for (const link of links()) expect((await fetch(link.replaceAll('&amp;', '&'))).status).toBe(200);
  expect(slack.channelPosts).toHaveLength(3);
  expect(await problems()).toEqual([]);
  // Links are in messages and answers, never in the log.
  expect(daemon.log()).not.toContain('sig=');
}, 300_000);
