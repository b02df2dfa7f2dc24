import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { writeFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import path from 'node:path';
import { parse, stringify } from 'yaml';
import { ClusterAccesses } from '../../../src/app/clusters.ts';
import { configuredFleet } from '../../../src/app/settings.ts';
import type { OwnCredential } from '../../../src/cluster/connection/server-cluster.ts';
import { Sweeper } from '../../../src/cluster/sweep/sweeper.ts';
import { loadText } from '../../support/config-dir.ts';
import { type ControlPlane, startControlPlane } from '../../support/control-plane.ts';
import { cannotRun } from '../../support/kube-assets.ts';
import { fleetOf, prod, releaseAfterEach, releaseLater } from '../../support/push-fleet.ts';
import { faultEvent, faultOf, type RawMcpServer, sendResult, startRawMcpServer } from '../../support/raw-mcp-server.ts';
import { startStockServer } from '../../support/stock-server.ts';
import { waitUntil } from '../../support/wait-until.ts';

releaseAfterEach();

interface Contexts {
  /** The uid of kube-system by context; null: it cannot be read. */
  readonly uids: Readonly<Record<string, string | null>>;
  readonly main: string;
  /** What the schema says of the argument `context`; null: there is none. */
  readonly schema: object | null;
}

interface ContextServer extends RawMcpServer {
  /** `TOOL CONTEXT` of each call; `-` for none. */
  readonly asked: string[];
}

/** A server of several clusters, as the stock one is with several contexts. */
async function contextServer(contexts: Contexts): Promise<ContextServer> {
  const asked: string[] = [];
  const uids: Record<string, string | null> = { ...contexts.uids };
  const inputSchema = { type: 'object', properties: contexts.schema === null ? {} : { context: contexts.schema } };
  const names = ['resources_list', 'resources_get', 'events_subscribe', 'events_list_subscriptions'];
  const server = await startRawMcpServer({
    post: (message, response) => {
      const { name = '', arguments: args = {} } = (message.params ?? {}) as {
        name?: string;
        arguments?: { context?: string };
      };
      if (message.method === 'tools/list') {
        // Two pages.
        const { cursor } = message.params as { cursor?: string };
        const page = cursor === undefined ? names.slice(2) : names.slice(0, 2);
        const tools = page.map((one) => ({ name: one, inputSchema }));
        sendResult(message, cursor === undefined ? { tools, nextCursor: '2' } : { tools }, response);
        return true;
      }
      if (message.method !== 'tools/call') return false;
      asked.push(`${name} ${args.context ?? '-'}`);
      const uid = uids[args.context ?? contexts.main];
      const text = (said: string, isError = false): boolean => {
        sendResult(message, { content: [{ type: 'text', text: said }], isError }, response);
        return true;
      };
      if (uid === undefined) return text(`context "${args.context}" does not exist`, true);
      if (name !== 'resources_get') return false;
      if (uid === null) return text('namespaces "kube-system" is forbidden', true);
      return text(`apiVersion: v1\nkind: Namespace\nmetadata:\n  name: kube-system\n  uid: ${uid}\n`);
    },
  });
  releaseLater(() => server.close());
  return Object.assign(server, { asked });
}

const eu = '11111111-1111-4111-8111-111111111111';
const us = '22222222-2222-4222-8222-222222222222';
const both: Contexts = { uids: { 'prod-eu': eu, 'prod-us': us }, main: 'prod-eu', schema: { type: 'string' } };
const own = (context: string | null, uid: string | null | Promise<string | null>): OwnCredential => ({
  contextOf: () => Promise.resolve(context),
  uidOf: () => Promise.resolve(uid),
});

describe('CON-5: a server of several clusters', () => {
  test('every call names the context of the cluster, the subscription too', async () => {
    const server = await contextServer(both);
    const { becomes, store } = fleetOf(prod(server.endpoint), { credential: own('prod-us', us) });
    await becomes('prod', 'active');
    await waitUntil(() => store.sweepsOf('prod') > 0, 'a sweep');
    expect(server.asked).toContain('events_subscribe prod-us');
    expect(server.asked).toContain('resources_list prod-us');
    expect(server.asked.filter((call) => !call.endsWith(' prod-us'))).toEqual([]);
  });

  test.each([
    ['there is no such argument', null, 0],
    ['it does not allow this context', { type: 'string', enum: ['prod-eu', 'staging'] }, 0],
    ['it turns out not to know this context', { type: 'string' }, 1],
  ])('a context is not named where %s', async (_, schema, tries) => {
    const server = await contextServer({ uids: { 'prod-eu': eu }, main: 'prod-eu', schema });
    const { becomes, store } = fleetOf(prod(server.endpoint), { credential: own('here', eu) });
    await becomes('prod', 'active');
    await waitUntil(() => store.sweepsOf('prod') > 0, 'a sweep');
    expect(server.asked.filter((call) => call.endsWith(' here'))).toHaveLength(tries);
  });

  test.each<[string, (response: ServerResponse) => void]>([
    ['an error of the server', (response) => void response.writeHead(500).end('no')],
    ['a page of a proxy', (response) => void response.writeHead(200, { 'content-type': 'text/html' }).end('<html>')],
    ['no method of that name', (response) => void response.writeHead(405).end()],
    ['half an answer', (response) => void response.writeHead(200, { 'content-type': 'application/json' }).end('{"js')],
    ['silence', () => {}],
  ])('a list of tools that fails does not keep a cluster from being watched: %s', async (_, answer) => {
    const server = await startRawMcpServer({
      post: (message, response) => {
        if (message.method !== 'tools/list') return false;
        answer(response);
        return true;
      },
    });
    releaseLater(() => server.close());
    const credential = own('prod-us', us);
    const { becomes, store } = fleetOf(prod(server.endpoint), { credential, times: { requestMs: 300 } });
    expect((await becomes('prod', 'active')).error).toBeNull();
    await waitUntil(() => store.sweepsOf('prod') > 0, 'a sweep');
  });

  test('a server that shows another cluster is refused: nothing of it is accepted, with a code and what to do', async () => {
    const server = await contextServer({ ...both, schema: { type: 'string', enum: ['prod-eu'] } });
    const { becomes, store, sweeper } = fleetOf(prod(server.endpoint), { credential: own('prod-us', us) });
    const { error } = await becomes('prod', 'failed');
    expect(error).toMatchObject({ code: 'NC-CLUSTER-019' });
    expect(error?.message).toMatch(/another cluster.*uid 1{8}.*uid|does not offer the context "prod-us"/);
    expect(error?.fix).toMatch(/context of prod /);
    expect([store.faults, store.sweeps, sweeper.runs]).toEqual([[], [], []]);
    expect(server.asked.some((call) => call.startsWith('events_subscribe'))).toBe(false);
    // Asked again at every new session.
    await waitUntil(() => server.count('initialize') > 1, 'another session', 10_000);
    expect(store.sweeps).toEqual([]);
  });

  test('a server that shows another cluster after a new session is refused then', async () => {
    const uids = { main: us };
    const server = await contextServer({ uids, main: 'main', schema: null });
    let mine = us;
    const credential = { contextOf: () => Promise.resolve('main'), uidOf: () => Promise.resolve(mine) };
    const { becomes, status } = fleetOf(prod(server.endpoint), { credential });
    await becomes('prod', 'active');
    mine = eu;
    for (const stream of server.streams) stream.destroy();
    const refused = await waitUntil(() => status('prod').error?.code === 'NC-CLUSTER-019', 'refused', 10_000);
    expect(refused).toBe(true);
  });

  test.each([
    ['the server may not read it', null, eu],
    ['the kubeconfig does not give it', eu, null],
  ])('what is unknown is no mismatch: %s', async (_, shown, mine) => {
    const server = await contextServer({ uids: { main: shown }, main: 'main', schema: null });
    const { becomes, store } = fleetOf(prod(server.endpoint), { credential: own('main', mine) });
    expect((await becomes('prod', 'active')).error).toBeNull();
    await waitUntil(() => store.sweepsOf('prod') > 0, 'a sweep');
  });

  test('an answer that is long in coming does not keep a cluster from being watched, and ends it when it is a no', async () => {
    const server = await contextServer({ uids: { main: eu }, main: 'main', schema: null });
    const answer = Promise.withResolvers<string | null>();
    const { becomes, store } = fleetOf(prod(server.endpoint), {
      credential: own('main', answer.promise),
      times: { identityMs: 50 },
    });
    await becomes('prod', 'active');
    await waitUntil(() => store.sweepsOf('prod') > 0, 'a sweep');
    for (const stream of server.streams) stream.write(faultEvent(faultOf('a')));
    answer.resolve(us);
    expect((await becomes('prod', 'failed')).error?.code).toBe('NC-CLUSTER-019');
  });

  test('without a kubeconfig nothing is asked', async () => {
    const server = await contextServer(both);
    const { becomes } = fleetOf(prod(server.endpoint), { credential: own(null, null) });
    await becomes('prod', 'active');
    expect(server.count('tools/list')).toBe(0);
    expect(server.asked.some((call) => call.startsWith('resources_get'))).toBe(false);
  });
});

describe.skipIf(cannotRun('two clusters behind one server'))('CON-5: one stock server, two real clusters', () => {
  const planes: ControlPlane[] = [];
  let merged = '';

  beforeAll(async () => {
    planes.push(...(await Promise.all([startControlPlane(), startControlPlane()])));
    const configs = await Promise.all(planes.map((plane) => plane.kubectl(['config', 'view', '--raw', '-o', 'yaml'])));
    const names = ['prod-eu', 'prod-us'];
    const parts = configs.map(
      (text) => parse(text) as Record<'clusters' | 'users', { cluster: object; user: object }[]>,
    );
    const kubeconfig = {
      apiVersion: 'v1',
      kind: 'Config',
      clusters: names.map((name, index) => ({ name, cluster: parts[index]?.clusters[0]?.cluster })),
      users: names.map((name, index) => ({ name, user: parts[index]?.users[0]?.user })),
      contexts: names.map((name) => ({ name, context: { cluster: name, user: name } })),
      'current-context': 'prod-eu',
    };
    merged = path.join(planes[0]?.dir ?? '', 'merged.kubeconfig');
    writeFileSync(merged, stringify(kubeconfig), { mode: 0o600 });
    for (const [index, plane] of planes.entries()) {
      const name = `only-in-${names[index]}`;
      await plane.apply({ apiVersion: 'v1', kind: 'Node', metadata: { name } });
      const conditions = [{ type: 'Ready', status: 'False', reason: 'KubeletNotReady', message: 'down' }];
      const patch = JSON.stringify({ status: { conditions } });
      await plane.kubectl(['patch', 'node', name, '--subresource=status', '--type=strategic', '-p', patch]);
    }
  }, 120_000);

  afterAll(async () => {
    for (const plane of planes) await plane.stop();
  });

  const clustersOf = (endpoint: string, contexts: readonly string[]): string =>
    contexts
      .map(
        (name) =>
          `  - {name: ${name}, mcp: {endpoint: "${endpoint}"}, triage: {kubeconfig: ${merged}, context: ${name}}}`,
      )
      .join('\n');

  function watched(endpoint: string, contexts: readonly string[]) {
    const { config } = loadText(`clusters:\n${clustersOf(endpoint, contexts)}\n`);
    const credential = new ClusterAccesses(
      () => configuredFleet(config),
      () => null,
      {},
    );
    const clusters = config.clusters.flatMap(({ name, mcp }) => (mcp === undefined ? [] : [{ name, mcp }]));
    return fleetOf(clusters, { credential, sweeper: new Sweeper() });
  }

  for (const form of ['table', 'yaml'] as const) {
    test(`${form}: each cluster has its own faults`, async () => {
      const server = await startStockServer(merged, form);
      releaseLater(() => server.stop());
      const { store } = watched(server.endpoint, ['prod-eu', 'prod-us']);
      await waitUntil(() => store.sweepsOf('prod-eu') > 0 && store.sweepsOf('prod-us') > 0, 'both sweeps', 60_000);
      const found = store.sweeps.flatMap(({ cluster, findings }) =>
        findings.map(({ resource }) => `${cluster}: ${resource.name}`),
      );
      expect(new Set(found)).toEqual(new Set(['prod-eu: only-in-prod-eu', 'prod-us: only-in-prod-us']));
    });
  }

  test('a server of the other cluster alone is refused', async () => {
    const server = await startStockServer(planes[0]?.kubeconfig ?? '', 'table');
    releaseLater(() => server.stop());
    const { store, becomes } = watched(server.endpoint, ['prod-us']);
    expect((await becomes('prod-us', 'failed', 30_000)).error?.code).toBe('NC-CLUSTER-019');
    expect(store.sweeps).toEqual([]);
  });
});
