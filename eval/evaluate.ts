import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createAnalyst } from '../src/analyst/create-analyst.ts';
import type { AnalystRequest, Answer, Evidence } from '../src/domain/ports.ts';
import { openApiReader } from '../src/kube/read/api-reader.ts';
import { systemClock } from '../src/lib/clock.ts';
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
  const { truth } = recording;
  const at = Date.parse(truth.recorded_at ?? '') || 0;
  const clock = { ...systemClock, now: () => at };
  const api = await startKubeApi(state, { access: readsAll, clock });
  const dir = mkdtempSync(path.join(tmpdir(), 'nightcrier-eval-'));
  try {
    const file = path.join(dir, 'kubeconfig');
    writeFileSync(file, api.kubeconfig, { mode: 0o600 });
    const reader = await openApiReader(file, null);
    const analyst = createAnalyst({ readersFor: () => [reader], clock });
    const request = incidentOf(truth, at);
    const started = performance.now();
    const evidence = await analyst.collect(request, createRedactor(), new AbortController().signal);
    const answer = analyst.analyse(request, evidence);
    const ms = performance.now() - started;
    return { truth, request, evidence, answer, scores: score(truth, answer), apiCalls: api.counts().total, ms };
  } finally {
    await api.close();
    rmSync(dir, { recursive: true, force: true });
  }
}

/** The recordings hold Secrets without their values; the collector keeps only their keys in any case. */
const readsAll = ({ verb }: { readonly verb: string }): boolean => ['get', 'list', 'watch'].includes(verb);
