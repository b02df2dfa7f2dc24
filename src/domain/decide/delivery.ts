import { isLive } from '../incident.ts';
import type { Delivery, DeliveryKind, DeliveryTarget, Incident, Notice, NoticeKind, Run } from '../records.ts';
import type { DeliveryResult } from '../state-store.ts';

export interface Announcement {
  readonly target: DeliveryTarget;
  /** The message about an older state that waits there. */
  readonly waiting: Delivery | null;
  /** Whether the target hears of this state at all. */
  readonly said: boolean;
  /** The id of the new message. */
  readonly id: string;
  readonly at: number;
  /** How long the first message of an incident waits while faults are gathered, ms. */
  readonly groupWaitMs: number;
}

/** Whether nobody can have noticed an incident that has ended: nothing ran, nothing was found, nothing of it stands. */
export function isUnremarkable(incident: Incident): boolean {
  if (incident.storm?.emptied === true) return false;
  return !isLive(incident.status) && incident.startedAt === null && incident.reportedAt === null;
}

/**
 * The messages of a target after an incident changed: only its newest state is said. While an incident gathers its
 * faults it waits: what it belongs to (a node, a storm) may show meanwhile, and then it is not told by itself.
 */
export function messageAbout(
  incident: Pick<Incident, 'id' | 'status' | 'seq' | 'reopened'>,
  { target, waiting, said, id, at, groupWaitMs }: Announcement,
): Delivery[] {
  const old = waiting === null ? [] : [supersedeDelivery(waiting)];
  if (!said) return old;
  const message = incidentDelivery(id, target, incident, waiting?.uncertain ?? false, at);
  const gathers = incident.status === 'open' && incident.reopened === 0;
  return [...old, gathers ? { ...message, notBefore: waiting?.notBefore ?? at + groupWaitMs } : message];
}

/** What the first message of an incident depends on, beside its time. */
export interface BurstFacts {
  readonly incident: Pick<Incident, 'status' | 'openedAt' | 'storm' | 'fleet'>;
  /** Whether a person may have seen a message about it. */
  readonly told: boolean;
  /** Incidents of its cluster that were opened within the last `groupWaitMs`. */
  readonly openings: number;
  /** From so many on within the window a storm begins; 0: never. */
  readonly perCluster: number;
  readonly groupWaitMs: number;
}

/** A burst holds the first message of an incident for so many times `group_wait` at most. */
const longestHold = 10;

/**
 * The first message of an incident while others are opened so fast that a storm begins before the longest hold is over: it
 * waits a little longer, for it may be part of that. Null when it can be sent.
 */
export function delayDelivery(delivery: Delivery, facts: BurstFacts, at: number): Delivery | null {
  const { incident, told, openings, perCluster, groupWaitMs } = facts;
  const alone = incident.storm === undefined && incident.fleet === undefined && isLive(incident.status);
  if (!alone || told || perCluster === 0 || openings * longestHold < perCluster) return null;
  const until = incident.openedAt + longestHold * groupWaitMs;
  // Opened later than now: the clock was set back, and nothing waits until it is there again.
  return incident.openedAt <= at && at < until
    ? { ...delivery, notBefore: Math.min(until, at + groupWaitMs, at + longestWaitMs) }
    : null;
}

/** What tells whether an answer comes before the first message of its incident has to go. */
export interface AnswerFacts {
  /** Whether people may know there that the incident stands: it was said since it was opened or came back. */
  readonly told: boolean;
  /** Its run that waits or goes on, null when there is none. */
  readonly run: Pick<Run, 'status' | 'trigger' | 'createdAt' | 'notBefore' | 'startedAt'> | null;
  /** How many rounds of other runs come before it: runs ahead of it for each slot. */
  readonly rounds: number;
  /** How long the latest runs of its cluster took, ms; empty before the first. */
  readonly took: readonly number[];
  readonly firstWaitMs: number;
}

/**
 * The first message of an incident while its run goes on: it waits for the answer, `first_wait` from the time at which the
 * run was asked for at most, and not at all when runs took so long of late that none can come by then. Null when it can be
 * sent.
 */
export function waitForAnswer(delivery: Delivery, facts: AnswerFacts, at: number): Delivery | null {
  const { told, run, firstWaitMs } = facts;
  if (told || run === null || delivery.uncertain || delivery.attempts > 0) return null;
  // It stands since before that run, whose answer is not its first.
  if (run.trigger === 'new_evidence') return null;
  const until = run.createdAt + firstWaitMs;
  // Asked for later than now: the clock was set back, and nothing waits until it is there again.
  const waits = run.createdAt <= at && at < until && likelyAnswerAt(run, facts, at) <= until;
  return waits ? { ...delivery, notBefore: until } : null;
}

