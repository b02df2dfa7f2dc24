import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { App } from '../../src/app/app.ts';
import { type Fleet, startFleet } from '../../src/demo/fleet.ts';
import { lockDataDir } from '../../src/storage/sqlite/data-dir-lock.ts';
import { appOver } from '../support/app-bench.ts';
import { leftOpen, openResources } from '../support/open-resources.ts';
import { tempDir } from '../support/temp-dir.ts';
import { agentFixture } from '../support/triage-bench.ts';
import { waitUntil } from '../support/wait-until.ts';

let fleet: Fleet;
const playing = new AbortController();

beforeEach(async () => {
  fleet = await startFleet();
});

afterEach(async () => {
  await fleet.close();
});

/** Waits until nothing is open that was not before; sockets that are kept for the next request close after 5 s. */
async function nothingLeft(before: Record<string, number>): Promise<void> {
  await waitUntil(() => Object.keys(leftOpen(before)).length === 0, 'everything to be closed', 10_000).catch(() => {});
  expect(leftOpen(before)).toEqual({});
}

async function allActive(app: App): Promise<void> {
  const active = () => app.manager.statuses().every(({ state }) => state === 'active');
  await waitUntil(active, 'active connections', 15_000);
}

async function problemsOf(app: App): Promise<string[]> {
  const { problems } = (await (await fetch(`${app.url}/health/clusters`)).json()) as { problems: { code: string }[] };
  return problems.map(({ code }) => code);
}

async function answerTo(app: App, incident: string, question: string): Promise<string> {
  const answer = await fetch(`${app.url}/api/incidents/${incident}/ask`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ question }),
  });
  return ((await answer.json()) as { text: string }).text;
}

async function anIncident(app: App, status: string): Promise<string> {
  const find = async () =>
    (await app.store.incidents({ limit: 100 })).items.find(({ incident }) => incident.status === status);
  return (await waitUntil(find, `an incident that is ${status}`, 20_000)).incident.id;
}

describe('OPS-5: start and stop', () => {
  test('twice over the same data_dir, with work between: no timer, socket, thread or file is left', async () => {
    const dir = tempDir();
    // What stays for good (the thread pool, modules) is there after the first round.
    const first = await appOver({ fleet, dir });
    await first.start();
    await allActive(first);
    await first.stop();
    await waitUntil(
      () => fleet.clusters.every(({ name }) => fleet.server(name).push.counts().streams === 0),
      'no streams',
    );
    const before = openResources();
    const second = await appOver({ fleet, dir });
    await second.start();
    await allActive(second);
    void fleet.play(playing.signal);
    const reported = await anIncident(second, 'reported');
    expect((await fetch(`${second.url}/health/ready`)).status).toBe(200);
    expect(await answerTo(second, reported, 'why?')).toMatch(/rests on evidence|^No /);
    await second.stop();
    expect(second.manager.statuses().every(({ state }) => state === 'disconnected')).toBe(true);
    await nothingLeft(before);
    const third = await appOver({ fleet, dir });
    expect((await third.store.incident(reported))?.incident.report).toContain(path.join(dir, 'data'));
    // The spans of both processes, each ended with it.
    const { name } = fleet.clusters[0]!;
    const spans = await third.store.connectionSpans(name);
    expect(spans.map(({ until }) => until)).not.toContain(null);
    expect(new Set(spans.map(({ state }) => state))).toEqual(new Set(['active']));
    expect(spans.length).toBeGreaterThanOrEqual(2);
    await third.stop();
    await nothingLeft(before);
  }, 90_000);

  test('each session is ended politely, and the second stop does nothing', async () => {
    const app = await appOver({ fleet, dir: tempDir() });
    await app.start();
    await allActive(app);
    await Promise.all([app.stop(), app.stop()]);
    for (const { name } of fleet.clusters) expect(fleet.server(name).push.counts().sessions).toBe(0);
  }, 30_000);
});

