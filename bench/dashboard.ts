import { setTimeout as sleep } from 'node:timers/promises';
import { pages } from '../src/dashboard/routes.ts';
import { largeClusterName } from '../test/support/large-state.ts';
import { type BenchDaemon, percentile } from './daemon.ts';
import type { Figure } from './figure.ts';
import { startLargeDaemon } from './large-daemon.ts';

/** Loads of each page, one after the other. */
const loads = 40;
/** Faults whose way to the disk is measured, and the time between two of them. */
const faults = 400;
const everyMs = 50;
/** Browsers that load one page after the other without a pause. */
const readers = 4;

const alerts = { sources: { alertmanager: { enabled: true } } };
const asBrowser = { headers: { accept: 'text/html', 'accept-encoding': 'gzip' } };

/** The pages over 1,000 clusters and 10,000 incidents: how soon each is there, and what reading them costs the intake. */
export async function dashboard(): Promise<Figure[]> {
  const large = await startLargeDaemon(alerts);
  try {
    return await measured(large.daemon, await addresses(large.daemon.url, large.standing[0] ?? ''));
  } finally {
    await large.stop();
  }
}

/** Every page that there is, and a search that finds much. */
async function addresses(url: string, incident: string): Promise<string[]> {
  const page = await (await fetch(`${url}/i/${incident}`, asBrowser)).text();
  const [, asked = ''] = /\/asked\/(ask_\w+)/.exec(page) ?? [];
  const values: Record<string, string> = { ':id': incident, ':name': largeClusterName(7), ':ask': asked };
  const filled = Object.keys(pages).map((route) => route.replaceAll(/:\w+/g, (name) => values[name] ?? name));
  return [...filled, '/search?q=redis_url'];
}

async function measured(daemon: BenchDaemon, all: readonly string[]): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const address of all) {
    const name = `dashboard of 1,000 clusters, 10,000 incidents, ${address.replace(/inc_\w+/, 'ID').replace(/ask_\w+/, 'ASK')}`;
    const before = daemon.process.cpuMs();
    const seen = await loadOften(daemon.url, address);
    const cpuMs = (daemon.process.cpuMs() - before) / (loads + 1);
    figures.push(
      { name: `${name}: first byte, p50 / p95`, value: pair(seen.map(({ firstMs }) => firstMs)), unit: 'ms' },
      { name: `${name}: with its css and js, p50 / p95`, value: pair(seen.map(({ wholeMs }) => wholeMs)), unit: 'ms' },
      { name: `${name}: processor time of the daemon`, value: cpuMs.toFixed(1), unit: 'ms' },
    );
  }
  const alone = await intake(daemon.url);
  const reading = new AbortController();
  const read = Promise.all(Array.from({ length: readers }, (_, at) => readOn(daemon.url, all, at, reading.signal)));
  const beside = await intake(daemon.url);
  reading.abort();
  const count = (await read).reduce((sum, one) => sum + one, 0);
  const fault = 'fault to disk (POST /api/v2/alerts), 20 a second, p50 / p95';
  return [
    ...figures,
    { name: `${fault}: nobody reads`, value: pair(alone), unit: 'ms' },
    { name: `${fault}: ${readers} readers without a pause`, value: pair(beside), unit: 'ms' },
    { name: 'pages that these readers loaded meanwhile', value: count, unit: 'pages' },
  ];
}

interface Load {
  readonly firstMs: number;
  readonly wholeMs: number;
}

async function loadOften(url: string, address: string): Promise<Load[]> {
  // The first one loads code that stays.
  await load(url, address);
  const seen: Load[] = [];
  for (let round = 0; round < loads; round += 1) seen.push(await load(url, address));
  return seen;
}

/** A page as a browser without a cache loads it. @throws Error when it is not there */
async function load(url: string, address: string): Promise<Load> {
  const started = performance.now();
  const response = await fetch(`${url}${address}`, asBrowser);
  const firstMs = performance.now() - started;
  const page = await response.text();
  if (response.status !== 200) throw new Error(`${address} answered ${response.status}`);
  const assets = [...page.matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)].map(([, asset = '']) => asset);
  await Promise.all(assets.map(async (asset) => (await fetch(`${url}${asset}`, asBrowser)).arrayBuffer()));
  return { firstMs, wholeMs: performance.now() - started };
}

/** How long each fault takes from the first byte of its request to the answer, which says that it is on disk. */
async function intake(url: string): Promise<number[]> {
  const sent: Promise<number>[] = [];
  for (let index = 0; index < faults; index += 1) {
    const one = send(url);
    // One that fails is told at the end, when the daemon can still be stopped.
    one.catch(() => {});
    sent.push(one);
    await sleep(everyMs);
  }
  return Promise.all(sent);
}

let serial = 0;

async function send(url: string): Promise<number> {
  serial += 1;
  const labels = { alertname: 'KubePodCrashLooping', cluster: largeClusterName(serial % 100), severity: 'warning' };
  const alert = {
    labels: { ...labels, namespace: 'shop', pod: `alert-${serial}` },
    startsAt: new Date().toISOString(),
  };
  const started = performance.now();
  const answer = await fetch(`${url}/api/v2/alerts`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify([alert]),
  });
  if (answer.status !== 200) throw new Error(`an alert was refused: ${await answer.text()}`);
  return performance.now() - started;
}

/** Loads one page after the other until the signal; how many. */
async function readOn(url: string, all: readonly string[], from: number, signal: AbortSignal): Promise<number> {
  let count = 0;
  for (; !signal.aborted; count += 1) await load(url, all[(from + count) % all.length] ?? '/');
  return count;
}

function pair(values: readonly number[]): string {
  return `${percentile(values, 0.5).toFixed(1)} / ${percentile(values, 0.95).toFixed(1)}`;
}
