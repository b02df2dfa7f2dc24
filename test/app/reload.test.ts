import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { reloadSchema } from '../../src/domain/wire/reload.ts';
import { startPushServer } from '../../src/sim/mcp/push-server.ts';
import { clusterOf, type ReloadBench, startReloadBench } from '../support/reload-bench.ts';
import { SlackServer } from '../support/slack-server.ts';
import { tempDir } from '../support/temp-dir.ts';
import { waitUntil } from '../support/wait-until.ts';

async function post(bench: ReloadBench): Promise<{ status: number; body: Record<string, unknown> }> {
  const response = await fetch(`${bench.app.url}/-/reload`, { method: 'POST' });
  const body = (await response.json()) as Record<string, unknown>;
  reloadSchema.parse(body);
  return { status: response.status, body };
}

interface Health {
  readonly problems: readonly { readonly code: string; readonly message: string; readonly fix: string }[];
}

async function problems(bench: ReloadBench): Promise<Health['problems']> {
  return ((await (await fetch(`${bench.app.url}/health/clusters`)).json()) as Health).problems;
}

async function metric(bench: ReloadBench, name: string): Promise<number> {
  const text = await (await fetch(`${bench.app.url}/metrics`)).text();
  return Number(new RegExp(`^${name.replace(/[{}]/g, '\\$&')} (.+)$`, 'm').exec(text)?.[1] ?? Number.NaN);
}

const watchOff = { reload: { watch: false } };

test('CFG-7: clusters come, go and change, and no other connection is touched', async () => {
  const bench = await startReloadBench({ count: 4, settings: watchOff });
  const { app, servers, settings, write, handshakes } = bench;
  const [kept, labelled, moved, gone] = servers as [(typeof servers)[0], ...typeof servers];
  const fresh = await startPushServer({ subscribeDelayMs: 0 });
  onTestFinished(() => fresh.close());
  const before = handshakes();
  write(
    settings({}, [
      clusterOf('c0', kept),
      clusterOf('c1', labelled!, {
        labels: { team: 'a' },
        environment: 'test',
        overrides: { severity_threshold: 'critical' },
      }),
      { name: 'c2', mcp: { endpoint: moved!.endpoint, headers: { 'x-team': 'a' } }, triage: { enabled: false } },
      clusterOf('new', fresh),
    ]),
  );
  const { status, body } = await post(bench);
  expect(status).toBe(200);
  expect(body).toMatchObject({
    result: 'reloaded',
    clusters: { added: ['new'], removed: ['c3'], reconnected: ['c2'], changed: ['c1'] },
    settings: [],
    needs_restart: [],
  });
  await bench.allActive();
  expect(
    app.manager
      .statuses()
      .map(({ cluster }) => cluster)
      .sort(),
  ).toEqual(['c0', 'c1', 'c2', 'new']);
  expect(handshakes()).toEqual([before[0], before[1], before[2]! + 1, before[3]]);
  // The goodbye of those that ended is polite, and nobody holds their session.
  await waitUntil(() => gone!.counts().sessions === 0 && moved!.counts().sessions === 1, 'ended sessions');
  expect(kept.counts().sessions).toBe(1);
  expect(app.directory.statuses().find(({ cluster }) => cluster === 'c1')).toMatchObject({
    environment: 'test',
    labels: { team: 'a' },
  });
  expect((await post(bench)).body).toMatchObject({ result: 'unchanged' });
}, 60_000);

test('CFG-7: a bad file changes nothing, is told with its place and age, and no more when it is right', async () => {
  const bench = await startReloadBench({ count: 1, settings: watchOff });
  const { settings, write, handshakes, current } = bench;
  const before = { handshakes: handshakes(), now: current.now, hash: await metric(bench, 'nightcrier_config_hash') };
  expect(before.hash).toBeGreaterThan(0);
  write(settings({ sweep: { interval: 'soon' }, typo: 1 }));
  const { status, body } = await post(bench);
  expect(status).toBe(422);
  expect(body).toMatchObject({
    result: 'refused',
    error: { code: 'NC-RUN-002' },
    problems: [
      { code: 'NC-CONFIG-007', line: 1, fix: expect.stringContaining('sweep.interval') as string },
      { code: 'NC-CONFIG-006', file: 'nightcrier.yaml' },
    ],
  });
  expect(current.now).toBe(before.now);
  const [told] = await problems(bench);
  expect(told?.code).toBe('NC-RUN-002');
  expect(told?.message).toMatch(/nightcrier\.yaml cannot be used for \d+s now .*sweep\.interval.*and 1 more problem/);
  expect(await metric(bench, 'nightcrier_config_last_reload_successful')).toBe(0);
  expect(await metric(bench, 'nightcrier_config_hash')).toBe(before.hash);
  write(settings({ sweep: { interval: '6m' } }));
  expect(await post(bench)).toMatchObject({ status: 200, body: { settings: ['sweep.interval'] } });
  expect(await problems(bench)).toEqual([]);
  expect(await metric(bench, 'nightcrier_config_last_reload_successful')).toBe(1);
  expect(await metric(bench, 'nightcrier_config_hash')).not.toBe(before.hash);
  expect(await metric(bench, 'nightcrier_config_reloads_total{trigger="request",result="refused"}')).toBe(1);
  expect(handshakes()).toEqual(before.handshakes);
}, 60_000);

