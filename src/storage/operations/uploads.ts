import { storeReport } from '../../domain/decide/investigation.ts';
import type { WaitingUpload } from '../../domain/ports.ts';
import type { Run } from '../../domain/records.ts';
import { apply } from '../rows/apply.ts';
import { expectIncident } from '../rows/incidents.ts';
import { expectRun } from '../rows/runs.ts';
import type { Database } from '../sqlite/database.ts';
import type { Transaction } from '../sqlite/transaction.ts';

/* Reports that wait on disk to be stored. */

const maxWaiting = 10_000;
const maxError = 500;

/** A run has ended, in the transaction that ends it: its report is stored or waits, and that of an earlier run counts no more. */
export function noteArtifacts({ db }: Transaction, run: Run, artifacts: 'stored' | 'waits' | null, at: number): void {
  if (artifacts === null) return;
  db.run('DELETE FROM uploads WHERE incident_id = ?', run.incidentId);
  if (artifacts === 'stored') return;
  db.run(
    'INSERT INTO uploads (incident_id, run_id, cluster, created_at, not_before) VALUES (?, ?, ?, ?, ?)',
    run.incidentId,
    run.id,
    run.cluster,
    at,
    at,
  );
}

export function waitingUploads(db: Database): WaitingUpload[] {
  const rows = db.all<Omit<WaitingUpload, 'busy'> & { busy: number }>(
    `SELECT run_id AS runId, incident_id AS incidentId, cluster, attempts, created_at AS createdAt,
       not_before AS notBefore, error, EXISTS
         (SELECT 1 FROM runs WHERE incident_id = uploads.incident_id AND status = 'running') AS busy
     FROM uploads ORDER BY created_at, run_id LIMIT ${maxWaiting}`,
  );
  return rows.map((row) => ({ ...row, busy: row.busy === 1 }));
}

export function delayUpload({ db }: Transaction, runId: string, error: string, notBefore: number): void {
  const said = error.slice(0, maxError);
  db.run(
    'UPDATE uploads SET attempts = attempts + 1, error = ?, not_before = ? WHERE run_id = ?',
    said,
    notBefore,
    runId,
  );
}

export function endUpload(tx: Transaction, runId: string, report: string | null, at: number): void {
  const { changes } = tx.db.run('DELETE FROM uploads WHERE run_id = ?', runId);
  if (changes === 0 || report === null) return;
  const run = expectRun(tx.db, runId);
  apply(tx, storeReport(expectIncident(tx.db, run.incidentId), run, report, at).writes, at);
}
