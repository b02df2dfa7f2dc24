import { expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../../../src/lib/clock.ts';
import { silentLogger } from '../../../../src/lib/log.ts';
import { SlackSocket } from '../../../../src/notify/slack/actions/socket.ts';
import { realTimeSlack } from '../../../support/daemon-over.ts';
import type { SlackServer } from '../../../support/slack-server.ts';
import { waitUntil } from '../../../support/wait-until.ts';

interface Bench {
  readonly slack: SlackServer;
  readonly socket: SlackSocket;
  readonly heard: [type: string, body: unknown][];
  /** When a message is kept. */
  readonly kept: PromiseWithResolvers<void>;
}

async function bench(appToken?: string): Promise<Bench> {
  const slack = await realTimeSlack();
  const heard: Bench['heard'] = [];
  const kept = Promise.withResolvers<void>();
  const socket = new SlackSocket({
    appToken: appToken ?? slack.people.appToken,
    apiUrl: slack.url,
    timeoutMs: 2000,
    fetch,
    heard: (type, body) => {
      heard.push([type, body]);
      return type === 'events_api' ? kept.promise : null;
    },
    connected: () => {},
    clock: systemClock,
    random: () => 0,
    log: silentLogger,
  });
  onTestFinished(() => socket.stop());
  socket.start();
  return { slack, socket, heard, kept };
}

const connected = ({ socket }: Bench) => waitUntil(() => socket.isConnected, 'a connection', 20_000);

test('UX-15: what Slack says arrives after it was told so; what is not understood ends nothing', async () => {
  const b = await bench();
  await connected(b);
  const [end] = b.slack.people.sockets;
  for (const text of [
    '{',
    'null',
    '{"type":"events_api","envelope_id":"e"}',
    '{"type":"events_api","payload":{}}',
    '[]',
  ])
    end?.send(text);
  const envelope = b.slack.people.send('interactive', { type: 'block_actions', text: 'ü'.repeat(200) });
  await waitUntil(() => b.heard.some(([type]) => type === 'interactive'), 'the envelope', 20_000);
  await waitUntil(() => envelope.ackedAt !== null, 'its acknowledgement', 20_000);
  expect(b.heard.at(-1)).toEqual(['interactive', { type: 'block_actions', text: 'ü'.repeat(200) }]);
  expect(b.socket.isConnected).toBe(true);
});

test('NOT-5, NOT-3: of a message Slack hears that it has arrived when it is kept, and nothing where it is not', async () => {
  const b = await bench();
  await connected(b);
  const { people } = b.slack;
  const message = people.send('events_api', { event: { type: 'message' } });
  const click = people.send('interactive', { n: 2 });
  await waitUntil(() => click.ackedAt !== null, 'the click', 20_000);
  expect([b.heard.length, message.ackedAt]).toEqual([2, null]);
  b.kept.resolve();
  await waitUntil(() => message.ackedAt !== null, 'the message', 20_000);

  const other = await bench();
  await connected(other);
  const lost = other.slack.people.send('events_api', { event: { type: 'message' } });
  await waitUntil(() => other.heard.length > 0, 'the message', 20_000);
  other.kept.reject(new Error('no space left on device'));
  const after = other.slack.people.send('interactive', { n: 2 });
  await waitUntil(() => after.ackedAt !== null, 'what comes after it', 20_000);
  expect([lost.ackedAt, other.socket.isConnected]).toEqual([null, true]);
});

test('UX-15: a connection that Slack or the network ends is opened again, and only one stands', async () => {
  const b = await bench();
  const { sockets } = b.slack.people;
  await connected(b);
  sockets[0]?.send(JSON.stringify({ type: 'disconnect', reason: 'refresh_requested' }));
  await waitUntil(() => sockets.length === 2, 'the second connection', 20_000);
  await connected(b);
  sockets[1]?.destroy();
  await waitUntil(() => sockets.length === 3, 'the third connection', 20_000);
  await connected(b);
  b.slack.people.send('interactive', { n: 1 });
  await waitUntil(() => b.heard.length > 0, 'what is said by it', 20_000);
  expect(sockets.filter(({ isOpen }) => isOpen)).toHaveLength(1);
  expect(b.socket.problem()).toBeNull();
  await b.socket.stop();
  await waitUntil(() => sockets.every(({ isOpen }) => !isOpen), 'the end of all', 20_000);
  expect(b.slack.count('apps.connections.open')).toBe(3);
});

test('UX-15, OPS-1: a refused token is named with its code, until it is taken', async () => {
  const b = await bench('xapp-another');
  const problem = await waitUntil(() => b.socket.problem(), 'a problem', 20_000);
  expect(problem).toMatchObject({ code: 'NC-SLACK-007', message: 'Slack answered invalid_auth' });
  expect(problem.fix).toContain('connections:write');
  b.slack.people.appToken = 'xapp-another';
  await connected(b);
  expect(b.socket.problem()).toBeNull();
});

test('UX-15, OPS-1: a Slack that cannot be reached is named after three failures', async () => {
  const b = await bench();
  b.slack.fault = () => ({ kind: 'status', status: 503 });
  await connected(b).catch(() => {});
  b.slack.people.sockets.at(-1)?.destroy();
  const problem = await waitUntil(() => b.socket.problem(), 'a problem', 60_000);
  expect(problem).toMatchObject({ code: 'NC-SLACK-008' });
  b.slack.fault = () => null;
  await connected(b);
  expect(b.socket.problem()).toBeNull();
}, 120_000);
