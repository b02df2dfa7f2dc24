import { createAnalyst } from '../src/analyst/create-analyst.ts';
import type { CollectRequest } from '../src/domain/ports.ts';
import type { Answer, Evidence } from '../src/domain/ports.ts';
import type { FaultEpisode, Incident } from '../src/domain/records.ts';
import { familyOf } from '../src/domain/family.ts';
import type { Recording, Truth } from './recording.ts';
import { recordingReader } from './recording-reader.ts';
import { score, type Scores } from './score.ts';

export interface Result {
  readonly truth: Truth;
  readonly request: CollectRequest;
  readonly evidence: Evidence;
  readonly answer: Answer;
  readonly scores: Scores;
  readonly ms: number;
}

/** One recording on the product's own way: collector, analyst, checker. */
export async function evaluate(recording: Recording): Promise<Result> {
  const reader = recordingReader(recording);
  const analyst = createAnalyst({ readersFor: () => [reader] });
  const request = requestOf(recording.truth);
  const started = performance.now();
  const evidence = await analyst.collect(request, new AbortController().signal);
  const answer = analyst.analyse(request, evidence);
  const ms = performance.now() - started;
  const scores = score(recording.truth, answer.verdict, answer.markdown, answer.flaggedInstructions.length);
  return { truth: recording.truth, request, evidence, answer, scores, ms };
}

/** The incident as intake would open it. */
export function requestOf(truth: Truth): CollectRequest {
  const at = Date.parse(truth.recorded_at);
  const { focus, trigger } = truth;
  const ref = { apiVersion: 'v1', kind: focus.kind, namespace: focus.namespace, name: focus.name, uid: null };
  const resource = trigger?.resource ?? ref;
  const owner = { kind: focus.kind, namespace: focus.namespace, name: focus.name, certain: true };
  const faultType = trigger?.faultType ?? 'WarningEvent';
  const severity = trigger?.severity ?? 'info';
  const family = familyOf(faultType);
  const incident: Incident = {
    id: `inc_${truth.id}`,
    cluster: 'recorded',
    environment: null,
    labels: {},
    status: 'investigating',
    statusReason: null,
    severity,
    family,
    resource,
    owner,
    title: `${faultType} ${focus.kind} ${focus.name}`,
    openedAt: at,
    updatedAt: at,
    startedAt: at,
    reportedAt: null,
    resolvedAt: null,
    quiet: false,
    reopened: 0,
    previousId: null,
    cause: null,
    confidence: null,
    report: null,
    seq: 1,
  };
  const fault: FaultEpisode = {
    id: 1,
    cluster: 'recorded',
    faultId: '0000000000000000',
    faultType,
    severity,
    resource,
    container: '',
    context: trigger?.context ?? 'found by the sweep',
    owner,
    node: null,
    family,
    firstSeen: at,
    lastSeen: at,
    since: null,
    count: 1,
    sources: [trigger ? 'push' : 'sweep'],
    lastSweepAt: null,
    clearSeenAt: null,
    clearedAt: null,
    outcome: 'opened',
    rule: null,
    incidentId: incident.id,
  };
  return { incident, faults: trigger ? [fault] : [], permissions: null };
}
