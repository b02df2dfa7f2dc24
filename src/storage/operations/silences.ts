import { compileMatchers } from '../../domain/silence/matchers.ts';
import {
  configuredChanges,
  endedSilence,
  incidentMutedUntil,
  matchedEpisode,
  matchedSignal,
  maxSilences,
  mutingSilence,
  newSilence,
} from '../../domain/silence/silences.ts';
import type { FaultSignal, Matcher, OwnerRef, Silence } from '../../domain/fault.ts';
import type {
  ClusterPlaces,
  ConfiguredSilence,
  NewSilence,
  SilenceAnswer,
  SilenceEnd,
} from '../../domain/cluster-policy.ts';
import type { Delivery, Incident } from '../../domain/records.ts';
import type { ClusterPolicy } from '../../domain/state-store.ts';
import { newId } from '../../lib/ids.ts';
import { deliveriesWhere, saveDelivery } from '../rows/deliveries.ts';
import { activeOfIncident, episodesWhere } from '../rows/episodes.ts';
import { incidentById } from '../rows/incidents.ts';
import { readySilences, saveSilence, silenceById, silencesWhere } from '../rows/silences.ts';
import type { Database } from '../sqlite/database.ts';
import type { Transaction } from '../sqlite/transaction.ts';

/** Rows of silences that are kept, ended ones too; over it the oldest that have ended go before their time. */
const maxKept = 10_000;
/** Active faults that are looked at when they are counted. */
const maxCounted = 20_000;
/** Silences of a listing. */
const maxListed = 1000;
/** Of an incident of which nothing stands so many faults are looked at. */
const maxFaults = 500;

export function addSilence(tx: Transaction, asked: NewSilence, at: number): SilenceAnswer {
  const open = tx.db.get<{ n: number }>(`SELECT count(*) AS n FROM silences WHERE source = 'api' AND ends_at > ?`, at);
  if ((open?.n ?? 0) >= maxSilences) return { kind: 'too_many', limit: maxSilences };
  tx.db.run(
    `DELETE FROM silences WHERE id IN (SELECT id FROM silences WHERE ends_at <= ? ORDER BY ends_at
       LIMIT max(0, (SELECT count(*) FROM silences) - ${maxKept - 1}))`,
    at,
  );
  const silence = newSilence(newId('sil', at), asked, at);
  saveSilence(tx, silence, at);
  return { kind: 'made', silence };
}

/** Ends it now; what was held back for it is looked at again. */
export function endSilence(tx: Transaction, id: string, by: string, at: number): SilenceEnd {
  const before = silenceById(tx.db, id);
  if (before === null) return { kind: 'unknown' };
  const silence = endedSilence(before, by, at);
  if (silence === before) return { kind: 'ended', silence };
  if (silence.source === 'file') return { kind: 'configured', silence: before };
  saveSilence(tx, silence, at);
  wakeHeld(tx, at);
  return { kind: 'ended', silence };
}

export function keepSilences(tx: Transaction, configured: readonly ConfiguredSilence[], at: number): number {
  const changes = configuredChanges(configured, silencesWhere(tx.db, `source = 'file'`), at);
  for (const silence of changes) saveSilence(tx, silence, at);
  if (changes.length > 0) wakeHeld(tx, at);
  return changes.length;
}

export function listSilences(db: Database, { ids }: { readonly ids?: readonly string[] } = {}): Silence[] {
  const where = ids === undefined ? '1' : 'id IN (SELECT value FROM json_each(?))';
  const params = ids === undefined ? [] : [JSON.stringify(ids)];
  const newest = `ORDER BY json_extract(body, '$.createdAt') DESC, id DESC LIMIT ${maxListed}`;
  return silencesWhere(db, `${where} ${newest}`, ...params);
}

/** The silence that a received fault fits at that time, null when there is none. */
export function silenceOf(
  db: Database,
  signal: FaultSignal,
  owner: OwnerRef,
  cluster: Pick<ClusterPolicy, 'environment' | 'labels'>,
  at: number,
): Silence | null {
  const silences = readySilences(db, at);
  return silences.length === 0 ? null : mutingSilence(silences, matchedSignal(signal, owner, cluster), at);
}

/**
 * Until when nobody is told of an incident, ms since the epoch, infinite without an end; null when people are told.
 * `most`: so many of its active faults are looked at; without it all.
 */
export function mutedUntil(db: Database, incident: Incident, at: number, most: number = -1): number | null {
  const silences = readySilences(db, at);
  if (silences.length === 0) return null;
  const active = activeOfIncident(db, incident.id, most);
  const faults =
    active.length > 0 ? active : episodesWhere(db, `incident_id = ? ORDER BY id LIMIT ${maxFaults}`, incident.id);
  return incidentMutedUntil(silences, incident, faults, at);
}

/** Active faults that matchers fit, of the clusters that are given with what is configured of them. */
export function fittingFaults(db: Database, matchers: readonly Matcher[], clusters: ClusterPlaces): number {
  const fits = compileMatchers(matchers);
  return episodesWhere(db, `cleared_at IS NULL LIMIT ${maxCounted}`).filter((episode) => {
    const place = clusters[episode.cluster];
    return place !== undefined && fits(matchedEpisode(episode, place));
  }).length;
}

/** Messages that wait for the end of a silence are looked at again: it may have been this one. */
function wakeHeld(tx: Transaction, at: number): void {
  for (const held of deliveriesWhere(tx.db, `status = 'held'`)) {
    const woken: Delivery = { ...held, notBefore: at };
    const incident = held.incidentId === null ? null : incidentById(tx.db, held.incidentId);
    saveDelivery(tx, woken, incident?.cluster ?? null);
  }
}
