import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { processId, signalProcess } from '../../../src/lib/process/send-signal.ts';
import { incidentsOf, metricSum } from '../../support/daemon-accounts.ts';
import type { Daemon } from '../../support/daemon.ts';
import { daemonOver } from '../../support/daemon-over.ts';
import { lacks } from '../../support/needs.ts';
import { SimulatedCluster } from '../../support/simulated-cluster.ts';
import { smallDisk } from '../../support/small-disk.ts';
import { waitUntil } from '../../support/wait-until.ts';

/** Where a stream of the daemon goes: it is read; its reader goes away once the daemon is ready; to a file. */
type Where = 'read' | 'reader goes' | { readonly file: string };

interface Started {
  readonly daemon: Daemon;
  readonly cluster: SimulatedCluster;
  readonly child: ChildProcess;
  /** What was read so far. */
  readonly text: { stdout: string; stderr: string };
}

interface Health {
  readonly clusters: readonly { readonly last_sweep: string | null }[];
  readonly problems: readonly { readonly code: string }[];
}

async function start(stdout: Where, stderr: Where): Promise<Started> {
  const cluster = await SimulatedCluster.start('one');
  onTestFinished(() => cluster.close());
  const daemon = await daemonOver([cluster], null, { log: { format: 'json' }, intake: { group_wait: '100ms' } });
  const files: number[] = [];
  const stdio = (where: Where) => {
    if (typeof where === 'string') return 'pipe' as const;
    files.push(openSync(where.file, 'a'));
    return files.at(-1);
  };
  const child = spawn(process.execPath, daemon.args, { stdio: ['ignore', stdio(stdout), stdio(stderr)] });
  for (const fd of files) closeSync(fd);
  onTestFinished(() => void child.kill('SIGKILL'));
  const text = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]?.setEncoding('utf8').on('data', (more: string) => (text[name] += more));
  }
  const ready = async () => (await fetch(`${daemon.url}/health/ready`).catch(() => null))?.status === 200;
  await waitUntil(ready, 'a ready daemon', 30_000);
  await waitUntil(() => cluster.push.counts().listening > 0, 'a subscription', 30_000);
  // What comes after the first sweep comes by push alone.
  const swept = async () => (await daemon.get<Health>('/health/clusters')).clusters[0]?.last_sweep;
  await waitUntil(swept, 'the first sweep', 30_000);
  if (stdout === 'reader goes') child.stdout?.destroy();
  if (stderr === 'reader goes') child.stderr?.destroy();
  return { daemon, cluster, child, text };
}

async function problems(daemon: Daemon): Promise<string[]> {
  const { problems } = await daemon.get<Health>('/health/clusters');
  return problems.map(({ code }) => code).sort();
}

async function failures(daemon: Daemon): Promise<number> {
  return metricSum(await daemon.text('/metrics'), 'nightcrier_cluster_connect_failures_total');
}

async function answered(daemon: Daemon, count: number): Promise<void> {
  const done = async () => (await incidentsOf(daemon)).filter(({ report }) => report !== null).length === count;
  await waitUntil(done, `${count} reports`, 30_000);
}

async function end(child: ChildProcess): Promise<number | null> {
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  return ended;
}

const told = (text: string, part: string): number => text.split('\n').filter((line) => line.includes(part)).length;

const full = { file: '/dev/full' };
const cases: [string, Where, Where][] = [
  ['the reader of standard output goes away', 'reader goes', 'read'],
  ['the reader of the log goes away', 'read', 'reader goes'],
  ['both readers go away', 'reader goes', 'reader goes'],
  ['the disk behind standard output is full', full, 'read'],
  ['the disk behind the log is full', 'read', full],
  ['the disk behind both is full', full, full],
];
const noDevice = lacks('outputs that are full', '/dev/full');

