import { afterEach, describe, expect, test } from 'vitest';
import type { Incident, Notice } from '../../../src/domain/records.ts';
import {
  answeredIncident,
  sampleFault,
  sampleIncident,
  sampleRun,
  sampleTime,
} from '../../support/incident-samples.ts';
import { SlackDelivery } from '../../support/slack-delivery.ts';
import type { SlackFault, SlackPost } from '../../support/slack-server.ts';

let delivery: SlackDelivery | null = null;
afterEach(async () => {
  await delivery?.close();
  delivery = null;
});

async function start(over: Parameters<typeof SlackDelivery.start>[0] = {}): Promise<SlackDelivery> {
  delivery = await SlackDelivery.start(over);
  return delivery;
}

const opened = sampleIncident();
const investigating = sampleIncident({ status: 'investigating', startedAt: sampleTime + 3000, seq: 2 });
const answered = answeredIncident();
const resolved: Incident = {
  ...answered,
  status: 'resolved',
  statusReason: 'cleared',
  resolvedAt: sampleTime + 840_000,
  updatedAt: sampleTime + 840_000,
  seq: 4,
};
const faults = [sampleFault()];

const kindOf = (post: SlackPost): string | undefined => post.metadata?.event_type;

async function sendAll(d: SlackDelivery, incidents: readonly Incident[]): Promise<void> {
  for (const incident of incidents) {
    d.outbox.put(incident, faults, incident.reportedAt === null ? [] : [sampleRun()]);
    await d.until(() => d.idle, `delivery of ${incident.status}`);
  }
}

describe('the life of an incident', () => {
  test('NOT-1, UX-13: one channel post over the whole life, edited at each change, details in its thread', async () => {
    const d = await start();
    await sendAll(d, [opened, investigating, answered, resolved]);
    expect(d.slack.channelPosts).toHaveLength(1);
    expect(d.slack.channelPosts[0]).toMatchObject({ channel: 'C0INCIDENTS', edits: 3 });
    expect(JSON.stringify(d.slack.channelPosts[0]?.blocks)).toContain('Resolved');
    const [details, line] = d.slack.threadPosts;
    expect(d.slack.threadPosts).toHaveLength(2);
    expect(details?.threadTs).toBe(d.slack.channelPosts[0]?.ts);
    expect(JSON.stringify(details?.blocks)).toContain('fatal: DB_URL is required');
    expect(line?.text).toBe('✅ Resolved after 14 min on prod-eu');
    expect(JSON.stringify(line?.blocks)).toContain('the fault is gone');
  });

  test('NOT-3: an answer that the end overtook is told with it: its details are in the thread', async () => {
    const d = await start();
    await sendAll(d, [opened, resolved]);
    expect(d.slack.threadPosts.map(kindOf)).toEqual(['nightcrier_details', 'nightcrier_resolved']);
  });

  test('NOT-1: what was never told while it stood has its end in the post and no line for it', async () => {
    const d = await start();
    await sendAll(d, [resolved]);
    expect(d.slack.threadPosts.map(kindOf)).toEqual(['nightcrier_details']);
  });

  test('NOT-1: a fault that comes back is one line in the thread, and its new answer and end too', async () => {
    const d = await start();
    const back = { status: 'open', resolvedAt: null, reopened: 1, updatedAt: sampleTime + 900_000 } as const;
    const reopened: Incident = { ...resolved, ...back, seq: 5 };
    const again = { reportedAt: sampleTime + 960_000, updatedAt: sampleTime + 960_000 };
    const answeredAgain: Incident = { ...reopened, ...again, status: 'reported', seq: 7 };
    const resolvedAgain: Incident = { ...answeredAgain, status: 'resolved', resolvedAt: sampleTime + 999_000, seq: 8 };
    await sendAll(d, [opened, answered, resolved, reopened, { ...reopened, status: 'investigating', seq: 6 }]);
    expect(d.slack.threadPosts.map(kindOf).at(-1)).toBe('nightcrier_reopened');
    expect(d.slack.threadPosts.at(-1)?.text).toContain('Reopened ×1');
    await sendAll(d, [answeredAgain, resolvedAgain]);
    expect(d.slack.channelPosts).toHaveLength(1);
    expect(d.slack.threadPosts.map(kindOf)).toEqual([
      'nightcrier_details',
      'nightcrier_resolved',
      'nightcrier_reopened',
      'nightcrier_details',
      'nightcrier_resolved',
    ]);
  });

  test('NOT-1: an incident of a removed cluster ended and did not clear', async () => {
    const d = await start();
    await sendAll(d, [opened, { ...resolved, statusReason: 'cluster_removed' }]);
    const said = JSON.stringify(d.slack.posts.map(({ blocks }) => blocks));
    expect(said).toContain('ended at');
    expect(said).not.toContain('cleared at');
  });

  test('NOT-3: each post carries metadata of ids only', async () => {
    const d = await start();
    await sendAll(d, [opened]);
    expect(d.slack.channelPosts[0]?.metadata).toEqual({
      event_type: 'nightcrier_incident',
      event_payload: { delivery_id: 'dlv_0001', incident_id: opened.id, state: 'open', seq: 1 },
    });
  });

  test('NOT-2: a cluster with a channel of its own is told there', async () => {
    const d = await start({ channelOf: (cluster) => (cluster === 'prod-eu' ? '#payments' : null) });
    await sendAll(d, [opened]);
    expect(d.slack.channelPosts[0]?.channel).toBe('C0PAYMENTS');
  });

  test('UX-12: never unfurls, always has a text, never parses bare words', async () => {
    const d = await start();
    await sendAll(d, [opened, answered]);
    const posts = d.slack.calls.filter(({ method }) => method.startsWith('chat.'));
    expect(posts.length).toBeGreaterThan(2);
    for (const { args } of posts) {
      expect(args).toMatchObject({ unfurl_links: 'false', unfurl_media: 'false', parse: 'none', link_names: 'false' });
      expect(args['text']).not.toBe('');
    }
  });

  test('NOT-3: a newer state that waits takes the place of an older one', async () => {
    const d = await start();
    d.slack.failNext('chat.postMessage', { kind: 'status', status: 503 });
    d.outbox.put(opened, faults, []);
    await d.until(() => d.slack.count('chat.postMessage') === 1, 'the first attempt');
    d.outbox.put(answered, faults, [sampleRun()]);
    await d.until(() => d.idle, 'delivery');
    expect(d.outbox.statuses).toEqual(['superseded', 'sent']);
    expect(d.slack.channelPosts).toHaveLength(1);
    expect(JSON.stringify(d.slack.channelPosts[0]?.blocks)).toContain('*Cause:*');
  });

  test.each(['message_not_found', 'edit_window_closed', 'cant_update_message'])(
    'NOT-1: %s on an edit posts anew',
    async (error) => {
      const d = await start();
      await sendAll(d, [opened]);
      d.slack.failNext('chat.update', { kind: 'error', error });
      await sendAll(d, [answered]);
      expect(d.slack.channelPosts).toHaveLength(2);
      await sendAll(d, [resolved]);
      expect(d.slack.channelPosts).toHaveLength(2);
      expect(d.slack.channelPosts[1]?.edits).toBe(1);
    },
  );
});

