import path from 'node:path';
import type { RunBudget } from '../../src/domain/agent-gateway.ts';
import type { RunContext } from '../../src/triage/stages/run-context.ts';
import { SpendMeter } from '../../src/triage/workspace/spend-meter.ts';
import { openWorkspace } from '../../src/triage/workspace/workspace.ts';
import { createRedactor } from '../../src/lib/redact/redact.ts';
import { FakeRunStore } from './fake-run-store.ts';
import { tempDir } from './temp-dir.ts';
import { agentBudget, agentChoice } from './triage-bench.ts';

export interface RunSample {
  readonly context: RunContext;
  readonly store: FakeRunStore;
  /** What the run's log says, in order. */
  readonly events: readonly { readonly event: string; readonly fields: object }[];
}

/** A claimed run of an incident in cluster `prod`, with a real workspace, at the beginning of its way. */
export async function runSample(change: Partial<RunContext> = {}): Promise<RunSample> {
  const store = new FakeRunStore();
  store.add('prod', 0, { name: 'cart' });
  const claim = await store.claimRun({ maxConcurrent: 1, perCluster: {}, defaultPerCluster: 1 }, 0);
  if (claim === null) throw new Error('nothing to claim');
  const events: { event: string; fields: object }[] = [];
  const context: RunContext = {
    claim,
    cluster: null,
    agent: agentChoice(),
    workspace: await openWorkspace(path.join(tempDir(), 'workspaces'), claim.incident.id, claim.run.id),
    events: {
      add: (event, fields = {}) => void events.push({ event, fields }),
      flush: () => Promise.resolve(),
      close: () => Promise.resolve(),
    },
    startedAt: 0,
    budget: agentBudget(),
    redact: createRedactor(),
    permissions: null,
    evidence: null,
    builtin: null,
    admission: null,
    agentRun: null,
    served: [],
    usage: null,
    repairs: 0,
    defects: [],
    delivered: null,
    report: null,
    artifacts: null,
    runbooks: [],
    failures: [],
    ...change,
  };
  return { context, store, events };
}

/** An agent that may be started, with what its run may spend. */
export function admitted(budget: RunBudget = { usd: null, tokens: null }): NonNullable<RunContext['admission']> {
  const meter = new SpendMeter({ save: () => Promise.resolve(), onSpend: () => {}, failed: () => {} });
  return { budget, meter };
}