test.each(cases.filter(([, ...where]) => !(noDevice && where.includes(full))))(
  'OPS-2, NOT-3: %s: the daemon goes on, messages wait, health, metrics and what is left of its outputs say so',
  async (_name, stdout, stderr) => {
    const { daemon, cluster, child, text } = await start(stdout, stderr);
    cluster.crash('cart', 0);
    await answered(daemon, 1);
    // A line for the log, whatever else it had to say.
    child.kill('SIGUSR2');
    const expected = [...(stdout === 'read' ? [] : ['NC-NOTIFY-003']), ...(stderr === 'read' ? [] : ['NC-RUN-001'])];
    await waitUntil(async () => (await problems(daemon)).join() === expected.join(), `the problems ${expected.join()}`);
    cluster.crash('basket', 1);
    await answered(daemon, 2);

    const written = stdout === 'read';
    const waiting = async () => metricSum(await daemon.text('/metrics'), 'nightcrier_outbox_length', 'console');
    await waitUntil(async () => (await waiting()) === (written ? 0 : 2), 'what waits', 20_000);
    const metrics = await daemon.text('/metrics');
    if (written) await waitUntil(() => text.stdout.includes('shop/basket'), 'the messages');
    expect({
      waiting: metricSum(metrics, 'nightcrier_outbox_length', 'console'),
      failed: metricSum(metrics, 'nightcrier_notifications_failed_total', 'reason="other"'),
      lost: Number(/^nightcrier_log_lines_lost_total (\d+)$/m.exec(metrics)?.[1]) > 0,
      inTheLog: told(text.stderr, '"code":"NC-NOTIFY-003"'),
      inTheMessages: told(text.stdout, 'NC-RUN-001'),
    }).toEqual({
      waiting: written ? 0 : 2,
      failed: written ? 0 : 1,
      lost: stderr !== 'read',
      inTheLog: !written && stderr === 'read' ? 1 : 0,
      inTheMessages: written ? 1 : 0,
    });
    expect(await problems(daemon)).toEqual(expected);
    expect(await end(child)).toBe(0);
  },
  60_000,
);

const disk = smallDisk();

test.skipIf(disk.skip !== null)(
  `NOT-3: when there is space again behind a redirect, what waited is written, once and in whole lines${disk.why}`,
  async () => {
    const dir = disk.mount('64k');
    const [file, ballast] = [path.join(dir, 'messages'), path.join(dir, 'ballast')];
    const { daemon, cluster, child, text } = await start({ file }, 'read');
    writeFileSync(ballast, '');
    for (let size = 4096; size >= 1; size /= 2) fillUp(ballast, size);
    cluster.crash('cart', 0);
    await answered(daemon, 1);
    await waitUntil(async () => (await problems(daemon)).includes('NC-NOTIFY-003'), 'the problem');
    writeFileSync(ballast, '');
    await waitUntil(() => readFileSync(file, 'utf8').includes('Page '), 'the message', 20_000);
    await waitUntil(async () => (await problems(daemon)).length === 0, 'no problem');
    expect(told(readFileSync(file, 'utf8'), 'Page ')).toBe(1);
    expect(told(text.stderr, 'standard output can be written again')).toBe(1);
    expect(await end(child)).toBe(0);
  },
  60_000,
);

function fillUp(file: string, size: number): void {
  try {
    for (;;) writeFileSync(file, 'x'.repeat(size), { flag: 'a' });
  } catch {
    // Full, in pieces of this size.
  }
}

/** Clusters that nobody answers for: each is a line of the log at once. */
const absent = Array.from({ length: 300 }, (_, number) => ({
  name: `absent-${number}`,
  mcp: { endpoint: `http://127.0.0.1:9/${number}/mcp` },
  triage: { enabled: false },
}));

/** Runs a command on a terminal that nobody reads; hangs up when it is told to, then waits for the command's end. */
const terminal = `
import os, pty, sys
pid, master = pty.fork()
if pid == 0:
    os.execv(sys.argv[1], sys.argv[1:])
print(pid, flush=True)
sys.stdin.readline()
os.close(master)
print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)
`;

test.skipIf(lacks('a daemon on a terminal', 'python3'))(
  'OPS-2: a terminal that is stopped does not block the daemon, and one that goes away does not end it',
  async () => {
    const daemon = await daemonOver([], null, { clusters: absent });
    const child = spawn('python3', ['-c', terminal, process.execPath, ...daemon.args], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    onTestFinished(() => void child.kill('SIGKILL'));
    let said = '';
    child.stdout.setEncoding('utf8').on('data', (more: string) => (said += more));
    const pid = processId((await waitUntil(() => (said.includes('\n') ? said : null), 'the process')).trim());
    onTestFinished(() => void signalProcess(pid, 'SIGKILL'));
    const healthy = async () => (await fetch(`${daemon.url}/health/ready`).catch(() => null))?.status === 200;
    await waitUntil(healthy, 'a ready daemon', 30_000);

    // The log has more by now than a terminal holds that nobody reads.
    const failed = async () => (await problems(daemon)).length === 0 && (await failures(daemon)) >= absent.length;
    await waitUntil(failed, 'as many lines as clusters', 30_000);
    child.stdin.end('hang up\n');
    await waitUntil(async () => (await problems(daemon)).includes('NC-RUN-001'), 'the problem');
    expect(await healthy()).toBe(true);
    signalProcess(pid, 'SIGTERM');
    await waitUntil(() => said.trim().split('\n').length > 1, 'its end', 20_000);
    expect(said.trim().split('\n')[1]).toBe('0');
  },
  60_000,
);
