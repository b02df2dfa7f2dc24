import type { CollectRequest, Evidence } from '../../domain/ports.ts';
import type { ClusterReader } from '../../kube/cluster-reader.ts';
import type { Clock } from '../../lib/clock.ts';
import { entityText } from '../model/entities.ts';
import { buildGraph, type EvidenceGraph } from '../model/evidence-graph.ts';
import { focusEntities, focusNamespaces } from '../model/focus.ts';
import { type BudgetLimits, ClusterWalk } from './cluster-walk.ts';
import { EvidenceWriter } from './evidence-writer.ts';
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
 * what those logs and messages name. Never rejects and never reads more than the budget allows.
 */
export async function collectEvidence(
  request: CollectRequest,
  deps: CollectDeps,
  signal: AbortSignal,
): Promise<Evidence> {
  const started = deps.clock.now();
  const writer = new EvidenceWriter(deps.limits.bytes);
  const deadline = new AbortController();
  const timer = deps.clock.setTimer(() => deadline.abort(new Error('time is up')), deps.limits.milliseconds);
  const walk = new ClusterWalk(deps.readers, writer, deps.limits, AbortSignal.any([signal, deadline.signal]));
  const focus = focusEntities(request);
  const about = () => ({
    cluster: request.incident.cluster,
    focus: focus.map(entityText),
    read_at: new Date(started).toISOString(),
    requests: walk.budget.used,
    requests_over_budget: walk.budget.refused,
  });
  const graph = (): EvidenceGraph => buildGraph(writer.files(about()));
  try {
    await readFocus(walk, focus);
    await Promise.all(
      focusNamespaces(focus)
        .slice(0, 2)
        .map((namespace) => readNamespace(walk, namespace)),
    );
    await readOwnParts(walk, focus);
    await Promise.all([readNeeds(walk, graph(), focus), readLogs(walk, graph(), focus)]);
    await readNamedThings(walk, graph(), focus);
    await readLogs(walk, graph(), focus);
  } finally {
    timer.cancel();
  }
  if (walk.budget.refused > 0) {
    writer.missing.push(
      `${walk.budget.refused} reads over the budget of ${deps.limits.requests} requests were left out`,
    );
  }
  return { files: writer.files(about()), missing: [...writer.missing], apiCalls: walk.budget.used };
}
