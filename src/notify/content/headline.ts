import type { MessageFacts, MessageState } from '../message-facts.ts';

/**
 * What a message says first, as a phone shows it: severity or end, cluster, what, and the cause when it is known. One line
 * of plain words, not yet made safe for any output.
 */
export function headline(facts: MessageFacts): string {
  const { incident, fleet, storm } = facts;
  if (fleet?.leads === true) return fleetLine(facts, fleet);
  const common = storm?.common ? `, ${storm.common}` : '';
  const what =
    storm === null ? `${facts.faultType} ${facts.resourceKind} ${facts.resourceName}` : `fault storm, ${storm.size}`;
  const start = `${facts.severityWord} ${incident.cluster}: `;
  const isBack = incident.reopened > 0 || facts.reopened !== null;
  const back = isBack ? ` — ${backWords(facts)}` : '';
  const said: Record<MessageState, string> = {
    opened: `${start}${what}${common}${back}`,
    investigating: `${start}${what}${common}${back === '' ? ' — investigating' : `${back}, investigating`}`,
    answered: `${start}${storm === null ? facts.resourceName : what}: ${facts.cause ?? ''}`,
    inconclusive: `${start}${what}${common} — no cause found`,
    no_fault: `${start}${what} — not a fault`,
    resolved: `RESOLVED ${incident.cluster}: ${what}${facts.openFor === null ? '' : ` after ${facts.openFor}`}`,
    over: `${start}${what}${common} — the storm is over, ${storm?.left.length ?? 0} stand on their own`,
    failed: `${start}${what} — could not be investigated`,
    skipped: `SKIPPED ${incident.cluster}: ${what}`,
  };
  return said[facts.state];
}

/** That what had ended stands again; that a person had called it over is said by name. */
export function backWords({ reopened }: Pick<MessageFacts, 'reopened'>): string {
  const back = reopened?.goesOn === true ? 'it goes on' : 'it is back';
  const by = reopened?.calledOverBy ?? null;
  return by === null ? back : `${back}, ${by} had called it over`;
}

function fleetLine({ severityWord, cause }: MessageFacts, fleet: NonNullable<MessageFacts['fleet']>): string {
  if (fleet.over) return `RESOLVED ${fleet.size}: ${fleet.what}`;
  const known = cause === null ? '' : `: ${cause}`;
  return `${severityWord} ${fleet.size}: ${fleet.what}${known}${fleet.ended === null ? '' : ` — ${fleet.ended}`}`;
}
