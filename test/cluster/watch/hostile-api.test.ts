import type { ServerResponse } from 'node:http';
import { describe, expect, test } from 'vitest';
import { noWatchMetrics } from '../../../src/cluster/watch/context.ts';
import type { WatchEnd } from '../../../src/cluster/watch/reaction.ts';
import type { CollectionLimits } from '../../../src/kube/read/collection.ts';
import { container, object, pod, wellPod } from '../../support/kube-objects.ts';
import { fleetOf, releaseAfterEach, releaseLater } from '../../support/push-fleet.ts';
import { waitUntil } from '../../support/wait-until.ts';
import { type ApiCall, json, WatchedApi } from '../../support/watched-api.ts';

releaseAfterEach();

const looping = (name: string, uid = `uid-${name}`) =>
  pod(
    name,
    { phase: 'Running', containerStatuses: [container({ waiting: { reason: 'CrashLoopBackOff' } })] },
    { metadata: { uid } },
  );

async function watched(collection: Partial<CollectionLimits> = {}, ruin?: WatchedApi['ruin']) {
  const api = await WatchedApi.start();
  if (ruin) api.ruin = ruin;
  releaseLater(() => api.close());
  const ends: WatchEnd[] = [];
  const watchMetrics = { ...noWatchMetrics, ended: (end: WatchEnd) => void ends.push(end) };
  const fleet = fleetOf([{ name: 'east', watch: { kubeconfig: api.kubeconfig } }], {
    watchMetrics,
    collection,
    sweep: { interval_without_push: '200ms' },
  });
  /** Each fault that was told for the first time, by the name of its object. */
  const told = (): string[] => [
    ...new Set(fleet.store.sweeps.flatMap(({ findings }) => findings.map(({ resource }) => resource.name))),
  ];
  return { api, ends, told, ...fleet };
}

const html = (response: ServerResponse): void => {
  response.writeHead(200, { 'content-type': 'text/html' });
  response.end('<html>please log in</html>');
};
const stream = (response: ServerResponse, ...lines: unknown[]): void => {
  response.writeHead(200, { 'content-type': 'application/json' });
  for (const line of lines) response.write(typeof line === 'string' ? line : `${JSON.stringify(line)}\n`);
};
const version = { metadata: { resourceVersion: '101' } };

/** What a server may do in place of an answer. */
type Misdeed = (call: ApiCall, response: ServerResponse) => void;

const onWatch: Record<string, [WatchEnd, Misdeed]> = {
  'a line that is no JSON': ['garbage', (_, to) => stream(to, '}{\n')],
  HTML: ['garbage', (_, to) => stream(to, '<html>\nplease log in\n</html>\n')],
  'a line without an end': ['too_large', (_, to) => stream(to, '{"type":"ADDED","object":"', 'x'.repeat(300_000))],
  'a very long line': ['too_large', (_, to) => stream(to, `"${'x'.repeat(300_000)}"\n`)],
  'an event without an object': ['garbage', (_, to) => stream(to, { type: 'ADDED' })],
  'an event of nothing': ['garbage', (_, to) => stream(to, null)],
  'an event of another kind': [
    'garbage',
    (_, to) => stream(to, { type: 'ADDED', object: { kind: 'Secret', ...version } }),
  ],
  'an event of an unknown type': ['garbage', (_, to) => stream(to, { type: 'GUESS', object: wellPod('x') })],
  'an event without a version': ['garbage', (_, to) => stream(to, { type: 'ADDED', object: wellPod('x') })],
  'a bookmark without a version': ['garbage', (_, to) => stream(to, { type: 'BOOKMARK', object: {} })],
  'an error without a word': ['server_error', (_, to) => stream(to, { type: 'ERROR' })],
  'an error that says 410': [
    'expired',
    (_, to) => stream(to, { type: 'ERROR', object: { code: 410, message: 'old' } }),
  ],
  '410 by status': ['expired', (_, to) => json(to, 410, { message: 'too old resource version' })],
  '500': ['server_error', (_, to) => json(to, 500, { message: 'etcdserver: request timed out' })],
  '503 with the time to wait': ['server_error', (_, to) => json(to, 503, {}, { 'retry-after': '0' })],
  '429': ['rate_limited', (_, to) => json(to, 429, { message: 'slow down' }, { 'retry-after': '0' })],
  'headers that do not end': ['timeout', (_, to) => void to.socket?.write('HTTP/1.1 200 OK\r\nx-a: b\r\n')],
  'no answer at all': ['timeout', () => {}],
  'headers without end': [
    'unreachable',
    (_, to) => void to.socket?.write(`HTTP/1.1 200 OK\r\nx-a: ${'x'.repeat(100_000)}`),
  ],
  'the end of the connection': ['unreachable', (_, to) => void to.socket?.destroy()],
  'an end in the middle of a line': [
    'unreachable',
    (_, to) => {
      stream(to, '{"type":');
      setTimeout(() => to.socket?.destroy(), 20);
    },
  ],
};

