import { expect, onTestFinished, test } from 'vitest';
import { daemonOver } from '../support/daemon-over.ts';
import { SimulatedCluster } from '../support/simulated-cluster.ts';
import { type TakenEvent, WebhookReceiver, webhookSecret } from '../support/webhook-receiver.ts';

interface Health {
  readonly problems: readonly { readonly code: string }[];
}

test('NOT-4, NOT-3: signed events of the real daemon, over a receiver that fails and kill -9: each incident opened and answered once', async () => {
  const cluster = await SimulatedCluster.start('one');
  onTestFinished(() => cluster.close());
  const receiver = await WebhookReceiver.start();
  onTestFinished(() => receiver.close());
  const notify = { console: false, webhook: { url: receiver.url, secret: webhookSecret } };
  const daemon = await daemonOver([cluster], null, { notify });
  await daemon.start();
  await daemon.until(() => cluster.push.counts().listening > 0, 'a subscription');

  // It refuses five times: people hear of it, and nothing is lost.
  receiver.failNext(...Array.from({ length: 5 }, () => ({ status: 400 })), 'reset', { status: 500 });
  for (const [index, app] of ['cart', 'search', 'offers'].entries()) cluster.crash(app, index);
  await daemon.until(async () => {
    const { problems } = await daemon.get<Health>('/health/clusters');
    return problems.some(({ code }) => code === 'NC-NOTIFY-005');
  }, 'the problem on the health page');
  await daemon.kill();
  await daemon.start();
  const answered = (): TakenEvent[] => receiver.events.filter(({ type }) => type === 'incident.answered');
  await daemon.until(() => answered().length === 3, 'three answers', 60_000);

  expect(receiver.wrong).toEqual([]);
  expect(receiver.events.map(({ type }) => type).sort()).toEqual([
    ...Array.from({ length: 3 }, () => 'incident.answered'),
    ...Array.from({ length: 3 }, () => 'incident.opened'),
  ]);
  expect(receiver.calls.length).toBeGreaterThan(6);
  const text = JSON.stringify(answered().map(({ event }) => event));
  expect(text).toContain('built-in rules');
  expect(text).not.toContain(webhookSecret);
}, 120_000);
