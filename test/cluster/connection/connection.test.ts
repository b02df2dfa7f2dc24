import { expect, test } from 'vitest';
import { startFleet } from '../../support/cluster-fleet.ts';
import { crashLoop, fleetOf, prod, pushServer, releaseAfterEach } from '../../support/push-fleet.ts';
import { waitUntil } from '../../support/wait-until.ts';

releaseAfterEach();

test('CON-1, CON-2: a connection goes through its states and delivers what is pushed', async () => {
  const push = await pushServer({ serverCluster: 'in-cluster' });
  const { becomes, history, store, status } = fleetOf(prod(push.endpoint));
  await becomes('prod', 'active');
  expect(history.get('prod')?.map((entry) => entry.state)).toEqual([
    'connecting',
    'connected',
    'subscribing',
    'active',
  ]);
  expect(status('prod')).toMatchObject({ source: 'push', error: null, retryAt: null });

  expect(push.emitFault(crashLoop('u1'))).toBe(1);
  await waitUntil(() => store.faults.length === 1, 'the fault is stored');
  expect(store.faults[0]).toMatchObject({
    cluster: 'prod',
    source: 'push',
    faultType: 'CrashLoop',
    severity: 'critical',
    resource: { kind: 'Pod', name: 'api-u1', namespace: 'shop', uid: 'u1' },
  });
  expect(status('prod')).toMatchObject({ eventCount: 1 });
});

test('CON-5: a subscription is followed by one sweep, which knows the name that the server gives its cluster', async () => {
  const push = await pushServer({ serverCluster: 'kind-shop' });
  const { store, sweeper, status, manager } = fleetOf(prod(push.endpoint));
  await waitUntil(() => store.sweeps.length === 1, 'the sweep is stored');
  expect(sweeper.runs).toMatchObject([{ cluster: 'prod', serverCluster: 'kind-shop' }]);
  expect(manager.serverClusterOf('prod')).toBe('kind-shop');
  await waitUntil(() => status('prod').lastSweep !== null, 'the status tells the sweep');
});

test('CON-7: a stop unsubscribes, ends the session and leaves nothing open', async () => {
  const push = await pushServer();
  const started = startFleet(prod(push.endpoint));
  await started.becomes('prod', 'active');
  await started.stop();
  expect(push.counts()).toMatchObject({ sessions: 0, streams: 0, subscriptions: 0 });
  expect(push.counts().methods).toMatchObject({ 'tools/call events_unsubscribe': 1 });
  expect(started.status('prod').state).toBe('disconnected');
});

test('CON-4: a server without events_subscribe is swept, and active', async () => {
  const push = await pushServer({ events: false });
  const { becomes, store, status } = fleetOf(prod(push.endpoint), { sweep: { interval_without_push: '100ms' } });
  await becomes('prod', 'active');
  expect(status('prod')).toMatchObject({ source: 'sweep', error: null });
  await waitUntil(() => store.sweeps.length >= 3, 'it is swept again and again');
  expect(push.counts().streams).toBe(0);
});

test('CON-4: with mode subscribe a server without events_subscribe is a failure that says what to do', async () => {
  const push = await pushServer({ events: false });
  const { becomes, status } = fleetOf(prod(push.endpoint, { mode: 'subscribe' }));
  await becomes('prod', 'failed');
  expect(status('prod').error).toMatchObject({ code: 'NC-CLUSTER-010' });
  expect(status('prod').error?.fix).toContain('mcp.mode of prod');
  expect(status('prod').retryAt).not.toBeNull();
});

test('CON-4: mode sweep never subscribes', async () => {
  const push = await pushServer();
  const { becomes, status } = fleetOf(prod(push.endpoint, { mode: 'sweep' }));
  await becomes('prod', 'active');
  expect(status('prod').source).toBe('sweep');
  expect(push.counts().methods).not.toHaveProperty('tools/call events_subscribe');
});

test('CON-4: a degraded subscription is replaced, and the cluster swept', async () => {
  const push = await pushServer();
  const { becomes, store, history, status } = fleetOf(prod(push.endpoint));
  await becomes('prod', 'active');
  await waitUntil(() => store.sweeps.length === 1, 'the first sweep');
  push.emitSubscriptionError('watch failed 5 times');
  await waitUntil(() => store.sweeps.length >= 2 && status('prod').source === 'push', 'push again');
  expect(history.get('prod')?.map((entry) => entry.source)).toContain('sweep');
  expect(push.counts().subscriptions).toBe(1);
  expect(status('prod').reconnects).toBe(0);
});

test('CON-4: a refused subscription is asked for again while the cluster is swept', async () => {
  const push = await pushServer({ maxSubscriptions: 0 });
  const { becomes, status } = fleetOf(prod(push.endpoint));
  await becomes('prod', 'active');
  expect(status('prod')).toMatchObject({ source: 'sweep', error: { code: 'NC-CLUSTER-011' } });
  const asked = (): number => push.counts().methods['tools/call events_subscribe'] ?? 0;
  await waitUntil(() => asked() >= 3, 'it asks again');
  expect(push.counts().sessions).toBe(1);
});