const onList: Record<string, [WatchEnd, Misdeed]> = {
  HTML: ['garbage', (_, to) => html(to)],
  'another list': [
    'garbage',
    (_, to) => json(to, 200, { kind: 'PodList', items: [{ kind: 'Secret', metadata: { name: 'x' } }], ...version }),
  ],
  'a list without a version': ['garbage', (_, to) => json(to, 200, { kind: 'PodList', items: [] })],
  'an object in place of a list': [
    'garbage',
    (_, to) => json(to, 200, { kind: 'Pod', metadata: { name: 'x', resourceVersion: '1' } }),
  ],
  'pages without end': [
    'garbage',
    (_, to) => json(to, 200, { kind: 'PodList', items: [], metadata: { resourceVersion: '1', continue: 'again' } }),
  ],
  'a page that is too large': [
    'too_large',
    (_, to) => json(to, 200, { kind: 'PodList', items: ['x'.repeat(300_000)], ...version }),
  ],
  'pages that have expired': [
    'expired',
    (_, to) => json(to, 410, { message: 'The provided continue parameter is too old' }),
  ],
  '500': ['server_error', (_, to) => json(to, 500, { message: 'x' })],
  'no answer at all': ['timeout', () => {}],
  'the end of the connection': ['unreachable', (_, to) => void to.socket?.destroy()],
};

describe('CON-8: a server that misbehaves', () => {
  const cases = [
    ...Object.entries(onWatch).map(([name, [end, misdeed]]) => ({
      name: `in place of a watch: ${name}`,
      watch: true,
      end,
      misdeed,
    })),
    ...Object.entries(onList).map(([name, [end, misdeed]]) => ({
      name: `in place of a list: ${name}`,
      watch: false,
      end,
      misdeed,
    })),
  ];

  test.each(cases)(
    '$name: is $end, and then all is well',
    async ({ watch, end, misdeed }) => {
      const limits = { answerMs: 300, pageBytes: 200_000, lineBytes: 200_000 };
      const { api, ends, told, becomes, status, store } = await watched(limits, (call, response) => {
        if (call.what !== 'pods' || call.watch !== watch || call.before >= 3) return false;
        misdeed(call, response);
        return true;
      });
      api.set(looping('first'));
      await waitUntil(() => api.count('pods', watch) > 3, 'it behaves again', 20_000);
      await becomes('east', 'active', 20_000);
      await waitUntil(() => told().includes('first'), 'what stood before', 10_000);
      api.set(looping('second'));
      await waitUntil(() => told().includes('second'), 'what came later', 10_000);
      expect(ends).toContain(end);
      await waitUntil(() => status('east').error === null, 'nothing is wrong any more');
      // Nothing is said of an object that was never there.
      expect(told()).toEqual(['first', 'second']);
      expect(store.sweeps.flatMap(({ findings }) => findings).every(({ source }) => source === 'watch')).toBe(true);
    },
    60_000,
  );

  test('a server that ends every watch at once is not asked without end', async () => {
    const { api, becomes } = await watched({}, (call, response) => {
      if (!call.watch || call.what !== 'pods') return false;
      stream(response);
      response.end();
      return true;
    });
    await becomes('east', 'active', 10_000);
    const before = api.count('pods', true);
    await new Promise((resolve) => setTimeout(resolve, 1000));
    // The longest back-off of these tests is 200 ms.
    expect(api.count('pods', true) - before).toBeLessThan(15);
  });

  test('an unknown page of log-in in place of everything makes it failed, with what to do', async () => {
    const { becomes, api } = await watched({}, (_, response) => (html(response), true));
    expect((await becomes('east', 'failed', 10_000)).error).toMatchObject({ code: 'NC-WATCH-005' });
    api.ruin = () => false;
    await becomes('east', 'active', 10_000);
  });
});

