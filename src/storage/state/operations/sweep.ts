import { observeEpisode } from '../../../domain/episode.ts';
import type { FaultSignal } from '../../../domain/fault.ts';
import type { SweepAccepted, SweepReport } from '../../../domain/state-store.ts';
import { clusterRow, setFirstSweep } from '../rows/clusters.ts';
import { countReceived } from '../rows/counters.ts';
import { episodeById, standingEpisode, updateEpisode } from '../rows/episodes.ts';
import type { Transaction } from '../transaction.ts';
import { journal, throttledRow } from './accept.ts';
import { afterClear } from './finality.ts';

/**
 * What a sweep saw. A finding that no sweep saw before is a reception; one that stood at the sweep before keeps its
 * episode standing; what two sweeps see gone is cleared. The very first sweep of a cluster takes up quietly what has
 * stood for long.
 */
export function acceptSweep(tx: Transaction, report: SweepReport): SweepAccepted {
  const { cluster, at } = report;
  const before = clusterRow(tx.db, cluster);
  const firstContact = before.firstSweepAt === null;
  const findings = new Map(report.findings.map((finding) => [finding.faultId, finding]));
  const cleared = observe(tx, report, findings);

  const fresh = [...findings.values()].filter((finding) => isFresh(tx, finding, at));
  const taken = fresh.slice(0, room(tx, cluster));
  let quietFaults = 0;
  for (const signal of taken) {
    const quiet = firstContact && signal.since !== null && at - signal.since > tx.policy.quietAfterMs;
    if (quiet) quietFaults += 1;
    journal(tx, { cluster, source: signal.source, at, signal, invalid: null, quiet });
  }
  refuse(tx, cluster, fresh.length - taken.length, at);
  if (firstContact) setFirstSweep(tx.db, cluster, at, quietFaults);
  return { received: fresh.length, cleared, firstContact };
}

/** Episodes after this sweep; how many of them cleared. */
function observe(tx: Transaction, report: SweepReport, findings: ReadonlyMap<string, FaultSignal>): number {
  let cleared = 0;
  for (const { episodeId, observation } of report.observations) {
    const episode = episodeById(tx.db, episodeId);
    if (episode === null || episode.cluster !== report.cluster || findings.has(episode.faultId)) continue;
    const after = observeEpisode(episode, observation, report.at, tx.policy.clearAfterMs);
    updateEpisode(tx.db, episode, after);
    if (episode.clearedAt !== null || after.clearedAt === null) continue;
    cleared += 1;
    afterClear(tx, after, report.at);
  }
  return cleared;
}

/** Whether no sweep before has delivered it; what stood before is noted as standing. */
function isFresh(tx: Transaction, finding: FaultSignal, at: number): boolean {
  const standing = standingEpisode(tx.db, finding.cluster, finding.faultId);
  if (standing !== null && standing.lastSweepAt !== null) {
    updateEpisode(tx.db, standing, observeEpisode(standing, 'stands', at, tx.policy.clearAfterMs));
    return false;
  }
  const waiting = tx.db.get(
    `SELECT 1 FROM receptions WHERE cluster = ? AND fault_id = ? AND outcome IS NULL AND source = 'sweep' LIMIT 1`,
    finding.cluster,
    finding.faultId,
  );
  return waiting === null;
}

/** How many more faults of a cluster may stand. */
function room(tx: Transaction, cluster: string): number {
  const waiting = tx.db.get<{ n: number }>(
    'SELECT count(*) AS n FROM receptions WHERE cluster = ? AND outcome IS NULL',
    cluster,
  );
  return Math.max(0, tx.policy.maxOpenFaultsPerCluster - clusterRow(tx.db, cluster).openFaults - (waiting?.n ?? 0));
}

function refuse(tx: Transaction, cluster: string, count: number, at: number): void {
  if (count <= 0) return;
  countReceived(tx.db, cluster, 'sweep', count);
  throttledRow(tx, {
    cluster,
    source: 'sweep',
    rule: `max_open_faults_per_cluster: ${tx.policy.maxOpenFaultsPerCluster}`,
    count,
    at,
  });
}
