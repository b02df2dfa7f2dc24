import { FakeGateway } from '../support/fake-gateway.ts';
import path from 'node:path';
import { Registry } from 'prom-client';
import { systemClock } from '../../src/lib/clock.ts';
import { silentLogger } from '../../src/lib/log.ts';
import { killMarkedProcesses } from '../../src/lib/process/marked-processes.ts';
import { spawnProcess } from '../../src/lib/process/spawn.ts';
import { openStateStore } from '../../src/storage/worker/open.ts';
import { createTriage } from '../../src/triage/create-triage.ts';
import { agentBudget, agentChoice, breakerPolicy, fixedRules, questionLimits } from '../support/triage-bench.ts';
import { createProcessRunner, endAbandonedAgents } from '../../src/triage/workspace/process-runner.ts';
import { FakeAnalyst } from '../support/fake-analyst.ts';
import { MemoryArtifacts } from '../support/memory-artifacts.ts';
import { storePolicy } from '../support/signals.ts';

/**
 * Triage on the real state store of `dataDir`, with an agent that never ends. Used by the test itself, and as a process
 * of its own that the test kills: `node crash-holder.ts DATA_DIR SCRIPT AGENT`.
 */
export async function openTriage(dataDir: string, script: string, command: readonly string[]) {
  const workspaces = path.join(dataDir, 'workspaces');
  const registry = new Registry();
  const artifacts = new MemoryArtifacts();
  const store = await openStateStore({
    file: path.join(dataDir, 'state.db'),
    policy: storePolicy({ groupWaitMs: 0, targets: ['console'] }),
    logger: silentLogger,
  });
  const cli = command.length === 0 ? 'builtin' : 'custom';
  const triage = createTriage({
    store,
    reader: store,
    rules: fixedRules,
    analyst: new FakeAnalyst(),
    permissions: { current: () => null, firstAnswer: () => Promise.resolve(null) },
    artifacts,
    runner: createProcessRunner({
      script: () => script,
      path: process.env['PATH'] ?? '/usr/bin:/bin',
      spawn: spawnProcess,
      killMarked: killMarkedProcesses,
      graceMs: 300,
    }),
    gateway: new FakeGateway(),
    owner: null,
    flattenKubeconfig: () => Promise.resolve(''),
    settings: () => ({
      workspaces,
      limits: { maxConcurrent: 4, perCluster: {}, defaultPerCluster: 1 },
      agent: agentChoice({ cli, command, timeout: '60s' }),
      budget: agentBudget(),
      breaker: breakerPolicy,
      clusters: new Map(),
      redact: { patterns: [], secrets: [] },
      runbooks: [],
      questions: questionLimits,
      storeFailed: false,
      workspaceRetentionMs: 86_400_000,
    }),
    sizeLimit: { problems: () => [] },
    endAbandoned: () => endAbandonedAgents(workspaces, killMarkedProcesses),
    clock: systemClock,
    logger: silentLogger,
    registry,
  });
  return { triage, store, artifacts, registry };
}

if (process.argv[1] === import.meta.filename) {
  const [dataDir = '', script = '', agent = ''] = process.argv.slice(2);
  const { triage } = await openTriage(dataDir, script, [agent]);
  await triage.start();
  setInterval(() => {}, 1000);
}
