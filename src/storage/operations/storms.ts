import { endStorm } from '../../domain/decide/end-storm.ts';
import { isOver } from '../../domain/storm/limits.ts';
import type { Incident } from '../../domain/records.ts';
import { apply, decisionContext } from '../rows/apply.ts';
import { activeOfIncident } from '../rows/episodes.ts';
import { incidentsWhere, liveOfOwner } from '../rows/incidents.ts';
import { liveRun } from '../rows/runs.ts';
import { stormView } from '../rows/storms.ts';
import type { Transaction } from '../sqlite/transaction.ts';

/** Ends the storms that took nothing in for long enough, of one cluster or of all; gives how many. */
export function endStorms(tx: Transaction, at: number, cluster: string | null = null): number {
  const of = cluster === null ? '1' : 'cluster = ?';
  const gathering = incidentsWhere(
    tx.db,
    `storm = 'gathers' AND live = 1 AND ${of}`,
    ...(cluster === null ? [] : [cluster]),
  );
  const over = gathering.filter((incident) => isOver(incident, tx.policy.storm, at));
  for (const incident of over) end(tx, incident, at);
  return over.length;
}

function end(tx: Transaction, incident: Incident, at: number): void {
  const { members, common } = stormView(tx.db, incident);
  const facts = {
    incident,
    run: liveRun(tx.db, incident.id),
    members,
    common,
    active: activeOfIncident(tx.db, incident.id),
    ownerIncidents: (owner: Parameters<typeof liveOfOwner>[2]) => liveOfOwner(tx.db, incident.cluster, owner),
  };
  apply(tx, endStorm(facts, decisionContext(tx, at)).writes, at);
}
