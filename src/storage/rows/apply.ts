import { isUnremarkable, messageAbout } from '../../domain/decide/delivery.ts';
import type { DecisionContext, Write } from '../../domain/decide/plan.ts';
import type { Outcome } from '../../domain/fault.ts';
import type { DeliveryTarget, Incident } from '../../domain/records.ts';
import { newId } from '../../lib/ids.ts';
import type { Transaction } from '../sqlite/transaction.ts';
import { countOutcome } from './counters.ts';
import { lastAnnounced, pendingOf, saveDelivery, wasNotified } from './deliveries.ts';
import { episodeById, saveEpisode } from './episodes.ts';
import { isToldByLead, leadOf } from './fleets.ts';
import { incidentById, saveIncident } from './incidents.ts';
import { saveAct } from './people.ts';
import { moveReceptions, receptionsWhere, saveOutcome } from './receptions.ts';
import { noteServed, saveRun } from './runs.ts';
import { leftOf, saveMember, saveOpening } from './storms.ts';

/** What a decision of this transaction takes from outside. `at` in ms since the epoch. */
export function decisionContext(tx: Transaction, at: number): DecisionContext {
  return { at, policy: tx.policy, newId };
}

/** Carries out what was decided: the one place that writes rows of incidents, runs and the outcomes of faults. */
export function apply(tx: Transaction, writes: readonly Write[], at: number): void {
  for (const write of writes) applyOne(tx, write, at);
}

function applyOne(tx: Transaction, write: Write, at: number): void {
  switch (write.type) {
    case 'episode':
      return saveEpisode(tx.db, write.before, write.episode);
    case 'incident':
      return saveIncident(tx, write.incident);
    case 'run':
      return saveRun(tx, write.run);
    case 'delivery':
      return saveDelivery(tx, write.delivery, write.cluster);
    case 'outcome':
      return settleReception(tx, write);
    case 'due':
      return makeDue(tx, write.episodeId);
    case 'final':
      return makeFinal(tx, write.incidentId);
    case 'absorbed':
      return absorb(tx, write);
    case 'opening':
      return saveOpening(tx, write, at);
    case 'member':
      return saveMember(tx.db, write.member);
    case 'act':
      return saveAct(tx, write.act, write.incident);
    case 'served':
      return noteServed(tx.db, write.cluster);
    case 'announce':
    default:
      return announce(tx, write.incident, at);
  }
}

function settleReception(tx: Transaction, { reception, episode }: Write & { type: 'outcome' }): void {
  const { cluster, outcome, final, count } = reception;
  saveOutcome(tx.db, reception);
  if (final && outcome !== null) countOutcome(tx.db, cluster, outcome, count);
  tx.changes.push({ type: 'fault', cluster, fault: { reception, episode } });
}

function absorb(tx: Transaction, write: Write & { type: 'absorbed' }): void {
  for (const { outcome, n } of moveReceptions(tx.db, write)) countOutcome(tx.db, write.from.cluster, outcome, n);
}

/** Who listens hears of it, and settles it. */
function makeDue(tx: Transaction, episodeId: number): void {
  tx.db.run('UPDATE receptions SET due_at = 0 WHERE episode_id = ? AND outcome IS NULL', episodeId);
  const [reception] = receptionsWhere(tx.db, 'episode_id = ? AND outcome IS NULL LIMIT 1', episodeId);
  if (reception === undefined) return;
  const fault = { reception, episode: episodeById(tx.db, episodeId) };
  tx.changes.push({ type: 'fault', cluster: reception.cluster, fault });
}

/** Makes the outcomes of an incident's receptions final and counts them. */
function makeFinal(tx: Transaction, incidentId: string): void {
  const waiting = tx.db.all<{ cluster: string; outcome: Outcome; n: number }>(
    `SELECT cluster, outcome, count(*) AS n FROM receptions
     WHERE incident_id = ? AND outcome IS NOT NULL AND final = 0 GROUP BY cluster, outcome`,
    incidentId,
  );
  if (waiting.length === 0) return;
  for (const { cluster, outcome, n } of waiting) countOutcome(tx.db, cluster, outcome, n);
  tx.db.run('UPDATE receptions SET final = 1 WHERE incident_id = ? AND outcome IS NOT NULL AND final = 0', incidentId);
}

/**
 * Puts the incident's state into the outbox of every target. What waits about an older state is superseded. An incident
 * that ended before anybody was told and before anything ran is not told at all; a quiet one only by the storm that it
 * comes from.
 */
function announce(tx: Transaction, incident: Incident, at: number): void {
  if (incident.quiet) return tellByStorm(tx, incident, at);
  const lead = incident.fleet === undefined ? null : leadOf(tx, incident.fleet.id);
  for (const target of tx.policy.targets) {
    // People are told of the same in several clusters once.
    const own = lead === null || !isToldByLead(tx, incident, lead, target);
    const remarkable = !isUnremarkable(incident) || wasNotified(tx.db, target, incident.id);
    announceAt(tx, incident, target, { said: own && remarkable, at });
    if (lead !== null && lead.id !== incident.id && target !== 'webhook')
      announceAt(tx, lead, target, { said: true, at });
  }
}

/** What came out of a storm is told by the storm's message, once, when the last of it has its answer. */
function tellByStorm(tx: Transaction, { previousId }: Incident, at: number): void {
  const storm = previousId === null ? null : incidentById(tx.db, previousId);
  if (storm?.storm === undefined || storm.quiet) return;
  const left = leftOf(tx.db, storm.id);
  // An alert has an end, which a message need not tell: that of the last of it.
  if (left.every(({ live }) => live === false)) endAlert(tx, storm, at);
  const since = lastAnnounced(tx.db, storm.id);
  if (left.some(({ state }) => state === 'waits') || !left.some(({ reportedAt }) => (reportedAt ?? 0) > since)) return;
  const told = { ...storm, updatedAt: at, seq: storm.seq + 1 };
  saveIncident(tx, told);
  announce(tx, told, at);
}

function endAlert(tx: Transaction, storm: Incident, at: number): void {
  if (tx.policy.targets.includes('pagerduty')) announceAt(tx, storm, 'pagerduty', { said: true, at });
}

function announceAt(
  tx: Transaction,
  incident: Incident,
  target: DeliveryTarget,
  { said, at }: { said: boolean; at: number },
): void {
  const waiting = pendingOf(tx.db, target, incident.id);
  const announcement = { target, waiting, said, id: newId('dlv', at), at, groupWaitMs: tx.policy.groupWaitMs };
  for (const delivery of messageAbout(incident, announcement)) saveDelivery(tx, delivery, incident.cluster);
}
