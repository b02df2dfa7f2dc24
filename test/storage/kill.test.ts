import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { clusterPolicy, owner, startOfTime as start, stormPolicy } from '../support/signals.ts';
import { tempDir } from '../support/temp-dir.ts';
import { waitUntil } from '../support/wait-until.ts';
import { limits, openTestStore, runResult, settleAll, unaccounted } from './store-fixture.ts';

const daemon = fileURLToPath(new URL('./daemon-that-dies.ts', import.meta.url));

/** Runs the small daemon until it said `word` so many times, kills it with SIGKILL, and gives what it had said. */
async function killAfter(until: 'accept' | 'run' | 'spend' | 'delivery' | 'storm', word: string, times: number) {
  const file = join(tempDir(), 'state.db');
  const child = spawn(process.execPath, [daemon, file, until], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (output += chunk));
  const said = (which: string): string[] =>
    // The last piece is a line that may not have come whole.
    output
      .split('\n')
      .slice(0, -1)
      .flatMap((line) => (line.startsWith(`${which} `) ? [line.slice(which.length + 1)] : []));
  await waitUntil(() => said(word).length >= times, `${times} times ${word}`, 90_000);
  child.kill('SIGKILL');
  await once(child, 'close');
  return {
    file,
    accepted: said('accepted').length,
    running: said('running'),
    spent: said('spent').length,
    sending: said('sending'),
  };
}

async function podsOf(store: Awaited<ReturnType<typeof openTestStore>>['store']): Promise<Set<string | undefined>> {
  const pods: (string | undefined)[] = [];
  let before: string | undefined;
  do {
    const page = await store.faults(before === undefined ? { limit: 1000 } : { limit: 1000, before });
    pods.push(...page.items.map(({ reception }) => reception.signal?.resource.name));
    before = page.next ?? undefined;
  } while (before !== undefined);
  expect(new Set(pods).size).toBe(pods.length);
  return new Set(pods);
}

test('INT-1: kill -9 during intake: every accepted fault is there, once', async () => {
  const { file, accepted } = await killAfter('accept', 'accepted', 50);
  const { store } = await openTestStore({}, file);
  const pods = await podsOf(store);
  for (let number = 0; number < accepted; number++) expect(pods).toContain(`pod-${number}`);
  expect(pods.size - accepted).toBeLessThanOrEqual(1);
  for (let settled = await settleAll(store); settled.length > 0; settled = await settleAll(store)) continue;
  expect(await store.unsettled(1)).toEqual([]);
}, 120_000);

test('TRI-1: kill -9 during a run: it is taken up again, and every incident gets its report', async () => {
  const { file, accepted, running } = await killAfter('run', 'running', 5);
  const { store } = await openTestStore({}, file);
  expect((await podsOf(store)).size).toBeGreaterThanOrEqual(accepted);
  expect(await store.recoverRuns(start + 10_000)).toBeGreaterThanOrEqual(running.length);
  await settleAll(store, {}, start + 10_000);
  const done = new Set<string>();
  const later = start + 60_000;
  for (let claim = await store.claimRun(limits, later); claim; claim = await store.claimRun(limits, later)) {
    await store.finishRun(claim.run.id, runResult(), later);
    done.add(claim.run.id);
  }
  for (const id of running) expect(done).toContain(id);
  const { items } = await store.incidents({ limit: 1000 });
  expect(items.every(({ incident }) => incident.status === 'reported')).toBe(true);
  expect(await unaccounted(store)).toBe(0);
}, 120_000);

test('TRI-8, INT-4: kill -9 while agents spend: what was said to be spent is counted, and one answer more at most', async () => {
  const { file, spent } = await killAfter('spend', 'spent', 20);
  const { store } = await openTestStore({}, file);
  const cents = async (): Promise<number> =>
    Math.round((await store.spend({ since: 0 })).reduce((sum, { usd }) => sum + usd, 0) * 100);
  const counted = await cents();
  expect(counted).toBeGreaterThanOrEqual(spent);
  expect(counted).toBeLessThanOrEqual(spent + 1);
  await store.recoverRuns(start + 10_000);
  expect(await cents()).toBe(counted);
}, 120_000);

test('NOT-3: kill -9 during a delivery: the message is sent again, marked, and once', async () => {
  const { file, sending } = await killAfter('delivery', 'sending', 5);
  const { store } = await openTestStore({}, file);
  expect(await store.recoverDeliveries(start + 10_000)).toBeGreaterThanOrEqual(sending.length);
  await settleAll(store, {}, start + 10_000);
  const claims = await store.claimDeliveries('slack', 1000, start + 20_000);
  const uncertain = claims.flatMap(({ delivery }) => (delivery.uncertain ? [delivery.id] : []));
  for (const id of sending) expect(uncertain).toContain(id);
  const incidents = claims.map(({ incident }) => incident?.id);
  expect(new Set(incidents).size).toBe(incidents.length);
  expect(incidents).toHaveLength((await store.incidents({ limit: 1000 })).items.length);
}, 120_000);

test.each([3, 30, 60, 120])(
  'INT-4, INT-8: kill -9 in a storm that meets seven clusters, after %i faults: one message, nothing lost or counted twice',
  async (times) => {
    const { file, accepted } = await killAfter('storm', 'settled', times);
    const policy = {
      storm: stormPolicy({ perCluster: 5 }),
      fleet: { minClusters: 3, windowMs: 600_000, channels: {} },
    };
    const { store } = await openTestStore(policy, file);
    for (let waiting = await store.unsettled(100); waiting.length > 0; waiting = await store.unsettled(100)) {
      const inputs = waiting.map(({ seq }) => ({
        seq,
        owner: owner(`app-${seq}`),
        node: null,
        cluster: clusterPolicy(),
      }));
      await store.settle(inputs, start);
    }
    const pods = await podsOf(store);
    expect(pods.size - accepted).toBeLessThanOrEqual(1);
    const { items } = await store.incidents({ limit: 1000 });
    const live = items.filter(({ incident }) => incident.status !== 'skipped');
    const held = live.flatMap(({ incident, storm, faults }) => storm?.members.length ?? (incident ? faults.length : 0));
    expect(held.reduce((sum, count) => sum + count, 0)).toBe(pods.size);
    const clusters = new Set(live.map(({ incident }) => incident.cluster));
    for (const cluster of clusters) {
      const storms = live.filter(({ incident }) => incident.cluster === cluster && incident.storm);
      expect(storms.length).toBeLessThanOrEqual(1);
    }
    const messages = await store.claimDeliveries('slack', 1000, start + 60_000);
    expect(messages).toHaveLength(clusters.size < 3 ? pods.size : 1);
    for (
      let claim = await store.claimRun(wide, start + 60_000);
      claim;
      claim = await store.claimRun(wide, start + 60_000)
    ) {
      await store.finishRun(claim.run.id, runResult(), start + 60_000);
    }
    expect(await unaccounted(store)).toBe(0);
  },
  120_000,
);

const wide = { maxConcurrent: 99, perCluster: {}, defaultPerCluster: 99 };
