import type { IncidentHistory } from '../../src/domain/history.ts';
import type { AgentBreaker } from '../../src/domain/agent-limits.ts';
import type { RunUsage } from '../../src/domain/agent-gateway.ts';
import { blankEpisode } from '../../src/domain/episode.ts';
import { blankIncident } from '../../src/domain/incident.ts';
import type { FaultEpisode, Incident, Run, RunResult } from '../../src/domain/records.ts';

export const sampleTime = Date.UTC(2026, 10, 20, 9, 0, 0);

/** An open incident of a deployment in `prod-eu`, with what is given instead. */
export function sampleIncident(over: Partial<Incident> = {}): Incident {
  return blankIncident({
    id: 'inc_01K9Z3W8Q4',
    cluster: 'prod-eu',
    environment: 'production',
    labels: { team: 'payments' },
    severity: 'critical',
    family: 'workload',
    resource: { apiVersion: 'v1', kind: 'Pod', namespace: 'payments', name: 'api-7c4-x1', uid: 'u1' },
    owner: { kind: 'Deployment', namespace: 'payments', name: 'api', certain: true },
    title: 'CrashLoop of Deployment payments/api',
    titleFault: { faultType: 'CrashLoop', severity: 'critical', firstSeen: sampleTime },
    openedAt: sampleTime,
    ...over,
  });
}

export function sampleFault(over: Partial<FaultEpisode> = {}): FaultEpisode {
  return blankEpisode({
    id: 1,
    cluster: 'prod-eu',
    faultId: 'f000000000000001',
    faultType: 'CrashLoop',
    severity: 'critical',
    resource: { apiVersion: 'v1', kind: 'Pod', namespace: 'payments', name: 'api-7c4-x1', uid: 'u1' },
    container: 'api',
    context: 'container api restarts again and again',
    owner: { kind: 'Deployment', namespace: 'payments', name: 'api', certain: true },
    node: 'n1',
    firstSeen: sampleTime,
    sources: ['push'],
    incidentId: 'inc_01K9Z3W8Q4',
    ...over,
  });
}

export const sampleUsage: RunUsage = {
  turns: 6,
  tokens: { input: 41_000, cached: 30_000, output: 1900 },
  usd: 0.42,
  requests: { kubernetes: 12, model: 7, refused: 1 },
};

/** An agent that failed three times in a row. */
export const sampleBreaker: AgentBreaker = {
  agent: 'claude',
  state: 'open',
  failures: 3,
  fellBack: 5,
  openedAt: sampleTime,
  retryAt: sampleTime + 300_000,
  probe: null,
  reason: 'timed_out: after 600 s',
  told: `agent_degraded:claude:${sampleTime}`,
};

export function sampleResult(over: Partial<RunResult> = {}): RunResult {
  return {
    outcome: 'answered',
    agent: 'builtin',
    model: null,
    defects: [],
    isFault: true,
    cause: 'container `api` exits 1: `DB_URL is required`; rollout 41 dropped env `DB_URL`.',
    confidence: 'high',
    report: '/data/artifacts/prod-eu/inc_01K9Z3W8Q4/investigation.html',
    durationMs: 161_000,
    error: null,
    summary: {
      evidence: ['`api` last log: `DB_URL is required` (FACT-2)', 'env `DB_URL` absent in the new ReplicaSet (FACT-3)'],
      nextSteps: [{ text: 'Roll back', command: 'kubectl -n payments rollout undo deploy/api', reversible: true }],
      claimsBacked: 3,
      claims: 3,
      missing: [],
    },
    usage: null,
    ...over,
  };
}

export function sampleRun(over: Partial<Run> = {}): Run {
  return {
    id: 'run_01K9Z3W8Q5',
    incidentId: 'inc_01K9Z3W8Q4',
    cluster: 'prod-eu',
    status: 'succeeded',
    severity: 'critical',
    createdAt: sampleTime,
    notBefore: sampleTime,
    startedAt: sampleTime + 3000,
    endedAt: sampleTime + 164_000,
    attempt: 1,
    trigger: 'fault',
    result: sampleResult(),
    ...over,
  };
}

/** The incident after its answer. */
export function answeredIncident(over: Partial<Incident> = {}): Incident {
  const { cause, confidence, report } = sampleResult();
  return sampleIncident({
    status: 'reported',
    startedAt: sampleTime + 3000,
    reportedAt: sampleTime + 164_000,
    updatedAt: sampleTime + 164_000,
    cause,
    confidence,
    report,
    seq: 3,
    ...over,
  });
}

/** The history of an incident of which nothing more is kept. */
export const emptyHistory: IncidentHistory = {
  deliveries: [],
  receptions: [],
  feedback: [],
  silences: [],
  unheard: [],
  sameObject: [],
  around: [],
};