test('CFG-7: what a running daemon holds open is told to need a restart, the rest is taken over', async () => {
  const bench = await startReloadBench({ count: 1, settings: watchOff });
  const { settings, write, current, app } = bench;
  const { url } = app;
  write(
    settings({
      data_dir: `${bench.dir}/other`,
      health: { port: 1, token: 'a-new-token' },
      severity_threshold: 'critical',
    }),
  );
  expect((await post(bench)).body).toMatchObject({
    result: 'reloaded',
    settings: ['severity_threshold', 'health.token'],
    needs_restart: ['data_dir', 'health.port'],
  });
  expect(current.now.config).toMatchObject({ data_dir: `${bench.dir}/data`, severity_threshold: 'critical' });
  expect(current.now.config.storage.artifacts.path).toBe(`${bench.dir}/data/artifacts`);
  expect((await fetch(`${url}/health/clusters`)).status).toBe(401);
  const headers = { authorization: 'Bearer a-new-token' };
  const health = (await (await fetch(`${url}/health/clusters`, { headers })).json()) as Health;
  expect(health.problems).toMatchObject([
    { code: 'NC-RUN-003', fix: expect.stringContaining('data_dir, health.port') as string },
  ]);
  expect((await fetch(`${url}/-/reload`, { method: 'POST' })).status).toBe(401);
}, 60_000);

test('CFG-7: reloads are one at a time, and the last change wins', async () => {
  const bench = await startReloadBench({ count: 2, settings: watchOff });
  const { settings, write, current, app, handshakes } = bench;
  const before = handshakes();
  const all: Promise<unknown>[] = [];
  for (let at = 1; at <= 20; at += 1) {
    write(settings({ sweep: { interval: `${at}h` } }));
    all.push(app.reloader.reload('request'));
  }
  await Promise.all(all);
  expect(current.now.config.sweep.interval).toBe(20 * 3_600_000);
  expect(handshakes()).toEqual(before);
  // The first, and one for all who came meanwhile.
  expect(await metric(bench, 'nightcrier_config_reloads_total{trigger="request",result="ok"}')).toBe(2);
}, 60_000);

test('CFG-7 CFG-3: secrets that are rotated on disk hold without a restart: the key of a server, the token of Slack', async () => {
  const slack = await SlackServer.start();
  onTestFinished(() => slack.close());
  slack.token = 'xoxb-first-token';
  const dir = tempDir({ token: 'xoxb-first-token', key: 'first-key-value' });
  const notify = {
    console: false,
    slack: { bot_token: `\${file:${dir}/token}`, channel: '#incidents', api_url: slack.url },
  };
  const bench = await startReloadBench({ count: 2, settings: { notify } });
  const { settings, write, servers, handshakes, app } = bench;
  const [first, second] = servers as [(typeof servers)[0], (typeof servers)[0]];
  const keyed = {
    name: 'c0',
    mcp: { endpoint: first.endpoint, api_key: `\${file:${dir}/key}` },
    triage: { enabled: false },
  };
  write(settings({}, [keyed, clusterOf('c1', second)]));
  await waitUntil(() => bench.current.now.config.clusters[0]?.mcp?.api_key === 'first-key-value', 'the key', 20_000);
  await bench.allActive();
  const before = handshakes();
  slack.token = 'xoxb-second-token';
  await app.store.notice('clusters_back', notice('while the token was wrong'), Date.now());
  const refused = async () => (await problems(bench)).some(({ code }) => code === 'NC-SLACK-001');
  await waitUntil(refused, 'the refusal of Slack', 20_000);
  // The next attempt would come in a minute and more.
  writeFileSync(path.join(dir, 'token'), 'xoxb-second-token');
  writeFileSync(path.join(dir, 'key'), 'second-key-value');
  await waitUntil(
    async () => (await app.store.counters()).outbox.every(({ count }) => count === 0),
    'the message',
    20_000,
  );
  await waitUntil(() => handshakes()[0] === before[0]! + 1, 'a session with the new key', 20_000);
  expect(handshakes()[1]).toBe(before[1]);
  expect(await problems(bench)).toEqual([]);
}, 90_000);

const notice = (detail: string) => ({ key: detail, clusters: ['c1'], since: 0, until: 1, incidents: 0, detail });
