import type { Incident, Reception, RunResult } from '../../domain/records.ts';
import { beginFleet } from '../../domain/storm/fleet.ts';
import { causeSignature, faultSignature, sharedSignature } from '../../domain/storm/signature.ts';
import { newId } from '../../lib/ids.ts';
import { apply } from '../rows/apply.ts';
import { fleetById, fleetSince, saveFleet, saveSighting, sightingsSince } from '../rows/fleets.ts';
import { incidentById, incidentsWhere } from '../rows/incidents.ts';
import { membersOf } from '../rows/storms.ts';
import type { Transaction } from '../sqlite/transaction.ts';

/** What a fault that was settled says of its incident: whether the same is seen in other clusters. */
export function noteFault(tx: Transaction, { incidentId, signal, outcome }: Reception, at: number): void {
  if (incidentId === null || signal === null || outcome === 'repeated') return;
  const signature = faultSignature(signal);
  if (signature === null) return;
  const storm = incidentById(tx.db, incidentId)?.storm;
  if (storm === undefined) {
    sight(tx, incidentId, signature, at);
  } else if (storm.announced === storm.members) {
    // Looked at as often as its message is asked for, not for each member.
    const shared = sharedSignature(membersOf(tx.db, incidentId).map((member) => member.signature));
    if (shared !== null) sight(tx, incidentId, shared, at);
  }
}

/** What an answer says of its incident: the same cause in other clusters. */
export function noteAnswer(tx: Transaction, incidentId: string, { rootCause, isFault }: RunResult, at: number): void {
  const incident = incidentById(tx.db, incidentId);
  if (incident === null || isFault !== true || !rootCause) return;
  tellOtherCauses(tx, incident, at);
  const signature = causeSignature(incident.family, rootCause);
  if (signature !== null) sight(tx, incidentId, signature, at);
}

/** The answer of the one that leads may not be that of others which had theirs before: they are asked for once more. */
function tellOtherCauses(tx: Transaction, { id, fleet }: Incident, at: number): void {
  if (fleet === undefined || fleetById(tx.db, fleet.id)?.lead !== id) return;
  const answered = incidentsWhere(tx.db, 'fleet = ? AND live = 1 AND id <> ? ORDER BY id', fleet.id, id).filter(
    ({ reportedAt }) => reportedAt !== null,
  );
  apply(
    tx,
    answered.map((incident) => ({ type: 'announce', incident })),
    at,
  );
}

/** A signature was seen in an incident: it joins the fleet incident that goes on, or one begins. */
function sight(tx: Transaction, incidentId: string, signature: string, at: number): void {
  const { fleet: policy } = tx.policy;
  const incident = incidentById(tx.db, incidentId);
  if (incident === null || incident.quiet || incident.fleet !== undefined || policy.minClusters < 2) return;
  saveSighting(tx, signature, incident, at);
  const since = at - policy.windowMs;
  const goesOn = fleetSince(tx.db, signature, since);
  if (goesOn !== null) {
    saveFleet(tx.db, { ...goesOn, lastAt: at });
    join(tx, incidentId, goesOn, at);
    return;
  }
  const seen = sightingsSince(tx, signature, since);
  const fleet = beginFleet(seen, { id: newId('flt', at), signature }, policy, at);
  if (fleet === null) return;
  saveFleet(tx.db, fleet);
  // The one that tells of it first: the others look for it.
  for (const id of [fleet.lead, ...seen.map((it) => it.incidentId).filter((it) => it !== fleet.lead)]) {
    join(tx, id, fleet, at);
  }
}

function join(tx: Transaction, id: string, fleet: { id: string; signature: string }, at: number): void {
  const incident = incidentById(tx.db, id);
  if (incident === null) return;
  const { seq } = incident;
  const joined = { ...incident, seq: seq + 1, fleet: { id: fleet.id, signature: fleet.signature, joinedAt: at } };
  const writes = [
    { type: 'incident', incident: joined },
    { type: 'announce', incident: joined },
  ] as const;
  apply(tx, writes, at);
}

/**
 * Another incident tells of what is the same in several clusters, for this one is silenced: a silence of one cluster must
 * not keep the others quiet.
 */
export function giveLead(tx: Transaction, from: Incident, isMuted: (other: Incident) => boolean, at: number): void {
  const fleet = from.fleet === undefined ? null : fleetById(tx.db, from.fleet.id);
  if (fleet === null || fleet.lead !== from.id) return;
  const next = incidentsWhere(tx.db, 'fleet = ? AND live = 1 ORDER BY id', fleet.id).find((other) => !isMuted(other));
  if (next === undefined) return;
  saveFleet(tx.db, { ...fleet, lead: next.id });
  apply(tx, [{ type: 'announce', incident: next }], at);
}
