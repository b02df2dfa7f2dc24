import { clearEpisode, type EpisodeFate, openEpisode, repeatEpisode } from '../../domain/episode.ts';
import type { FaultSignal } from '../../domain/fault.ts';
import type { FaultEpisode, Incident } from '../../domain/records.ts';
import { type Decision, decideOutcome, settleRank, type SettleFacts } from '../../domain/settle.ts';
import type { Settled, SettleInput } from '../../domain/state-store.ts';
import { errorText } from '../../lib/problem.ts';
import { oneLine } from '../../lib/text.ts';
import { unavailability } from '../sqlite/database.ts';
import { countOutcome } from '../rows/counters.ts';
import { insertEpisode, nextEpisodeId, updateEpisode } from '../rows/episodes.ts';
import { type ReceptionFate, receptionsWhere, setFate, type StoredReception } from '../rows/receptions.ts';
import { inSavepoint } from '../sqlite/transaction.ts';
import type { Transaction } from '../sqlite/transaction.ts';
import { tellFirstContact } from './first-contact.ts';
import { joinIncident, newIncident, raise, reopen } from './grouping.ts';
import { gatherFacts } from './settle-facts.ts';

/** Gives each reception its outcome. One that has it already keeps it. */
export function settle(tx: Transaction, inputs: readonly SettleInput[], at: number): Settled[] {
  const waiting = inputs
    .flatMap((input) => receptionsWhere(tx.db, 'seq = ?', input.seq).map((reception) => ({ input, reception })))
    .sort((a, b) => settleRank(a.reception.signal) - settleRank(b.reception.signal) || a.input.seq - b.input.seq);
  const settled = waiting.map(({ input, reception }) => settleOrRefuse(tx, reception, input, at));
  for (const cluster of new Set(settled.map((reception) => reception.cluster))) tellFirstContact(tx, cluster, at);
  return settled.flatMap(({ seq, outcome, rule, incidentId }) =>
    outcome === null ? [] : [{ seq, outcome, rule, incidentId }],
  );
}

/** One that cannot be settled must not hold up those behind it for ever: it is listed with the reason. */
function settleOrRefuse(tx: Transaction, reception: StoredReception, input: SettleInput, at: number): StoredReception {
  try {
    return inSavepoint(tx, () => settleOne(tx, reception, input, at));
  } catch (error) {
    if (unavailability(error) !== null || !tx.db.inTransaction) throw error;
    const rule = `cannot be settled: ${oneLine(errorText(error), 200)}`;
    const fate = { outcome: 'invalid', rule, final: true, episodeId: null, incidentId: null } as const;
    const refused = setFate(tx.db, reception, fate);
    countOutcome(tx.db, reception.cluster, 'invalid', reception.count);
    tx.changes.push({ type: 'fault', cluster: reception.cluster, fault: { reception: refused, episode: null } });
    return refused;
  }
}

/** Gives one reception its outcome, with everything that follows from it. */
export function settleOne(
  tx: Transaction,
  reception: StoredReception,
  input: Omit<SettleInput, 'seq'>,
  at: number,
): StoredReception {
  const { signal } = reception;
  if (reception.outcome !== null || signal === null) return reception;
  const facts = gatherFacts(tx, signal, reception, input, at);
  const { fate, episode } = apply(tx, { signal, reception, input, at, facts });
  if (fate.final) countOutcome(tx.db, reception.cluster, fate.outcome, reception.count);
  const settled = setFate(tx.db, reception, fate);
  tx.changes.push({ type: 'fault', cluster: reception.cluster, fault: { reception: settled, episode } });
  return settled;
}

interface Settling {
  readonly signal: FaultSignal;
  readonly reception: StoredReception;
  readonly input: Omit<SettleInput, 'seq'>;
  readonly at: number;
  readonly facts: SettleFacts;
}

interface Applied {
  readonly fate: ReceptionFate;
  readonly episode: FaultEpisode | null;
}

function apply(tx: Transaction, settling: Settling): Applied {
  const decision = decideOutcome(settling.facts, tx.policy);
  if (decision.kind === 'repeat') return repeat(tx, settling, decision.rule);
  if (decision.kind === 'refuse') {
    const { outcome, rule } = decision;
    return { fate: { outcome, rule, final: true, episodeId: null, incidentId: null }, episode: null };
  }
  if (decision.kind === 'record') {
    const fate = { outcome: decision.outcome, rule: decision.rule, incidentId: null };
    const episode = writeEpisode(tx, settling, fate);
    return { fate: { ...fate, final: true, episodeId: episode.id }, episode };
  }
  const incident = incidentFor(tx, settling, decision);
  const outcome = decision.kind === 'merge' ? 'merged' : 'opened';
  const rule = decision.kind === 'open' ? null : decision.rule;
  const fate = { outcome, rule, incidentId: incident.id } as const;
  const episode = writeEpisode(tx, settling, fate);
  const takesFamily = decision.kind === 'merge' && decision.takesFamily;
  const change = { quiet: settling.reception.quiet, takesFamily, at: settling.at };
  const final = joinIncident(tx, incident, episode, change);
  return { fate: { ...fate, final, episodeId: episode.id }, episode };
}

function incidentFor(
  tx: Transaction,
  { signal, reception, input, at }: Settling,
  decision: Decision & { kind: 'merge' | 'reopen' | 'open' },
): Incident {
  if (decision.kind === 'merge') return decision.incident;
  if (decision.kind === 'reopen') return reopen(tx, decision.incident, signal, reception.quiet, at);
  const { quiet } = reception;
  return newIncident(tx, signal, input, { quiet, previousId: decision.previousId, firstSeen: reception.at, at });
}

function repeat(tx: Transaction, { signal, reception, facts, at }: Settling, rule: string): Applied {
  const before = facts.standing;
  if (before === null) throw new Error(`reception ${reception.seq} repeats nothing`);
  const episode = updateEpisode(tx.db, before, repeatEpisode(before, signal, reception.at));
  if (facts.standingIncident !== null) raise(tx, facts.standingIncident, episode, at);
  const fate = {
    outcome: 'repeated',
    rule,
    final: true,
    episodeId: episode.id,
    incidentId: episode.incidentId,
  } as const;
  return { fate, episode };
}

/** A standing episode without an incident goes on; one whose incident was ended long ago gives way to a new one. */
function writeEpisode(tx: Transaction, settling: Settling, fate: EpisodeFate): FaultEpisode {
  const { signal, input, facts, reception } = settling;
  const { standing } = facts;
  if (standing !== null && standing.incidentId === null) {
    return updateEpisode(tx.db, standing, { ...repeatEpisode(standing, signal, reception.at), ...fate });
  }
  if (standing !== null) updateEpisode(tx.db, standing, clearEpisode(standing, reception.at));
  return insertEpisode(tx.db, openEpisode(nextEpisodeId(tx.db), signal, input, fate, reception.at));
}
