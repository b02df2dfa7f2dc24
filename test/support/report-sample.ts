import type { IncidentHistory } from '../../src/domain/history.ts';
import type { IncidentDetail } from '../../src/domain/state-store.ts';
import type { EvidenceLine, Findings } from '../../src/domain/verdict/findings.ts';
import type { Verdict } from '../../src/domain/verdict/verdict.ts';
import { incidentReport, type IncidentReport, type KeptIncident } from '../../src/report/model/incident-report.ts';
import { findingsSample } from './findings-sample.ts';
import { answeredIncident, emptyHistory, sampleFault, sampleRun, sampleTime } from './incident-samples.ts';

export const sampleLog = 'evidence/logs/payments/api-7c4-x1/api.log';

/** A line of a log among its neighbours. */
export function evidenceSample(given: Partial<EvidenceLine> = {}): EvidenceLine {
  return {
    file: sampleLog,
    quote: 'DB_URL is required',
    object: 'Pod payments/api-7c4-x1',
    field: null,
    value: null,
    words: 'Pod payments/api-7c4-x1, log of container api, line 12',
    excerpt: {
      first: 11,
      lines: [
        { text: 'starting', marked: false },
        { text: 'fatal: DB_URL is required', marked: true },
        { text: 'bye', marked: false },
      ],
      times: 1,
      at: sampleTime,
    },
    ...given,
  };
}

export function verdictSample(given: Partial<Verdict> = {}): Verdict {
  return {
    version: 1,
    is_fault: true,
    summary: 'The environment lacks DB_URL.',
    causes: [
      {
        rank: 1,
        entity: { kind: 'Deployment', namespace: 'payments', name: 'api' },
        mechanism: 'missing_key',
        wrong_value: 'DB_URL',
        statement: 'Rollout 41 dropped the variable DB_URL, without which the container exits.',
        confidence: 'high',
        evidence: [{ file: sampleLog, quote: 'DB_URL is required' }],
      },
    ],
    victims: [{ kind: 'Service', namespace: 'payments', name: 'api' }],
    missing: [],
    remediation: [
      {
        action: 'Roll back to revision 40',
        command: 'kubectl --context prod-eu -n payments rollout undo deployment/api',
        risk: 'low',
        reversible: true,
        undo: 'kubectl --context prod-eu -n payments rollout undo deployment/api --to-revision=41',
      },
      {
        action: 'Look at the variables',
        command: 'kubectl --context prod-eu -n payments set env deployment/api --list',
        risk: 'none',
        reversible: true,
        undo: null,
      },
    ],
    ...given,
  };
}

interface ReportParts {
  readonly detail?: Partial<IncidentDetail>;
  readonly verdict?: Verdict | null;
  readonly findings?: Partial<Findings>;
  readonly history?: Partial<IncidentHistory>;
  readonly kept?: Partial<KeptIncident>;
}

/** What is kept of an answered incident of Deployment payments/api in `prod-eu`, three minutes after it was opened. */
function keptSample({ detail, verdict = verdictSample(), findings, history, kept }: ReportParts = {}): KeptIncident {
  return {
    detail: { incident: answeredIncident(), faults: [sampleFault()], runs: [sampleRun()], ...detail },
    history: { ...emptyHistory, ...history },
    artifacts: {
      verdict,
      findings: findingsSample({ evidence: [evidenceSample()], ...findings }),
      files: [
        { path: sampleLog, bytes: 2048 },
        { path: 'investigation.md', bytes: 4096 },
      ],
      problems: [],
    },
    silence: null,
    now: sampleTime + 180_000,
    ...kept,
  };
}

export function reportSample(parts: ReportParts = {}): IncidentReport {
  return incidentReport(keptSample(parts));
}