/** Whether people may know that an incident stands: the last message that they got, null for none, did not tell its end. */
export function isSaidToStand(last: Pick<Delivery, 'state'> | null): boolean {
  return last !== null && last.state !== 'resolved' && last.state !== 'skipped';
}

/** When the answer comes if the run takes as long as the latest did in the middle; `at` when nothing is known. */
function likelyAnswerAt(run: NonNullable<AnswerFacts['run']>, { took, rounds }: AnswerFacts, at: number): number {
  const usual = took.toSorted((a, b) => a - b)[Math.floor(took.length / 2)];
  if (usual === undefined) return at;
  if (run.startedAt !== null) return run.startedAt + usual;
  return Math.max(at, run.notBefore) + (rounds + 1) * usual;
}

/** A message about the state that an incident has now. `uncertain` comes from an older one that it replaces. */
export function incidentDelivery(
  id: string,
  target: DeliveryTarget,
  incident: Pick<Incident, 'id' | 'status' | 'seq'>,
  uncertain: boolean,
  at: number,
): Delivery {
  return {
    ...pendingDelivery(id, target, 'incident', at),
    incidentId: incident.id,
    state: incident.status,
    seq: incident.seq,
    uncertain,
  };
}

/** An edit of the post of an incident, not before `notBefore`: nobody hears of it. */
export function refreshDelivery(
  id: string,
  target: DeliveryTarget,
  incident: Pick<Incident, 'id' | 'status' | 'seq'>,
  notBefore: number,
  at: number,
): Delivery {
  return { ...incidentDelivery(id, target, incident, false, at), kind: 'refresh', notBefore };
}

export function noticeDelivery(
  id: string,
  target: DeliveryTarget,
  kind: NoticeKind,
  notice: Notice,
  at: number,
): Delivery {
  return { ...pendingDelivery(id, target, kind, at), notice, state: kind };
}

function pendingDelivery(id: string, target: DeliveryTarget, kind: DeliveryKind, at: number): Delivery {
  return {
    id,
    target,
    kind,
    incidentId: null,
    notice: null,
    state: '',
    seq: 1,
    status: 'pending',
    attempts: 0,
    notBefore: at,
    createdAt: at,
    sentAt: null,
    uncertain: false,
    error: null,
  };
}

/**
 * No message waits for longer to be tried again, ms, whatever the other side asks for: a row that would is taken for one
 * that was written before the clock was set back.
 */
export const longestWaitMs = 30 * 60_000;

/** Its incident is silenced: it waits for the end of that, `until` in ms since the epoch, and is looked at again meanwhile. */
export function holdDelivery(delivery: Delivery, until: number, at: number): Delivery {
  expectWaiting(delivery);
  return { ...delivery, status: 'held', notBefore: Math.min(until, at + longestWaitMs) };
}

export function startDelivery(delivery: Delivery): Delivery {
  expectWaiting(delivery);
  return { ...delivery, status: 'sending', attempts: delivery.attempts + 1 };
}

/**
 * How an attempt ended. One that is to be tried again gives way to a newer message about the same incident
 * (`overtaken`): only the newest state is said.
 */
export function endDelivery(delivery: Delivery, result: DeliveryResult, overtaken: boolean, at: number): Delivery {
  expectStatus(delivery, 'sending');
  if (result.kind === 'sent') return { ...delivery, status: 'sent', sentAt: at, error: null };
  if (result.kind === 'dead') return { ...delivery, status: 'dead', error: result.error };
  const uncertain = delivery.uncertain || result.uncertain === true;
  if (overtaken) return { ...delivery, status: 'superseded', uncertain, error: result.error };
  return {
    ...delivery,
    status: 'pending',
    uncertain,
    notBefore: Math.min(result.notBefore, at + longestWaitMs),
    error: result.error,
  };
}

/** The message that takes the place of one that may have arrived must look for it. Null when nothing changes. */
export function inheritUncertainty(newer: Delivery | null, old: Delivery): Delivery | null {
  const inherits = old.status === 'superseded' && old.uncertain && newer !== null && !newer.uncertain;
  return inherits ? { ...newer, uncertain: true } : null;
}

/** The process died while it was being sent: it may have arrived. */
export function recoverDelivery(delivery: Delivery, overtaken: boolean, at: number): Delivery {
  expectStatus(delivery, 'sending');
  return { ...delivery, status: overtaken ? 'superseded' : 'pending', notBefore: at, uncertain: true };
}

export function supersedeDelivery(delivery: Delivery): Delivery {
  expectWaiting(delivery);
  return { ...delivery, status: 'superseded' };
}

function expectStatus(delivery: Delivery, status: Delivery['status']): void {
  if (delivery.status !== status) throw new Error(`delivery ${delivery.id} is ${delivery.status}, not ${status}`);
}

function expectWaiting(delivery: Delivery): void {
  if (delivery.status !== 'held') expectStatus(delivery, 'pending');
}