describe('OPS-5, OPS-9: a start that fails rolls back', () => {
  test('the port is taken: a sentence with the address, nothing left, and the data_dir is free again', async () => {
    const dir = tempDir();
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    try {
      await (await appOver({ fleet, dir })).stop();
      const before = openResources();
      const app = await appOver({ fleet, dir, healthPort: port });
      await expect(app.start()).rejects.toMatchObject({
        code: expect.stringMatching(/^NC-HEALTH-\d{3}$/) as string,
        message: expect.stringContaining(`127.0.0.1:${port}`) as string,
      });
      await nothingLeft(before);
    } finally {
      await new Promise((resolve) => server.close(resolve));
    }
    const again = await appOver({ fleet, dir });
    await again.stop();
  }, 30_000);

  test.each([
    ['a file', (dir: string) => path.join(dir, 'file'), 'is no directory'],
    ['in a file', (dir: string) => path.join(dir, 'file', 'data'), 'is no directory'],
    ['where nothing can be made', () => '/sys/nightcrier/data', 'EPERM|EACCES|EROFS'],
  ])('OPS-9: data_dir is %s: its path, a code and what to do, and nothing is left', async (_what, dataDir, why) => {
    const dir = tempDir({ file: '' });
    const before = openResources();
    const data_dir = dataDir(dir);
    await expect(appOver({ fleet, dir, config: { data_dir } })).rejects.toMatchObject({
      code: 'NC-HOST-003',
      message: expect.stringMatching(new RegExp(`^data_dir ${data_dir} cannot be used: .*(?:${why})`)) as string,
      fix: expect.stringContaining(`make ${data_dir} a directory that belongs to the user`) as string,
    });
    await nothingLeft(before);
  });

  test('another process holds the data_dir: its pid is in the sentence, and nothing is left', async () => {
    const dir = tempDir();
    await (await appOver({ fleet, dir })).stop();
    const before = openResources();
    const lock = lockDataDir(path.join(dir, 'data'), 4711);
    await expect(appOver({ fleet, dir })).rejects.toMatchObject({
      code: 'NC-STORE-005',
      message: expect.stringContaining('process 4711 ') as string,
    });
    lock.release();
    await nothingLeft(before);
    await (await appOver({ fleet, dir })).stop();
  }, 30_000);
});

test('OPS-9: over the size limit with nothing that may go health says so and investigations wait; with room they go on', async () => {
  const dir = tempDir();
  const unknown = path.join(dir, 'data/workspaces/inc_unknown/run_1');
  mkdirSync(unknown, { recursive: true });
  writeFileSync(path.join(unknown, 'file'), randomBytes(2 * 1024 * 1024));
  const first = await appOver({ fleet, dir, config: { storage: { retention: { max_size: '1Mi' } } } });
  await first.start();
  await waitUntil(async () => (await problemsOf(first)).includes('NC-STORE-011'), 'the problem', 15_000);
  await allActive(first);
  void fleet.play(playing.signal);
  const waits = async () => ((await first.store.nextRunDue()) ?? Infinity) < Date.now() - 1000;
  await waitUntil(waits, 'a run that is due for a while', 30_000);
  const incidents = (await first.store.incidents({ limit: 100 })).items;
  expect(incidents.flatMap(({ runs }) => runs.map(({ status }) => status)).filter((it) => it !== 'queued')).toEqual([]);
  await first.stop();

  const second = await appOver({ fleet, dir });
  await second.start();
  await anIncident(second, 'reported');
  expect(await problemsOf(second)).not.toContain('NC-STORE-011');
  expect(existsSync(path.join(unknown, 'file'))).toBe(true);
  await second.stop();
}, 90_000);

describe('OPS-5: an agent that hangs', () => {
  test('does not hold the stop: in shutdown_timeout, not ready meanwhile, its run handed back and done again', async () => {
    const dir = tempDir();
    const agent = { cli: 'custom', runner: 'process', command: [agentFixture('ignores-sigterm')] };
    const app = await appOver({ fleet, dir, config: { agent, shutdown_timeout: '8s' } });
    await app.start();
    await allActive(app);
    void fleet.play(playing.signal);
    const id = await anIncident(app, 'investigating');
    await waitUntil(async () => (await app.store.incident(id))?.runs[0]?.status === 'running', 'the run');
    const asked = performance.now();
    const stopped = app.stop();
    const ready = await fetch(`${app.url}/health/ready`);
    expect([ready.status, await ready.json()]).toEqual([503, { status: 'not ready', reasons: ['stopping'] }]);
    expect((await fetch(`${app.url}/health/live`)).status).toBe(200);
    await stopped;
    const tookMs = performance.now() - asked;
    console.log(`stopped after ${Math.round(tookMs)} ms of 8000`);
    expect(tookMs).toBeLessThan(9000);

    const next = await appOver({ fleet, dir, config: { shutdown_timeout: '8s' } });
    try {
      await next.start();
      const done = async () => (await next.store.incident(id))?.runs.find(({ status }) => status === 'succeeded');
      expect((await waitUntil(done, 'the run to be taken up again', 20_000)).attempt).toBeGreaterThan(1);
    } finally {
      await next.stop();
    }
  }, 90_000);
});