describe('faults of Slack', () => {
  const once: [string, SlackFault][] = [
    ['429 with Retry-After', { kind: 'rate_limited', seconds: 7 }],
    ['429 without Retry-After', { kind: 'rate_limited', seconds: null }],
    ['ratelimited as an error', { kind: 'error', error: 'ratelimited' }],
    ['500', { kind: 'status', status: 500 }],
    ['503', { kind: 'status', status: 503 }],
    ['internal_error', { kind: 'error', error: 'internal_error' }],
    ['an unknown error', { kind: 'error', error: 'something_new' }],
    ['nothing answers and nothing was done', { kind: 'silent', done: false }],
    ['accepted and nothing answers', { kind: 'silent', done: true }],
    ['accepted and cut off', { kind: 'cut_off' }],
    ['accepted and HTML for an answer', { kind: 'garbage', body: '<html>gateway</html>' }],
    ['accepted and null for an answer', { kind: 'garbage', body: 'null' }],
    ['accepted and half a JSON', { kind: 'garbage', body: '{"ok":true,' }],
    ['invalid_auth', { kind: 'error', error: 'invalid_auth' }],
    ['not_in_channel', { kind: 'error', error: 'not_in_channel' }],
    ['invalid_blocks', { kind: 'error', error: 'invalid_blocks' }],
  ];

  test.each(once)('UX-14, NOT-3: %s while posting: it arrives once', async (_name, fault) => {
    const d = await start();
    d.slack.failNext('chat.postMessage', fault);
    d.outbox.put(opened, faults, []);
    await d.until(() => d.idle, 'delivery', 15 * 60_000);
    expect(d.outbox.statuses).toEqual(['sent']);
    expect(d.slack.channelPosts).toHaveLength(1);
    expect(JSON.stringify(d.slack.channelPosts)).not.toContain('may be a repeat');
  });

  test.each(once)('UX-14, NOT-3: %s while editing: the edit arrives and no second post', async (_name, fault) => {
    const d = await start();
    await sendAll(d, [opened]);
    d.slack.failNext('chat.update', fault);
    d.outbox.put(investigating, faults, []);
    await d.until(() => d.idle, 'delivery', 15 * 60_000);
    expect(d.slack.channelPosts).toHaveLength(1);
    expect(JSON.stringify(d.slack.channelPosts[0]?.blocks)).toContain('investigating');
  });

  test.each(once)('UX-14: %s while posting the details: they arrive once, the parent once', async (_name, fault) => {
    const d = await start();
    await sendAll(d, [opened]);
    d.slack.failNext('chat.postMessage', fault);
    d.outbox.put(answered, faults, [sampleRun()]);
    await d.until(() => d.idle, 'delivery', 15 * 60_000);
    expect(d.slack.channelPosts).toHaveLength(1);
    expect(d.slack.threadPosts).toHaveLength(1);
  });

  test.each(once)('UX-14: %s while telling the thread the end: it is told once', async (_name, fault) => {
    const d = await start();
    await sendAll(d, [opened, answered]);
    d.slack.failNext('chat.postMessage', fault);
    d.outbox.put(resolved, faults, [sampleRun()]);
    await d.until(() => d.idle, 'delivery', 15 * 60_000);
    expect(d.slack.threadPosts.map(kindOf)).toEqual(['nightcrier_details', 'nightcrier_resolved']);
  });

  test('UX-14: accepted and cut off without the history scope: at most one duplicate, marked', async () => {
    const d = await start();
    d.slack.scopes.clear();
    d.slack.failNext('chat.postMessage', { kind: 'cut_off' });
    d.outbox.put(opened, faults, []);
    await d.until(() => d.idle, 'delivery');
    expect(d.slack.channelPosts).toHaveLength(2);
    const marked = d.slack.channelPosts.map((post) => JSON.stringify(post.blocks).includes('may be a repeat'));
    expect(marked).toEqual([false, true]);
  });

  test('NOT-3: a 429 for a minute is waited out, not hammered, and everything arrives', async () => {
    const d = await start();
    const end429 = d.clock.now() + 60_000;
    let refused = 0;
    d.slack.fault = ({ method }) => {
      const left = end429 - d.clock.now();
      if (method !== 'chat.postMessage' || left <= 0) return null;
      refused++;
      return { kind: 'rate_limited', seconds: Math.ceil(left / 1000) };
    };
    for (let index = 0; index < 8; index++) {
      d.outbox.put(sampleIncident({ id: `inc_${index}` }), faults, []);
    }
    await d.until(() => d.idle, 'delivery', 120_000);
    expect(refused).toBeGreaterThan(0);
    expect(refused).toBeLessThanOrEqual(8);
    expect(d.slack.channelPosts).toHaveLength(8);
  });

  test('NOT-3: invalid_auth stops the lane, is a problem with a code, and is asked again slowly', async () => {
    const d = await start();
    d.slack.token = 'xoxb-other';
    for (let index = 0; index < 5; index++) d.outbox.put(sampleIncident({ id: `inc_${index}` }), faults, []);
    await d.until(() => d.notifications.problems().length > 0, 'the problem');
    expect(d.notifications.problems()[0]).toMatchObject({
      code: 'NC-SLACK-001',
      message: 'Slack answered invalid_auth',
    });
    const first = d.slack.calls.length;
    await d.until(() => d.clock.now() >= sampleTime + 25 * 60_000, 'some time', 30 * 60_000);
    expect(d.slack.calls.length - first).toBeLessThan(40);
    expect(d.idle).toBe(false);
    expect(d.slack.posts).toHaveLength(0);
    d.slack.token = 'xoxb-test';
    await d.until(() => d.idle, 'delivery', 15 * 60_000);
    expect(d.slack.channelPosts).toHaveLength(5);
    expect(d.notifications.problems()).toEqual([]);
  });

  test('NOT-3: a channel that refuses us does not hold up another', async () => {
    const d = await start({ channelOf: (cluster) => (cluster === 'lab' ? '#gone' : null) });
    d.outbox.put(sampleIncident({ id: 'inc_lab', cluster: 'lab' }), faults, []);
    d.outbox.put(opened, faults, []);
    await d.until(() => d.slack.channelPosts.length === 1, 'the good channel');
    await d.until(() => d.notifications.problems().length === 1, 'the problem');
    expect(d.notifications.problems()[0]).toMatchObject({ code: 'NC-SLACK-002' });
    expect(d.notifications.problems()[0]?.fix).toContain('#gone');
    d.slack.channels.set('C0GONE', 'gone');
    await d.until(() => d.idle, 'delivery', 15 * 60_000);
    expect(d.slack.channelPosts).toHaveLength(2);
  });

  test('NOT-1: a form that Slack refuses goes out as plain words', async () => {
    const d = await start();
    let refused = 0;
    d.slack.fault = ({ method, args }) =>
      method === 'chat.postMessage' && args['blocks']?.includes('"header"') && refused++ < 100
        ? { kind: 'error', error: 'invalid_blocks' }
        : null;
    await sendAll(d, [opened]);
    expect(refused).toBe(1);
    expect(JSON.stringify(d.slack.channelPosts[0]?.blocks)).toContain('CrashLoop');
  });

  test('NOT-3: what no form can mend becomes dead, and the metrics say why', async () => {
    const d = await start();
    d.slack.fault = ({ method }) => (method === 'chat.postMessage' ? { kind: 'error', error: 'invalid_blocks' } : null);
    d.outbox.put(opened, faults, []);
    await d.until(() => d.idle, 'the end');
    expect(d.outbox.statuses).toEqual(['dead']);
    const metrics = await d.registry.metrics();
    expect(metrics).toContain('nightcrier_notifications_failed_total{integration="slack",reason="payload"} 1');
    expect(metrics).toContain('nightcrier_outbox_length{integration="slack"} 0');
  });

  test.each([
    ['stays silent', { kind: 'silent', done: false }],
    ['answers 503', { kind: 'status', status: 503 }],
  ] as const)('NOT-3: a server that %s five times is a problem, until it answers', async (_what, fault) => {
    const d = await start({ timeoutMs: 300 });
    d.slack.fault = () => fault;
    d.outbox.put(opened, faults, []);
    await d.until(() => d.notifications.problems().length > 0, 'the problem', 10 * 60_000);
    expect(d.notifications.problems()[0]?.code).toBe('NC-SLACK-005');
    d.slack.fault = () => null;
    await d.until(() => d.idle, 'delivery', 10 * 60_000);
    expect(d.notifications.problems()).toEqual([]);
    expect(d.slack.channelPosts).toHaveLength(1);
  });
});