test('CON-8: the first round tells which clusters could not be looked at; a kubeconfig that is not there says so', async () => {
  const api = await WatchedApi.start();
  releaseLater(() => api.close());
  const { manager, status } = fleetOf([
    { name: 'east', watch: { kubeconfig: api.kubeconfig } },
    { name: 'none', watch: { kubeconfig: `${api.kubeconfig}.not` } },
    { name: 'other', watch: { kubeconfig: api.kubeconfig, context: 'nowhere' } },
  ]);
  expect(await manager.firstRound()).toEqual(['none', 'other']);
  expect(status('none').error).toMatchObject({ code: 'NC-KUBE-001' });
  expect(status('other').error).toMatchObject({ code: 'NC-KUBE-002' });
  expect(manager.toolsOf('east')).toBeNull();
  expect(manager.fleet().map(({ described }) => described.mode)).toEqual(['watch', 'watch', 'watch']);
});

test('CON-8: a kubeconfig for reports that is of another cluster makes it failed until they agree', async () => {
  const api = await WatchedApi.start();
  releaseLater(() => api.close());
  let own: string | null = 'another-cluster';
  const credential = { contextOf: () => Promise.resolve(null), uidOf: () => Promise.resolve(own) };
  const { becomes } = fleetOf([{ name: 'east', watch: { kubeconfig: api.kubeconfig } }], { credential });
  expect((await becomes('east', 'failed', 10_000)).error).toMatchObject({ code: 'NC-WATCH-008' });
  own = null;
  await becomes('east', 'active', 10_000);
});

describe('CON-8: rights', () => {
  const forbidden = (response: ServerResponse, what: string): boolean => {
    json(response, 403, { kind: 'Status', message: `${what} is forbidden: User "u" cannot list resource "${what}"` });
    return true;
  };

  test('a kind that is refused is told, and the others go on', async () => {
    const { becomes, status, told, api } = await watched({}, ({ what }, to) => what === 'jobs' && forbidden(to, what));
    await becomes('east', 'active', 10_000);
    await waitUntil(() => status('east').error?.code === 'NC-WATCH-007', 'it is told');
    expect(status('east').error?.message).toContain('Job');
    api.set(looping('one'));
    await waitUntil(() => told().includes('one'), 'a fault of another kind');
  });

  test('a kind that need not be there is not missed', async () => {
    const { becomes, status } = await watched(
      {},
      ({ what }, to) => what === 'ingresses' && (json(to, 404, { message: 'not found' }), true),
    );
    await becomes('east', 'active', 10_000);
    expect(status('east').error).toBeNull();
  });

  test('nothing but refusals makes it failed', async () => {
    const { becomes } = await watched({}, ({ what }, to) => forbidden(to, what));
    expect((await becomes('east', 'failed', 10_000)).error).toMatchObject({ code: 'NC-WATCH-004' });
  });

  test('a refused credential makes it failed at once, and a good one active', async () => {
    const { becomes, api } = await watched({}, (_, to) => (json(to, 401, { message: 'Unauthorized' }), true));
    expect((await becomes('east', 'failed', 10_000)).error).toMatchObject({ code: 'NC-WATCH-003' });
    api.ruin = () => false;
    await becomes('east', 'active', 10_000);
  });
});

