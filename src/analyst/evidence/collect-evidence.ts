import type { AnalystRequest } from '../../domain/ports.ts';
import type { ClusterReader } from '../../kube/cluster-reader.ts';
import type { Clock } from '../../lib/clock.ts';
import { entityText } from '../model/entities.ts';
import { type GatheredEvidence, writeEvidence } from '../model/evidence-files.ts';
import { GrowingGraph } from '../model/growing-graph.ts';
import { focusEntities, focusNamespaces } from '../model/focus.ts';
import { type BudgetLimits, ClusterWalk } from './cluster-walk.ts';
import { readFocus, readNamespace, readOwnParts } from './read-focus.ts';
import { readLogs } from './read-logs.ts';
import { readNamedThings } from './read-named-things.ts';
import { readNeeds } from './read-needs.ts';

export interface CollectDeps {
  readonly readers: readonly ClusterReader[];
  readonly limits: BudgetLimits;
  readonly clock: Clock;
}

/**
 * Reads outwards from the fault, most telling first: the object, its namespace, what its pods need, their logs, and then
 * what those logs and messages name. Everything goes into one graph, of which the files are written at the end. Never
 * rejects and never reads more than the budget allows.
 */
export async function collectEvidence(
  request: AnalystRequest,
  deps: CollectDeps,
  signal: AbortSignal,
): Promise<GatheredEvidence> {
  const { limits } = deps;
  const started = deps.clock.now();
  const graph = new GrowingGraph();
  const deadline = new AbortController();
  const timer = deps.clock.setTimer(() => deadline.abort(new Error('time is up')), limits.milliseconds);
  const walk = new ClusterWalk(deps.readers, graph, limits, AbortSignal.any([signal, deadline.signal]));
  const focus = focusEntities(request);
  try {
    await readFocus(walk, focus);
    const namespaces = focusNamespaces(focus).slice(0, 2);
    await Promise.all(namespaces.map((namespace) => readNamespace(walk, namespace)));
    await readOwnParts(walk, focus);
    await Promise.all([readNeeds(walk, graph, focus), readLogs(walk, graph, focus)]);
    await readNamedThings(walk, graph, focus);
    await readLogs(walk, graph, focus);
  } finally {
    timer.cancel();
  }
  const { used, refused } = walk.budget;
  const left = refused === 0 ? [] : [`${refused} reads over the budget of ${limits.requests} requests were left out`];
  const about = {
    cluster: request.cluster,
    focus: focus.map(entityText),
    read_at: new Date(started).toISOString(),
    requests: used,
    requests_over_budget: refused,
  };
  return writeEvidence(graph, about, [...walk.missing, ...left], limits.bytes);
}