describe('NOT-6: clusters that are unreachable and back', () => {
  const lost = { key: 'lost:1', since: sampleTime - 600_000, until: null, incidents: 0, detail: 'lab: refused' };
  const back = { ...lost, until: sampleTime + 720_000, detail: '' };

  async function tell(d: SlackDelivery, kind: 'clusters_unreachable' | 'clusters_back', notice: Notice): Promise<void> {
    await d.outbox.notice(kind, notice, d.clock.now());
    await d.until(() => d.idle, kind);
  }

  test('the return is an edit of the post that told of the outage, and one line in its thread', async () => {
    const d = await start();
    await tell(d, 'clusters_unreachable', { ...lost, clusters: ['lab'] });
    const answers = { key: lost.key, stillUnreachable: 0 };
    await tell(d, 'clusters_back', { ...back, key: 'back:1', clusters: ['lab'], answers });
    expect(d.slack.channelPosts).toHaveLength(1);
    expect(d.slack.channelPosts[0]).toMatchObject({ text: '✅ nightcrier sees again · lab', edits: 1 });
    expect(d.slack.threadPosts).toHaveLength(1);
    expect(JSON.stringify(d.slack.threadPosts[0]?.blocks)).toContain('nothing was heard for 22 min');
  });

  test('while others of the same message are unreachable, only its thread says who is back', async () => {
    const d = await start();
    await tell(d, 'clusters_unreachable', { ...lost, clusters: ['lab', 'prod'] });
    const answers = { key: lost.key, stillUnreachable: 1 };
    await tell(d, 'clusters_back', { ...back, key: 'back:1', clusters: ['lab'], answers });
    expect(d.slack.channelPosts[0]).toMatchObject({ edits: 0 });
    expect(JSON.stringify(d.slack.threadPosts[0]?.blocks)).toContain('1 cluster of this message is unreachable still');
    await tell(d, 'clusters_back', {
      ...back,
      key: 'back:2',
      clusters: ['prod'],
      answers: { ...answers, stillUnreachable: 0 },
    });
    expect(d.slack.channelPosts).toHaveLength(1);
    expect(d.slack.channelPosts[0]).toMatchObject({ edits: 1 });
    expect(d.slack.threadPosts).toHaveLength(2);
  });

  test('without the post of the outage the return is a post of its own', async () => {
    const d = await start();
    await tell(d, 'clusters_back', { ...back, clusters: ['lab'], answers: { key: 'lost:lost', stillUnreachable: 1 } });
    expect(d.slack.channelPosts).toHaveLength(1);
    expect(d.slack.threadPosts).toHaveLength(0);
  });

  test('UX-14: a line that arrived without an answer is not told twice', async () => {
    const d = await start();
    await tell(d, 'clusters_unreachable', { ...lost, clusters: ['lab'] });
    d.slack.failNext('chat.postMessage', { kind: 'cut_off' });
    const answers = { key: lost.key, stillUnreachable: 0 };
    await tell(d, 'clusters_back', { ...back, key: 'back:1', clusters: ['lab'], answers });
    expect(d.slack.threadPosts).toHaveLength(1);
  });
});

