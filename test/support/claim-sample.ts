import type { Delivery, NoticeKind, FaultEpisode, Incident, Notice, Run } from '../../src/domain/records.ts';
import type { DeliveryClaim } from '../../src/domain/state-store.ts';
import { sampleFault, sampleIncident, sampleTime } from './incident-samples.ts';

/** A claimed delivery with what it is about. */
export function sampleClaim(
  about: { incident?: Incident | null; faults?: FaultEpisode[]; runs?: Run[]; queuedAhead?: number } = {},
  over: Partial<Delivery> = {},
): DeliveryClaim {
  const incident = about.incident === undefined ? sampleIncident() : about.incident;
  const delivery: Delivery = {
    id: 'dlv_01K9Z3X01',
    target: 'slack',
    kind: 'incident',
    incidentId: incident?.id ?? null,
    notice: null,
    state: incident?.status ?? 'notice',
    seq: incident?.seq ?? 1,
    status: 'sending',
    attempts: 1,
    notBefore: sampleTime,
    createdAt: sampleTime,
    sentAt: null,
    uncertain: false,
    error: null,
    ...over,
  };
  return {
    delivery,
    incident,
    faults: about.faults ?? [sampleFault()],
    runs: about.runs ?? [],
    post: null,
    previous: null,
    queuedAhead: about.queuedAhead ?? 0,
  };
}

/** A notice about an agent that failed, or works again. */
export function sampleAgentNotice(
  kind: 'agent_degraded' | 'agent_recovered',
  over: Partial<Notice> = {},
): DeliveryClaim {
  const degraded = kind === 'agent_degraded';
  return sampleNotice(kind, {
    clusters: [],
    until: degraded ? null : sampleTime,
    incidents: 0,
    detail: degraded ? 'timed_out: after 600 s' : '',
    agent: { name: 'claude', runs: degraded ? 3 : 5, retryAfterMs: degraded ? 300_000 : null },
    ...over,
  });
}

export function sampleNotice(kind: NoticeKind, over: Partial<Notice> = {}): DeliveryClaim {
  const notice: Notice = {
    key: `${kind}:prod-eu`,
    clusters: ['prod-eu'],
    since: sampleTime - 600_000,
    until: kind === 'clusters_back' ? sampleTime : null,
    incidents: 12,
    detail: '',
    ...over,
  };
  return sampleClaim({ incident: null, faults: [] }, { kind, notice });
}
