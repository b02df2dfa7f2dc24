import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { silentLogger } from '../src/lib/log.ts';
import { openStateStore } from '../src/storage/worker/open.ts';
import { sampleFleet } from '../test/support/dashboard-fixture.ts';
import { HealthFixture } from '../test/support/health-fixture.ts';
import { clusterPolicy, owner, signal, storePolicy } from '../test/support/signals.ts';
import type { Figure } from './figure.ts';

const clusters = 1000;
const incidents = 10_000;
const requests = 100;

/** How long pages take with a large fleet and much that stands, over the real store. */
export async function dashboard(): Promise<Figure[]> {
  const dir = mkdtempSync(path.join(os.tmpdir(), 'nightcrier-bench-'));
  const policy = storePolicy({ targets: [] });
  const store = await openStateStore({ file: path.join(dir, 'state.db'), policy, logger: silentLogger });
  const fixture = await HealthFixture.start();
  try {
    await fill(store);
    fixture.statuses = sampleFleet(clusters);
    const { reader } = fixture;
    reader.standing = (query) => store.standing(query);
    reader.counters = () => store.counters();
    reader.faults = (query) => store.faults(query);
    reader.spend = (query) => store.spend(query);
    reader.notTold = (query) => store.notTold(query);
    reader.search = (query) => store.search(query);
    const figures: Figure[] = [];
    for (const address of ['/', '/?severity=critical', '/clusters', '/clusters?is=blind', '/clusters/prod-eu']) {
      figures.push(...(await times(fixture, address)));
    }
    return figures;
  } finally {
    await fixture.stop();
    await store.close();
    rmSync(dir, { recursive: true, force: true });
  }
}

/** Incidents of as many objects in all clusters. */
async function fill(store: Awaited<ReturnType<typeof openStateStore>>): Promise<void> {
  for (let from = 0; from < incidents; from += 500) {
    const numbers = Array.from({ length: 500 }, (_, at) => from + at);
    const place = (at: number): string => (at % clusters === 0 ? 'prod-eu' : `prod-${at % clusters}`);
    const now = Date.now();
    await store.accept(
      numbers.map((at) => signal({ cluster: place(at), pod: `api-${at}`, at: now })),
      now,
    );
    const waiting = await store.unsettled(1000);
    const settled = waiting.map(({ seq, signal: heard }) => ({
      seq,
      owner: owner(heard?.resource.name ?? ''),
      node: null,
      cluster: clusterPolicy(),
    }));
    await store.settle(settled, now);
  }
}

async function times(fixture: HealthFixture, address: string): Promise<Figure[]> {
  const headers = { accept: 'text/html' };
  const first: number[] = [];
  const full: number[] = [];
  let page = '';
  for (let count = 0; count < requests; count += 1) {
    const began = performance.now();
    const answer = await fixture.get(address, { headers });
    first.push(performance.now() - began);
    page = await answer.text();
    full.push(performance.now() - began);
  }
  const p95 = (values: number[]): number =>
    Math.round(values.toSorted((a, b) => a - b)[Math.floor(requests * 0.95)] ?? 0);
  const of = `dashboard ${address}, ${clusters} clusters, ${incidents} incidents`;
  return [
    { name: `${of}: first byte, p95`, value: p95(first), unit: 'ms' },
    { name: `${of}: whole page, p95`, value: p95(full), unit: 'ms' },
    {
      name: `${of}: size`,
      value: `${Math.round(page.length / 1024)} (${Math.round(gzipSync(page).length / 1024)} gzip)`,
      unit: 'KiB',
    },
  ];
}
