import type { Entity } from '../../domain/verdict/verdict.ts';
import { entityKey } from '../model/entities.ts';
import { compareText } from '../model/evidence-graph.ts';
import type { Focus } from '../model/focus.ts';
import type { Conclusion } from '../rules/rule.ts';
import type { CallEdge } from '../signals/calls.ts';

/** A conclusion with the way from it to what alerted. */
export interface RankedCause {
  readonly conclusion: Conclusion;
  /** From the object that alerted to the cause, by calls that fail. */
  readonly chain: readonly CallEdge[];
}

export interface Ranking {
  /** The ends of the chains that lead to what alerted: one for each independent fault. */
  readonly causes: readonly RankedCause[];
  /** Other conclusions about the same objects, greatest first: they lost against a cause. */
  readonly rivals: readonly Conclusion[];
  /** Conclusions about things that have nothing to do with what alerted. */
  readonly unrelated: readonly Conclusion[];
  readonly victims: readonly Entity[];
}

/**
 * Symptoms to causes: follows failing calls from what alerted to what they call, takes the strongest conclusion about each
 * object on the way, and keeps the ends. An object whose callee is broken is a victim, not a cause.
 */
export function rankCauses(conclusions: readonly Conclusion[], edges: readonly CallEdge[], focus: Focus): Ranking {
  const sorted = conclusions.toSorted(compare);
  const reached = reach(focus, edges, sorted);
  const about = (entity: Entity): Conclusion[] =>
    sorted.filter(
      (conclusion) =>
        conclusion.affects.some((one) => entityKey(one) === entityKey(entity)) ||
        entityKey(conclusion.entity) === entityKey(entity),
    );

  const causes = new Map<string, RankedCause>();
  const related = new Set<Conclusion>();
  for (const start of reached.starts) {
    const best = bestFor(start, reached.chains, about, related);
    if (best) {
      const key = `${entityKey(best.conclusion.entity)} ${best.conclusion.mechanism}`;
      if (!causes.has(key)) causes.set(key, best);
    }
  }
  const kept = foldShared([...causes.values()]);
  const chosen = new Set(kept.map((it) => it.conclusion));
  return {
    causes: kept,
    rivals: sorted.filter((it) => related.has(it) && !chosen.has(it)),
    unrelated: sorted.filter((it) => !related.has(it)),
    victims: victimsOf(kept, sorted),
  };
}

function compare(a: Conclusion, b: Conclusion): number {
  return (
    b.weight - a.weight ||
    b.evidence.length - a.evidence.length ||
    compareText(entityKey(a.entity), entityKey(b.entity)) ||
    compareText(a.mechanism, b.mechanism) ||
    compareText(a.statement, b.statement)
  );
}

/** What can be reached from what alerted by failing calls, with the way there. */
function reach(focus: Focus, edges: readonly CallEdge[], conclusions: readonly Conclusion[]) {
  const starts =
    focus.namespace === null
      ? focus.entities
      : uniqueEntities([
          ...conclusions.flatMap((it) => it.affects).filter((it) => it.namespace === focus.namespace),
          ...focus.entities,
        ]);
  const chains = new Map<string, Map<string, readonly CallEdge[]>>();
  for (const start of starts) {
    const ways = new Map<string, readonly CallEdge[]>([[entityKey(start), []]]);
    const queue: Entity[] = [start];
    for (let entity = queue.shift(); entity; entity = queue.shift()) {
      const way = ways.get(entityKey(entity)) ?? [];
      if (way.length >= 4) continue;
      for (const edge of edges) {
        if (entityKey(edge.from) !== entityKey(entity) || ways.has(entityKey(edge.to))) continue;
        ways.set(entityKey(edge.to), [...way, edge]);
        queue.push(edge.to);
      }
    }
    chains.set(entityKey(start), ways);
  }
  return { starts, chains };
}

function bestFor(
  start: Entity,
  chains: ReadonlyMap<string, ReadonlyMap<string, readonly CallEdge[]>>,
  about: (entity: Entity) => Conclusion[],
  related: Set<Conclusion>,
): RankedCause | null {
  let best: { cause: RankedCause; score: number } | null = null;
  for (const [key, chain] of chains.get(entityKey(start)) ?? []) {
    const last = chain.at(-1);
    const entity = last ? last.to : start;
    if (entityKey(entity) !== key) continue;
    for (const conclusion of about(entity)) {
      related.add(conclusion);
      // A broken callee explains its caller better than anything said about the caller, unless that is sure by itself.
      const callee = Math.min(chain.length, 3) * (conclusion.weight >= 60 ? 8 : 0);
      // Of two that are equally strong, one about the object itself: not one whose name comes first in the alphabet.
      const own = entityKey(conclusion.entity) === key ? 0.5 : 0;
      const score = conclusion.weight + callee + own;
      if (!best || score > best.score) best = { cause: { conclusion, chain }, score };
    }
  }
  return best?.cause ?? null;
}

/** One cause behind several objects of the incident is one cause. */
function foldShared(causes: readonly RankedCause[]): RankedCause[] {
  const kept: RankedCause[] = [];
  for (const cause of causes) {
    const { entity, mechanism, affects } = cause.conclusion;
    const covered = kept.some(
      (earlier) =>
        (earlier.conclusion.mechanism === mechanism && earlier.conclusion.wrongValue === cause.conclusion.wrongValue) ||
        earlier.conclusion.affects.some((one) => entityKey(one) === entityKey(entity)) ||
        affects.some((one) => earlier.conclusion.affects.some((other) => entityKey(other) === entityKey(one))),
    );
    if (!covered) kept.push(cause);
  }
  return kept;
}

function victimsOf(causes: readonly RankedCause[], all: readonly Conclusion[]): Entity[] {
  return uniqueEntities(
    causes.flatMap(({ conclusion, chain }) => [
      ...conclusion.affects,
      ...chain.flatMap((edge) => [edge.from, edge.to]).filter((it) => !['Service'].includes(it.kind)),
      ...all
        .filter((it) => entityKey(it.entity) === entityKey(conclusion.entity) && it.mechanism === conclusion.mechanism)
        .flatMap((it) => it.affects),
    ]),
  ).filter((it) => !causes.some(({ conclusion }) => entityKey(conclusion.entity) === entityKey(it)));
}

function uniqueEntities(entities: readonly Entity[]): Entity[] {
  return [...new Map(entities.map((it) => [entityKey(it), it])).values()];
}
