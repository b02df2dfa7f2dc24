import { html } from '../../html/html.ts';
import { ageTag } from '../../html/time.ts';
import type { ClusterStatus } from '../../domain/cluster-status.ts';
import type { StandingCount } from '../../domain/history.ts';
import { oneLine } from '../../lib/text.ts';

/** How a cluster is, the worst first. */
export const clusterGroups = ['blind', 'no credential', 'connected', 'quiet'] as const;
export type ClusterGroup = (typeof clusterGroups)[number];

/** `connected` with something that stands, `quiet` without. `standing`: incidents that have not ended. */
function clusterGroup({ state, permissions }: ClusterStatus, standing: number): ClusterGroup {
  if (state !== 'active') return 'blind';
  // Only an answer says that it may read; before one, and without, nothing can be looked into.
  if (permissions?.minimum_met !== true) return 'no credential';
  return standing > 0 ? 'connected' : 'quiet';
}

const looks: Record<ClusterGroup, { readonly tone: string; readonly shape: string; readonly meaning: string }> = {
  blind: { tone: 'bad', shape: 'M3 3l10 10M13 3L3 13', meaning: 'not heard of now' },
  'no credential': { tone: 'middling', shape: 'M8 3v6M8 12v1', meaning: 'heard, but nothing can be read there' },
  connected: {
    tone: 'info',
    shape: 'M8 4.5a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7z',
    meaning: 'heard, and something stands',
  },
  quiet: { tone: 'good', shape: 'M3 8.5l3.5 3.5L13 4.5', meaning: 'heard, and nothing stands' },
};

/** Its word with a shape and a colour. */
export function clusterMark(group: ClusterGroup) {
  const { tone, shape, meaning } = looks[group];
  return html`<span class=${`state ${tone}`} title=${meaning}>
    <svg viewBox="0 0 16 16" aria-hidden="true"><path class="line" d=${shape} /></svg>${group}
  </span>`;
}

export interface FleetMember {
  readonly status: ClusterStatus;
  readonly group: ClusterGroup;
  /** Incidents that have not ended, and those of them that are critical. */
  readonly standing: { readonly all: number; readonly critical: number };
}

/** Each cluster with how it is. */
export function fleetOf(statuses: readonly ClusterStatus[], counts: readonly StandingCount[]): FleetMember[] {
  const standing = new Map<string, FleetMember['standing']>();
  for (const { cluster, severity, count } of counts) {
    const { all, critical } = standing.get(cluster) ?? nothingStands;
    standing.set(cluster, { all: all + count, critical: critical + (severity === 'critical' ? count : 0) });
  }
  return statuses.map((status) => {
    const own = standing.get(status.cluster) ?? nothingStands;
    return { status, group: clusterGroup(status, own.all), standing: own };
  });
}

const nothingStands: FleetMember['standing'] = { all: 0, critical: 0 };

/** All clusters as one line: how many are how. One of a thousand is as small as one of ten. */
export function fleetStrip(members: readonly FleetMember[]) {
  const counts = clusterGroups.map((group) => ({ group, count: members.filter((one) => one.group === group).length }));
  const shown = counts.filter(({ count }) => count > 0);
  let from = 0;
  const parts = shown.map(({ group, count }) => {
    const width = (count / members.length) * 1000;
    const part = html`<rect class=${looks[group].tone} x=${from} y="0" width=${Math.max(4, width - 3)} height="10" />`;
    from += width;
    return part;
  });
  return html`<section class="fleet" aria-label="Clusters">
    <svg class="strip" viewBox="0 0 1000 10" preserveAspectRatio="none" aria-hidden="true">${parts}</svg>
    <ul class="legend">
      ${shown.map(
        ({ group, count }) =>
          html`<li>
            <a href=${`/clusters?is=${encodeURIComponent(group)}`}>${count} ${clusterMark(group)}</a>
          </li>`,
      )}
    </ul>
  </section>`;
}

/** What a connection does, in words, with how long. */
export function connectionWords({ state, since, error }: ClusterStatus, now: number) {
  const age = ageTag(since, now);
  if (state === 'active') return html`<span class="meta">connected for ${age}</span>`;
  const why = error === null ? null : `: ${oneLine(error.message, 160)}`;
  return html`<span class="meta">${state === 'failed' ? 'not connected' : state} for ${age}${why}</span>`;
}

export function clusterPath(name: string): string {
  return `/clusters/${encodeURIComponent(name)}`;
}
