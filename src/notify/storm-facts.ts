import type { LeftIncident, StormMember, StormView } from '../domain/fault.ts';
import type { Incident } from '../domain/records.ts';
import type { DeliveryClaim } from '../domain/state-store.ts';
import { memberText, sharedWords } from '../domain/storm/storm-words.ts';
import { spokenDuration } from '../lib/format.ts';
import { plural } from '../lib/text.ts';

/** What a message says of a storm, in plain words and not yet made safe for any output. */
export interface StormFacts {
  /** `47 incidents in 2 min`. */
  readonly size: string;
  /** `41 of 47 on node n1`, null when nothing is common to most. */
  readonly common: string | null;
  /** What else many of them share, the most shared first. */
  readonly shared: readonly string[];
  /** `30 workload, 17 image`. */
  readonly families: string;
  /** The namespaces with most of them: `shop 20, pay 9 and 12 others`; null when none has a namespace. */
  readonly namespaces: string | null;
  /** `one investigation instead of 47, nothing is dropped`. */
  readonly promise: string;
  /** Since it ended: how many got an incident of their own; null while it goes on. */
  readonly after: string | null;
  /** Each of those: `inc_… · CrashLoop · shop/cart (Deployment): its cause`. */
  readonly left: readonly string[];
  /** How many of those have not ended. */
  readonly standing: number;
  /** Every member: `CrashLoop · shop/cart (Deployment)`. */
  readonly members: readonly string[];
}

const shownNamespaces = 3;
const shownSigns = 3;

export function stormFacts(incident: Incident, view: StormView | undefined): StormFacts | null {
  const { storm } = incident;
  if (storm === undefined) return null;
  const { members, common, shared, left = [] } = view ?? { members: [], common: null, shared: [] };
  const size = plural(storm.members, 'incident');
  const tookMs = storm.lastMemberAt - (members[0]?.at ?? storm.startedAt);
  return {
    size: tookMs < 1000 ? size : `${size} in ${spokenDuration(tookMs)}`,
    common: common === null ? null : sharedWords(common),
    shared: shared
      .filter(({ sign }) => sign !== common?.sign)
      .slice(0, shownSigns)
      .map(sharedWords),
    families: ranked(members.map(({ family }) => family)).join(', '),
    namespaces: namespacesOf(members),
    promise: `one investigation instead of ${storm.members}, nothing is dropped`,
    after: storm.endedAt === null ? null : afterwards(left),
    left: left.map(leftText),
    standing: left.filter(({ live }) => live !== false).length,
    members: members.map(memberText),
  };
}

/**
 * What a message has to say since the last one that arrived: that the storm is over and what stands on its own, or what
 * was found of all that.
 */
export function stormNews({ incident, storm: view, previous }: DeliveryClaim): 'over' | 'found' | null {
  const left = view?.left ?? [];
  const endedAt = incident?.storm?.endedAt ?? null;
  if (endedAt === null || previous === null || left.length === 0) return null;
  if (endedAt > previous.createdAt) return 'over';
  const waits = left.some(({ state }) => state === 'waits');
  return !waits && left.some(({ reportedAt }) => (reportedAt ?? 0) > previous.createdAt) ? 'found' : null;
}

function afterwards(left: readonly LeftIncident[]): string {
  if (left.length === 0) return 'The storm is over: what still stands of it stays here.';
  const what = left.length === 1 ? '1 incident stands on its own' : `${left.length} incidents stand on their own`;
  const waiting = left.filter(({ state }) => state === 'waits').length;
  const rest = waiting === 0 ? '' : ` What is found is told here when the last of them is investigated.`;
  return `The storm is over: ${what}, for nothing that is common to most explains them.${rest}`;
}

function leftText({ incidentId, title, state, cause }: LeftIncident): string {
  const words = { waits: 'is investigated', answered: 'no cause found', failed: 'could not be investigated' };
  const found = state === 'ended' ? 'has ended' : (cause ?? words[state]);
  return `${incidentId} · ${title}: ${found}`;
}

function namespacesOf(members: readonly StormMember[]): string | null {
  const all = ranked(members.flatMap(({ owner }) => owner.namespace ?? []));
  if (all.length === 0) return null;
  const rest = all.length - shownNamespaces;
  return `${all.slice(0, shownNamespaces).join(', ')}${rest > 0 ? ` and ${plural(rest, 'other')}` : ''}`;
}

/** `shop 20`, the most frequent first. */
function ranked(values: readonly string[]): string[] {
  const counts = [...Map.groupBy(values, (value) => value)].map(([value, all]) => ({ value, count: all.length }));
  return counts.sort((a, b) => b.count - a.count).map(({ value, count }) => `${value} ${count}`);
}
