import { type MessageFacts, stateSymbol } from '../message-facts.ts';
import type { FleetFacts } from '../fleet-facts.ts';
import { type Block, context, type Page, section } from './message.ts';
import { plain, prose } from './mrkdwn.ts';

const shownClusters = 20;
const maxWords = 400;
const maxCluster = 100;

/** `🔴 The same in 12 clusters · pulls from registry r.example fail`: at most 150 characters. */
export function fleetHeadline({ incident }: MessageFacts, fleet: FleetFacts, page: Page): string {
  const start = fleet.over ? '✅ Resolved · the same' : `${stateSymbol('opened', incident.severity)} The same`;
  return page.keep(plain(`${start} in ${fleet.size} · ${fleet.what}`, 150));
}

/** Which clusters, and in how many it has ended. */
export function fleetBlocks(fleet: FleetFacts, page: Page): (Block | null)[] {
  const list = page.names(fleet.clusters, shownClusters, maxCluster);
  return [
    section(`*${page.keep(prose(fleet.what, maxWords))}*\n${list}`),
    context(['one message for all of them, each has its own incident and report', fleet.ended]),
  ];
}

/** What an incident with a message of its own says of the others. */
export function fleetLine(fleet: FleetFacts, page: Page): Block | null {
  return context([`🌐 the same in ${fleet.size}: ${page.keep(prose(fleet.what, maxWords))}`]);
}
