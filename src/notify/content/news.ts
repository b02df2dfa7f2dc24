import { isSaidToStand } from '../../domain/decide/delivery.ts';
import { isLive } from '../../domain/incident.ts';
import type { DeliveryClaim } from '../../domain/state-store.ts';
import { acknowledgementIsNews, answerIsNews } from '../answer-is-news.ts';
import { fleetGrew } from '../fleet-facts.ts';
import type { MessageFacts } from '../message-facts.ts';
import { stormNews } from '../storm-facts.ts';

/**
 * What an incident has to say since the last message that arrived, for places where a message stays as it was sent:
 * `opened` also for one that came back, `answer` also that there is none, `fleet` that more clusters have the same,
 * `storm` that it is over or what was found of what it left.
 */
export type News = 'opened' | 'answer' | 'acknowledged' | 'fleet' | 'storm' | 'ended';

/** Null when all was said: progress and corrections of a message are no news. */
export function newsOf(claim: DeliveryClaim): News | null {
  const { incident, previous } = claim;
  if (incident === null) return null;
  if (acknowledgementIsNews(claim)) return 'acknowledged';
  if (answerIsNews(claim) || (incident.status === 'failed' && previous?.state !== 'failed')) return 'answer';
  if (fleetGrew(claim)) return 'fleet';
  if (stormNews(claim) !== null || leavesUntold(claim)) return 'storm';
  if (isLive(incident.status)) return isSaidToStand(claim.previous) ? null : 'opened';
  return endIsNews(claim) ? 'ended' : null;
}

/** Whether something stands that the message of the incident tells of: itself, other clusters, what a storm left. */
export function stands({ state, storm, fleet }: Pick<MessageFacts, 'state' | 'storm' | 'fleet'>): boolean {
  if (fleet?.leads === true && !fleet.over) return true;
  if (storm !== null && storm.standing > 0) return true;
  return state !== 'over' && state !== 'resolved' && state !== 'skipped' && state !== 'no_fault';
}

/** A storm of which nobody was told is over, and something of it stands on its own. */
function leavesUntold({ incident, storm, previous }: DeliveryClaim): boolean {
  return previous === null && incident?.statusReason === 'storm_over' && (storm?.left ?? []).length > 0;
}

function endIsNews(claim: DeliveryClaim): boolean {
  const { previous, delivery } = claim;
  const at = endedAt(claim);
  if (at === null) return false;
  // What may have arrived is taken back.
  return previous === null ? delivery.uncertain : at > previous.createdAt;
}

/** When the last that the message tells of ended, null while something stands. */
function endedAt({ incident, fleet }: DeliveryClaim): number | null {
  if (incident === null) return null;
  const own = incident.resolvedAt ?? incident.updatedAt;
  if (fleet === undefined || fleet.lead !== incident.id || fleet.members.length < 2) return own;
  if (fleet.members.some(({ status }) => isLive(status))) return null;
  return Math.max(own, ...fleet.members.map(({ resolvedAt }) => resolvedAt ?? 0));
}
