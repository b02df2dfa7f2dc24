import {
  delayDelivery,
  endDelivery,
  holdDelivery,
  inheritUncertainty,
  isSaidToStand,
  longestWaitMs,
  noticeDelivery,
  recoverDelivery,
  startDelivery,
  supersedeDelivery,
  waitForAnswer,
} from '../../domain/decide/delivery.ts';
import type { Delivery, DeliveryTarget, Incident, Notice, NoticeKind, RemotePost } from '../../domain/records.ts';
import type { DeliveryClaim, DeliveryResult } from '../../domain/state-store.ts';
import {
  aboutOf,
  deliverable,
  deliveriesWhere,
  heldOf,
  isSending,
  lastSent,
  pendingOf,
  postOf,
  saveDelivery,
  savePost,
  wasNotified,
} from '../rows/deliveries.ts';
import { stormLimits } from '../../domain/storm/limits.ts';
import { newId } from '../../lib/ids.ts';
import { giveLead } from './fleets.ts';
import { detailOf } from './queries.ts';
import { isToldByLead, leadOf } from '../rows/fleets.ts';
import { incidentById } from '../rows/incidents.ts';
import { latestDurations, liveRun, queuedAhead, roundsAhead, runsWhere } from '../rows/runs.ts';
import { isLive } from '../../domain/incident.ts';
import { mutedUntil } from './silences.ts';
import { countOpenings } from '../rows/storms.ts';
import type { Transaction } from '../sqlite/transaction.ts';

/**
 * Takes due messages of a target, oldest first, and marks them `sending`. What is due and is not to be said now, because
 * its incident is silenced, is held.
 */
export function claimDeliveries(tx: Transaction, target: DeliveryTarget, limit: number, at: number): DeliveryClaim[] {
  const claims: DeliveryClaim[] = [];
  // Each message is looked at once a call, whatever becomes of it: the loop ends.
  const seen: string[] = [];
  while (claims.length < limit) {
    const due = deliveriesWhere(
      tx.db,
      `${deliverable} AND NOT not_before BETWEEN ? AND ? AND id NOT IN (SELECT value FROM json_each(?))
       ORDER BY created_at, id LIMIT ?`,
      target,
      at + 1,
      at + longestWaitMs,
      JSON.stringify(seen),
      limit - claims.length,
    );
    if (due.length === 0) break;
    for (const { id } of due) {
      seen.push(id);
      const delivery = sayable(tx, id, at);
      if (delivery !== null) claims.push(claim(tx, delivery));
    }
  }
  return claims;
}

/**
 * A message that is due as it is said, null when it is not. One of a silenced incident waits for the end of the silence,
 * and only the newest does. What another incident came to tell meanwhile, for it is the same in several clusters, is not
 * said by itself; one that is silenced hands that over. When the silence ends, an incident that is over and of which nobody was told is not told either.
 */
function sayable(tx: Transaction, id: string, at: number): Delivery | null {
  const due = deliveriesWhere(tx.db, `id = ? AND status IN ('pending', 'held')`, id)[0] ?? null;
  const incident = due?.incidentId ? incidentById(tx.db, due.incidentId) : null;
  if (due === null || incident === null) return due;
  // An edit and a message of one incident may be due together.
  if (isSending(tx.db, due.target, incident.id)) return null;
  if (due.kind === 'refresh') return due;
  const delivery = newestWaiting(tx, due, incident.id);
  if (delivery.id !== due.id) return null;
  const isMuted = (other: Incident): boolean => mutedUntil(tx.db, other, at) !== null;
  const until = mutedUntil(tx.db, incident, at);
  if (until !== null) {
    saveDelivery(tx, holdDelivery(delivery, until, at), incident.cluster);
    giveLead(tx, incident, isMuted, at);
    return null;
  }
  const lead = incident.fleet === undefined ? null : leadOf(tx, incident.fleet.id);
  if (lead !== null && isToldByLead(tx, incident, lead, delivery.target)) {
    saveDelivery(tx, supersedeDelivery(delivery), incident.cluster);
    if (isMuted(lead)) giveLead(tx, lead, isMuted, at);
    return null;
  }
  if (delayInBurst(tx, delivery, incident, at) || waitsForAnswer(tx, delivery, incident, at)) return null;
  const isOver = delivery.status === 'held' && !isLive(incident.status);
  if (!isOver || wasNotified(tx.db, delivery.target, incident.id)) return delivery;
  saveDelivery(tx, supersedeDelivery(delivery), incident.cluster);
  return null;
}

/** One that waits for the end of a silence gives way to one about a newer state. */
function newestWaiting(tx: Transaction, due: Delivery, incidentId: string): Delivery {
  const held = heldOf(tx.db, due.target, incidentId);
  const newer = pendingOf(tx.db, due.target, incidentId);
  if (held === null || newer === null) return due;
  conclude(tx, supersedeDelivery(held), newer);
  return pendingOf(tx.db, due.target, incidentId) ?? due;
}

/** Whether it waits a little longer because of a burst of incidents; written down. */
function delayInBurst(tx: Transaction, delivery: Delivery, incident: Incident, at: number): boolean {
  const { groupWaitMs, storm } = tx.policy;
  const { perCluster } = stormLimits(storm, incident.cluster);
  const delayed = delayDelivery(
    delivery,
    {
      incident,
      told: wasNotified(tx.db, delivery.target, incident.id),
      openings: perCluster === 0 ? 0 : countOpenings(tx.db, at - groupWaitMs, perCluster, incident.cluster),
      perCluster,
      groupWaitMs,
    },
    at,
  );
  if (delayed !== null) saveDelivery(tx, delayed, incident.cluster);
  return delayed !== null;
}