test('CON-3: a 404 on a known session starts a new one, with a new subscription and a sweep', async () => {
  const push = await pushServer();
  const { becomes, store, status } = fleetOf(prod(push.endpoint), { connection: { ping_interval: '50ms' } });
  await becomes('prod', 'active');
  await waitUntil(() => store.sweeps.length === 1, 'the first sweep');
  push.forgetSessions();
  await waitUntil(() => status('prod').reconnects === 1 && status('prod').state === 'active', 'a new session');
  await waitUntil(() => store.sweeps.length === 2, 'the gap is swept');
  push.emitFault(crashLoop('u2'));
  await waitUntil(() => store.faults.length === 1, 'the new subscription delivers');
  expect(store.faults[0]?.resource.uid).toBe('u2');
});

test.each(['end', 'reset'] as const)('CON-3: a stream that the server drops (%s) is replaced at once', async (how) => {
  const push = await pushServer();
  const { becomes, store, status } = fleetOf(prod(push.endpoint));
  await becomes('prod', 'active');
  push.dropStreams(how);
  await waitUntil(() => status('prod').reconnects === 1 && status('prod').state === 'active', 'a new session');
  push.emitFault(crashLoop('u3'));
  await waitUntil(() => store.faults.length === 1, 'the new subscription delivers');
  await waitUntil(() => push.counts().sessions === 1, 'the old session is ended at the server');
  expect(status('prod')).toMatchObject({ reconnects: 1, source: 'push', error: null });
});

test('CON-3: a server that takes requests and answers nothing loses the session, and is retried', async () => {
  const push = await pushServer();
  const { becomes, status } = fleetOf(prod(push.endpoint), {
    connection: { ping_interval: '50ms' },
    times: { handshakeMs: 150, requestMs: 100, endMs: 100 },
  });
  await becomes('prod', 'active');
  push.stall();
  await waitUntil(() => status('prod').error?.code === 'NC-CLUSTER-009', 'the ping is missed');
  await waitUntil(() => status('prod').error?.code === 'NC-CLUSTER-008', 'the next attempt says that it is silent');
  push.stall(false);
  expect(await becomes('prod', 'active')).toMatchObject({ source: 'push', error: null });
});

test.each([
  [401, 'NC-CLUSTER-004'],
  [403, 'NC-CLUSTER-004'],
  [404, 'NC-CLUSTER-005'],
  [405, 'NC-CLUSTER-005'],
  [429, 'NC-CLUSTER-006'],
  [500, 'NC-CLUSTER-006'],
  [503, 'NC-CLUSTER-006'],
])('CON-3: a server that answers %i is shown as failed with %s, and comes back', async (status, code) => {
  const push = await pushServer();
  push.refuse(status);
  const started = fleetOf(prod(push.endpoint));
  const failed = await started.becomes('prod', 'failed');
  expect(failed).toMatchObject({ source: 'none', error: { code } });
  expect(failed.error?.message).toContain(String(status));
  push.refuse(null);
  await started.becomes('prod', 'active');
});

test('CON-3: a stream that the server still believes in does not keep a new session from coming', async () => {
  const push = await pushServer();
  push.keepDeadStreams();
  const { becomes, status } = fleetOf(prod(push.endpoint));
  await becomes('prod', 'active');
  push.dropStreams();
  await waitUntil(() => status('prod').reconnects >= 1 && status('prod').state === 'active', 'a new session');
  expect(push.counts().streams).toBe(1);
});

test('CON-2: the key is sent; a wrong one is said, and never shown', async () => {
  const push = await pushServer({ apiKey: 'right-key' });
  const { becomes, status } = fleetOf([
    { name: 'good', mcp: { endpoint: push.endpoint, api_key: 'right-key' } },
    { name: 'bad', mcp: { endpoint: push.endpoint, api_key: 'wrong-key' } },
  ]);
  await becomes('good', 'active');
  await becomes('bad', 'failed');
  expect(status('bad').error?.code).toBe('NC-CLUSTER-004');
  expect(JSON.stringify(status('bad'))).not.toContain('wrong-key');
});

test('CON-1: dead, refusing and stalled servers do not delay the others', async () => {
  const [good, stalled, refusing, gone] = [
    await pushServer(),
    await pushServer(),
    await pushServer(),
    await pushServer(),
  ];
  stalled.stall();
  refusing.refuse(503);
  await gone.close();
  const many = (name: string, endpoint: string) =>
    Array.from({ length: 30 }, (_, index) => ({ name: `${name}-${index}`, mcp: { endpoint } }));
  const { becomes, status, store } = fleetOf(
    [
      ...many('stalled', stalled.endpoint),
      ...many('refusing', refusing.endpoint),
      ...many('gone', gone.endpoint),
      { name: 'good', mcp: { endpoint: good.endpoint } },
    ],
    { times: { endMs: 100 } },
  );
  await becomes('good', 'active', 5000);
  good.emitFault(crashLoop('u4'));
  await waitUntil(() => store.faults.length === 1, 'the good one delivers');
  expect(status('stalled-0').state).toBe('connecting');
  expect(status('gone-0').error?.code).toBe('NC-CLUSTER-001');
});
