import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createAnalyst } from '../src/analyst/create-analyst.ts';
import type { AnalystRequest, Answer, Evidence } from '../src/domain/ports.ts';
import { openApiReader } from '../src/kube/read/api-reader.ts';
import type { ClusterReader } from '../src/kube/cluster-reader.ts';
import { type Clock, systemClock } from '../src/lib/clock.ts';
import type { ClusterState } from '../src/sim/api/cluster-state.ts';
import { startKubeApi } from '../src/sim/api/kube-api.ts';
import { recordedState } from './recorded-state.ts';
import { incidentOf } from './incident-of.ts';
import type { Recording } from './recording.ts';
import { score, type Scores } from './score.ts';
import type { Truth } from './truth.ts';
import { createRedactor } from '../src/lib/redact/redact.ts';

/** The answers to the states of one set. */
export interface SetResults {
  /** Null for a folder that is none of the project's sets. */
  readonly set: string | null;
  readonly results: readonly Result[];
}

export interface Result {
  readonly truth: Truth;
  readonly request: AnalystRequest;
  readonly evidence: Evidence;
  readonly answer: Answer;
  /** Null for a recording without its truth. */
  readonly scores: Scores | null;
  /** Requests that the API server saw. */
  readonly apiCalls: number;
  /** Collector, analyst and checker together. */
  readonly ms: number;
}

/**
 * One recording on the product's own way: served as a Kubernetes API over HTTP, read with a kubeconfig by the collector,
 * then the analyst and the claim checker. `state`: the recorded cluster with more in it than was recorded. The clock of the reads stands at the time of the recording.
 */
export async function evaluate(
  recording: Recording,
  state: ClusterState = recordedState(recording.dump),
): Promise<Result> {
  const clock = clockOf(recording.truth);
  const api = await startKubeApi(state, { access: readsAll, clock });
  const dir = mkdtempSync(path.join(tmpdir(), 'nightcrier-eval-'));
  try {
    const file = path.join(dir, 'kubeconfig');
    writeFileSync(file, api.kubeconfig, { mode: 0o600 });
    const result = await evaluateThrough(await openApiReader(file, null), recording.truth);
    return { ...result, apiCalls: api.counts().total };
  } finally {
    await api.close();
    rmSync(dir, { recursive: true, force: true });
  }
}

/** The same through any reader of the cluster; `apiCalls` counts what the collector asked. */
export async function evaluateThrough(reader: ClusterReader, truth: Truth): Promise<Result> {
  const clock = clockOf(truth);
  const analyst = createAnalyst({ readersFor: () => [reader], clock });
  const request = incidentOf(truth, clock.now());
  const started = performance.now();
  const evidence = await analyst.collect(request, createRedactor(), new AbortController().signal);
  const answer = analyst.analyse(request, evidence);
  const ms = performance.now() - started;
  return { truth, request, evidence, answer, scores: score(truth, answer), apiCalls: evidence.apiCalls, ms };
}

/** A clock that stands at the time of the recording. */
function clockOf(truth: Truth): Clock {
  const at = Date.parse(truth.recorded_at ?? '') || 0;
  return { ...systemClock, now: () => at };
}

/** The recordings hold Secrets without their values; the collector keeps only their keys in any case. */
const readsAll = ({ verb }: { readonly verb: string }): boolean => ['get', 'list', 'watch'].includes(verb);
