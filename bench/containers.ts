import { execFile } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { systemClock } from '../src/lib/clock.ts';
import { spawnProcess } from '../src/lib/process/spawn.ts';
import { DockerRunner } from '../src/triage/runner/docker-runner.ts';
import { agentImage, lacksEngine } from '../test/support/agent-image.ts';
import { collectGarbage } from '../test/support/collect-garbage.ts';
import { openGatewayRun } from '../test/support/gateway-run.ts';
import { newTempDir } from '../test/support/temp-dir.ts';
import { agentChoice, runAgentScript } from '../test/support/triage-bench.ts';
import { until } from './daemon.ts';
import { slowAgent } from './faults.ts';
import type { Figure } from './figure.ts';

const rounds = 10;

/** What an agent in a container costs before and beside its own work. */
export async function containers(): Promise<Figure[]> {
  if (lacksEngine('agents in containers'))
    return [{ name: 'agents in containers', value: 'not measured: no engine', unit: '' }];
  const image = await agentImage();
  const starts: number[] = [];
  let memory = '';
  for (let round = 0; round < rounds; round += 1) {
    const { firstRequestMs, container } = await oneRun(image, round);
    starts.push(firstRequestMs);
    memory = container;
  }
  starts.sort((a, b) => a - b);
  const seconds = (ms: number | undefined): string => ((ms ?? 0) / 1000).toFixed(2);
  return [
    {
      name: 'start of a container to its first request: p50 / most',
      value: `${seconds(starts[rounds / 2])} / ${seconds(starts.at(-1))}`,
      unit: 's',
    },
    { name: 'memory of a container beside the agent itself', value: memory, unit: '' },
    {
      name: 'memory of the daemon for a run with its gateway',
      value: Math.round((await gatewayBytes()) / 1024),
      unit: 'KiB',
    },
    ...(await slowAgent(16, { runner: 'docker', image })),
  ];
}

/** The agent asks once and stays until the engine was asked what it takes. */
async function oneRun(image: string, round: number): Promise<{ firstRequestMs: number; container: string }> {
  const run = await openGatewayRun(null, { owner: process.getuid?.() === 0 ? { uid: 1000, gid: 1000 } : null });
  const { dir, remove } = newTempDir();
  const docker = new DockerRunner({
    script: () => runAgentScript,
    dataDir: dir,
    env: { PATH: process.env['PATH'] ?? '' },
    spawn: spawnProcess,
    clock: systemClock,
  });
  const choice = agentChoice({
    cli: 'custom',
    command: ['bash', '-c', 'kubectl --server http://127.0.0.1:8001/k8s version; sleep 2'],
  });
  const stop = new AbortController();
  const runId = `bench-${process.pid}-${round}`;
  const job = {
    ...choice,
    runner: 'docker' as const,
    container: { ...choice.container, image },
    timeoutMs: 30_000,
    incidentId: 'inc_1',
    runId,
    cluster: 'prod',
    workspace: run.workspace,
    socketDir: run.gateway.socketDir,
    promptFile: 'prompt.md' as const,
  };
  writeFileSync(path.join(run.workspace, 'prompt.md'), 'Investigate.');
  const started = performance.now();
  const running = docker.run(job, stop.signal);
  try {
    const record = path.join(run.workspace, 'logs/gateway.jsonl');
    await until(() => Promise.resolve(readFileSync(record, 'utf8').includes('/version')), 20_000, 10);
    const firstRequestMs = performance.now() - started;
    const { stdout } = await promisify(execFile)('docker', [
      'stats',
      '--no-stream',
      '--format',
      '{{.MemUsage}}',
      `nightcrier-${runId}`,
    ]);
    return { firstRequestMs, container: stdout.split(' / ')[0]?.trim() ?? '' };
  } finally {
    stop.abort();
    await running;
    await docker.close();
    await run.close();
    remove();
    rmSync(run.workspace, { recursive: true, force: true });
  }
}

/** Heap of an open gateway that nobody asks, bytes. */
async function gatewayBytes(): Promise<number> {
  const used = (): number => {
    collectGarbage();
    return process.memoryUsage().heapUsed;
  };
  const before = used();
  const runs = await Promise.all(Array.from({ length: 50 }, () => openGatewayRun(null)));
  const after = used();
  await Promise.all(runs.map((run) => run.close()));
  return (after - before) / runs.length;
}