describe('CON-8: nothing is lost', () => {
  test('what happens between two watches comes with the second, from the version of the first', async () => {
    const { api, becomes, told } = await watched();
    await becomes('east', 'active', 10_000);
    const lists = api.count('pods', false);
    api.cut();
    api.set(looping('meanwhile'));
    await waitUntil(() => told().includes('meanwhile'), 'what happened meanwhile', 10_000);
    expect(api.count('pods', false)).toBe(lists);
  });

  test('what is not known any more is listed anew, and what is gone is gone', async () => {
    const { api, becomes, told, store } = await watched();
    api.set(looping('before'));
    await becomes('east', 'active', 10_000);
    await waitUntil(() => told().includes('before'), 'the first');
    api.cut();
    api.remove(looping('before'));
    api.set(looping('after'));
    api.compact();
    await waitUntil(() => told().includes('after'), 'what happened meanwhile', 10_000);
    const whole = () => store.sweeps.findLast(({ partial }) => partial === false);
    const last = await waitUntil(() => (whole()?.findings.length === 1 ? whole() : null), 'a whole look');
    expect(last.findings.map(({ resource }) => resource.name)).toEqual(['after']);
  });

  test('a watch that has gone quiet is left for a new one', async () => {
    const { api, becomes, told, status } = await watched({ quietMs: 300 });
    await becomes('east', 'active', 10_000);
    const before = api.count('pods', true);
    api.bookmark();
    await waitUntil(() => api.count('pods', true) > before, 'a new watch', 10_000);
    api.set(looping('one'));
    await waitUntil(() => told().includes('one'), 'a fault on it', 10_000);
    expect(status('east').reconnects).toBe(0);
  });

  test('another cluster under the same kubeconfig: everything is listed anew', async () => {
    const { api, becomes, status, told } = await watched();
    api.set(looping('old'));
    await becomes('east', 'active', 10_000);
    await waitUntil(() => told().includes('old'), 'the fault of the first');
    const lists = api.count('pods', false);
    api.uid = 'cluster-2';
    api.cut();
    await waitUntil(() => api.count('pods', false) > lists, 'a new list', 10_000);
    await becomes('east', 'active', 10_000);
    expect(status('east').source).toBe('watch');
  });

  test('two clusters at one address: a problem that is shown, and a back-off', async () => {
    const { api, becomes } = await watched();
    await becomes('east', 'active', 10_000);
    let asked = 0;
    Object.defineProperty(api, 'uid', { get: () => `cluster-${((asked += 1) % 2) + 1}` });
    api.cut();
    const { error, retryAt } = await becomes('east', 'failed', 10_000);
    expect(error).toMatchObject({ code: 'NC-WATCH-009' });
    expect(retryAt).not.toBeNull();
    expect(asked).toBeLessThan(10);
  });

  test('a store that is full costs nothing: all is told when it has room', async () => {
    const { api, becomes, told, store } = await watched();
    await becomes('east', 'active', 10_000);
    store.full = true;
    api.set(looping('one'));
    const offered = () => store.offered.flatMap(({ findings }) => findings.map(({ resource }) => resource.name));
    await waitUntil(() => offered().includes('one'), 'the fault, which cannot be written', 10_000);
    expect(told()).toEqual([]);
    store.full = false;
    await waitUntil(() => told().includes('one'), 'the fault', 10_000);
  });

  test('an event about an object that is gone says nothing', async () => {
    const { api, becomes, told } = await watched();
    await becomes('east', 'active', 10_000);
    const about = { kind: 'Pod', namespace: 'shop', name: 'gone', uid: 'u', apiVersion: 'v1' };
    const now = new Date().toISOString();
    const event = {
      type: 'Warning',
      reason: 'FailedCreatePodSandBox',
      message: 'x',
      lastTimestamp: now,
      involvedObject: about,
    };
    api.set(object('Event', 'e', event));
    api.set(looping('marker'));
    await waitUntil(() => told().includes('marker'), 'a later fault');
    expect(told()).toEqual(['marker']);
  });
});