/** So many of the latest runs of a cluster say how long one takes. */
const knownRuns = 5;

/** Whether it is the first message and waits for the answer; written down. A program is told what happens as it happens. */
function waitsForAnswer(tx: Transaction, delivery: Delivery, incident: Incident, at: number): boolean {
  const { firstWaitMs, runLimits } = tx.policy;
  if (firstWaitMs === 0 || delivery.target === 'webhook') return false;
  const run = liveRun(tx.db, incident.id);
  if (run === null) return false;
  const facts = {
    told: saidToStand(tx, delivery.target, incident.id),
    run,
    rounds: run.status === 'queued' ? roundsAhead(tx.db, run, runLimits) : 0,
    took: latestDurations(tx.db, incident.cluster, knownRuns),
    firstWaitMs,
  };
  const waiting = waitForAnswer(delivery, facts, at);
  if (waiting !== null) saveDelivery(tx, waiting, incident.cluster);
  return waiting !== null;
}

/** Whether people may know that an incident stands; when no message arrived for sure, one that may have arrived counts. */
function saidToStand(tx: Transaction, target: DeliveryTarget, incidentId: string): boolean {
  const last = lastSent(tx.db, target, incidentId);
  return last === null ? wasNotified(tx.db, target, incidentId) : isSaidToStand(last);
}

/** Writes how an attempt ended. Nothing happens when the message is not being sent. */
export function finishDelivery(tx: Transaction, id: string, result: DeliveryResult, at: number): void {
  const delivery = deliveriesWhere(tx.db, 'id = ?', id)[0];
  if (delivery?.status !== 'sending') return;
  const post = result.kind === 'dead' ? null : (result.post ?? null);
  if (post !== null) savePost(tx.db, delivery.target, aboutOf(delivery), post);
  const newer = newerOf(tx, delivery);
  const isOver = newer !== null || !tx.policy.targets.includes(delivery.target);
  conclude(tx, endDelivery(delivery, result, isOver, at), newer);
}

export function recoverDeliveries(tx: Transaction, at: number): number {
  const sending = deliveriesWhere(tx.db, `status = 'sending'`);
  for (const delivery of sending) {
    const newer = newerOf(tx, delivery);
    conclude(tx, recoverDelivery(delivery, newer !== null, at), newer);
  }
  closeOtherTargets(tx);
  return sending.length;
}

/** What waits for targets that are not configured is not said: nobody sends it, and it is old when they are back. */
export function closeOtherTargets(tx: Transaction): void {
  const where = `status IN ('pending', 'held') AND target NOT IN (SELECT value FROM json_each(?))`;
  for (const waiting of deliveriesWhere(tx.db, where, JSON.stringify(tx.policy.targets)))
    saveDelivery(tx, supersedeDelivery(waiting), clusterOf(tx, waiting));
}

/** What waits for its next attempt waits no longer: the way to this target was changed. Returns how many messages. */
export function retryDeliveries(tx: Transaction, target: DeliveryTarget, at: number): number {
  const waiting = deliveriesWhere(tx.db, `target = ? AND status = 'pending' AND not_before > ?`, target, at);
  for (const delivery of waiting) saveDelivery(tx, { ...delivery, notBefore: at }, clusterOf(tx, delivery));
  return waiting.length;
}

/** Puts a notice into the outbox of every target, once a kind and key. */
export function addNotice(tx: Transaction, kind: NoticeKind, notice: Notice, at: number): void {
  for (const target of tx.policy.targets) {
    const where = 'target = ? AND kind = ? AND about = ?';
    if (deliveriesWhere(tx.db, where, target, kind, notice.key).length > 0) continue;
    saveDelivery(tx, noticeDelivery(newId('dlv', at), target, kind, notice, at), null);
  }
}

function claim(tx: Transaction, waiting: Delivery): DeliveryClaim {
  const incident = waiting.incidentId === null ? null : incidentById(tx.db, waiting.incidentId);
  const delivery = startDelivery(waiting);
  saveDelivery(tx, delivery, incident?.cluster ?? null);
  const post = postFor(tx, delivery);
  if (incident === null) return { delivery, incident, faults: [], runs: [], post, previous: null, queuedAhead: 0 };
  const { incident: _, ...detail } = detailOf(tx.db, incident);
  const queued = runsWhere(tx.db, `incident_id = ? AND status = 'queued'`, incident.id)[0];
  const previous = lastSent(tx.db, delivery.target, incident.id);
  return { delivery, incident, ...detail, post, previous, queuedAhead: queued ? queuedAhead(tx.db, queued) : 0 };
}

/** Its own post, else that of the notice which it answers. */
function postFor(tx: Transaction, delivery: Delivery): RemotePost | null {
  const answers = delivery.notice?.answers?.key;
  const own = postOf(tx.db, delivery.target, aboutOf(delivery));
  return own ?? (answers === undefined ? null : postOf(tx.db, delivery.target, answers));
}

function newerOf(tx: Transaction, delivery: Delivery): Delivery | null {
  return delivery.incidentId === null ? null : pendingOf(tx.db, delivery.target, delivery.incidentId);
}

/** Writes a message that is not on its way any more, and what its successor takes over from it. */
function conclude(tx: Transaction, ended: Delivery, newer: Delivery | null): void {
  const cluster = clusterOf(tx, ended);
  saveDelivery(tx, ended, cluster);
  const changed = inheritUncertainty(newer, ended);
  if (changed !== null) saveDelivery(tx, changed, cluster);
}

function clusterOf(tx: Transaction, delivery: Delivery): string | null {
  return delivery.incidentId === null ? null : (incidentById(tx.db, delivery.incidentId)?.cluster ?? null);
}
