import type { Matcher, OwnerRef, Silence } from '../fault.ts';
import type { FaultEpisode } from '../records.ts';
import type { IncidentDetail } from '../state-store.ts';
import { matchersMistake } from './matchers.ts';
import { matchedEpisode, mutingSilence, readySilence, silenceState } from './silences.ts';

type Silenced = Pick<IncidentDetail, 'incident' | 'faults'>;

/**
 * The silence that keeps an incident from being told, null when people are told: each of its faults that stand has to be
 * silenced, and what ends first is said. `at` in ms since the epoch.
 */
export function incidentSilence(
  silences: readonly Silence[],
  { incident, faults }: Silenced,
  at: number,
): Silence | null {
  const standing = faults.filter(({ clearedAt }) => clearedAt === null);
  const ready = silences.filter((silence) => silenceState(silence, at) === 'active').map(readySilence);
  let first: Silence | null = null;
  for (const fault of standing.length > 0 ? standing : faults) {
    const silence = mutingSilence(ready, matchedEpisode(fault, incident), at);
    if (silence === null) return null;
    if (first === null || (silence.endsAt ?? Infinity) < (first.endsAt ?? Infinity)) first = silence;
  }
  return first;
}

/** What fits the faults of an incident and no others: its root owner, and those of faults that it took in. Null: too many. */
export function incidentMatchers({ incident, faults }: Silenced): Matcher[] | null {
  const standing = faults.filter(({ clearedAt }) => clearedAt === null);
  const owners = new Set([incident.owner, ...standing.map(({ owner }: FaultEpisode) => owner)].map(ownerText));
  const [first = '', ...rest] = owners;
  const owner: Matcher =
    rest.length === 0
      ? { name: 'owner', operator: '=', value: first }
      : { name: 'owner', operator: '=~', value: [...owners].map(literal).join('|') };
  const matchers: Matcher[] = [{ name: 'cluster', operator: '=', value: incident.cluster }, owner];
  return owner.value.length > 2000 || matchersMistake(matchers) !== null ? null : matchers;
}

/** As matchers see a root owner. */
function ownerText({ kind, namespace, name }: OwnerRef): string {
  return `${kind}/${namespace ?? ''}/${name}`;
}

function literal(text: string): string {
  return text.replace(/[^\w/-]/g, (character) => `\\${character}`);
}