describe('crashes', () => {
  test('NOT-3, UX-14: killed while Slack had it already: found in the history, no second post', async () => {
    const d = await start({ timeoutMs: 60_000 });
    d.slack.failNext('chat.postMessage', { kind: 'silent', done: true });
    d.outbox.put(opened, faults, []);
    await d.until(() => d.slack.channelPosts.length === 1, 'the post');
    await d.kill();
    expect(d.outbox.statuses).toEqual(['sending']);
    await d.startProcess();
    await d.until(() => d.idle, 'delivery');
    expect(d.slack.channelPosts).toHaveLength(1);
    expect(d.outbox.posts.size).toBe(1);
    await sendAll(d, [answered]);
    expect(d.slack.channelPosts).toHaveLength(1);
  });

  test('NOT-3, UX-14: killed while sending, then a newer state: still one post', async () => {
    const d = await start({ timeoutMs: 60_000 });
    d.slack.failNext('chat.postMessage', { kind: 'silent', done: true });
    d.outbox.put(opened, faults, []);
    await d.until(() => d.slack.channelPosts.length === 1, 'the post');
    await d.kill();
    d.outbox.put(answered, faults, [sampleRun()]);
    await d.startProcess();
    await d.until(() => d.idle, 'delivery');
    expect(d.slack.channelPosts).toHaveLength(1);
    expect(JSON.stringify(d.slack.channelPosts[0]?.blocks)).toContain('*Cause:*');
    expect(d.slack.threadPosts).toHaveLength(1);
  });

  test('NOT-3: killed before Slack had it: posted once, found on the last page of a long history', async () => {
    const d = await start({ timeoutMs: 60_000 });
    d.slack.failNext('chat.postMessage', { kind: 'silent', done: true });
    d.outbox.put(opened, faults, []);
    await d.until(() => d.slack.channelPosts.length === 1, 'the post');
    await d.kill();
    for (let index = 0; index < 450; index++) {
      d.slack.posts.push({
        channel: 'C0INCIDENTS',
        ts: `${sampleTime / 1000 + 100 + index}.1`,
        threadTs: null,
        text: 'chat',
        blocks: [],
        metadata: null,
        edits: 0,
      });
    }
    await d.startProcess();
    await d.until(() => d.idle, 'delivery');
    expect(d.slack.channelPosts).toHaveLength(451);
    expect(d.slack.count('conversations.history')).toBe(3);
  });

  test('NOT-3: killed before Slack had it: posted once, not marked', async () => {
    const d = await start({ timeoutMs: 60_000 });
    d.slack.failNext('chat.postMessage', { kind: 'silent', done: false });
    d.outbox.put(opened, faults, []);
    await d.until(() => d.slack.count('chat.postMessage') === 1, 'the attempt');
    await d.kill();
    await d.startProcess();
    await d.until(() => d.idle, 'delivery');
    expect(d.slack.channelPosts).toHaveLength(1);
    expect(JSON.stringify(d.slack.channelPosts)).not.toContain('may be a repeat');
  });

  test('OPS-5: a stop sends what is due and leaves what cannot be sent', async () => {
    const d = await start();
    d.outbox.put(opened, faults, []);
    const stopped = d.notifications.stop(AbortSignal.timeout(5000));
    await stopped;
    expect(d.outbox.statuses).toEqual(['sent']);
    expect(d.clock.timers).toBe(0);
  });

  test('OPS-5: a stop that is cut short keeps the message, as one that may have arrived', async () => {
    const d = await start({ timeoutMs: 60_000 });
    d.slack.fault = () => ({ kind: 'silent', done: true });
    d.outbox.put(opened, faults, []);
    await d.until(() => d.slack.count('chat.postMessage') === 1, 'the attempt');
    await d.notifications.stop(AbortSignal.abort());
    expect([...d.outbox.rows.values()][0]).toMatchObject({ status: 'pending', uncertain: true });
  });
});
