import { createRedactor } from '../../src/lib/redact/redact.ts';
import { join } from 'node:path';
import type { FaultSignal, OwnerRef } from '../../src/domain/fault.ts';
import type { DeliveryClaim, RunClaim, StateStore, StorePolicy } from '../../src/domain/state-store.ts';
import { Database } from '../../src/storage/sqlite/database.ts';
import { commitTogether } from '../../src/storage/worker/group-commit.ts';
import { openForWriting } from '../../src/storage/sqlite/open-database.ts';
import { activeFaults, unsettled } from '../../src/storage/operations/queries.ts';
import type { writeOperations } from '../../src/storage/worker/table.ts';
import { clusterPolicy, nodeSignal, owner, signal, startOfTime, storePolicy } from '../support/signals.ts';

type WriteName = keyof typeof writeOperations;

/** A disk that fails at the n-th write. */
class FailingDatabase extends Database {
  left = Infinity;

  override run(...args: Parameters<Database['run']>): ReturnType<Database['run']> {
    this.left -= 1;
    if (this.left === 0) throw Object.assign(new Error('disk I/O error'), { errcode: 10 });
    return super.run(...args);
  }
}

/** The store's operations on a real file, without its threads, beside what must be true of it. */
export class StoreModel {
  readonly policy: StorePolicy;
  readonly #file: string;
  #db: FailingDatabase;
  now = startOfTime;
  accepted = 0;

  constructor(dir: string, policy: Partial<StorePolicy> = {}) {
    this.policy = storePolicy({ maxOpenFaultsPerCluster: 12, firstWaitMs: 8000, ...policy });
    this.#file = join(dir, 'state.db');
    openForWriting(this.#file).close();
    this.#db = this.#open();
  }

  /** As after kill -9 and a new start: what was not committed is gone, what ran is taken up again. */
  restart(): void {
    this.#db.close();
    this.#db = this.#open();
    this.call('recoverRuns', this.now);
    this.call('recoverDeliveries', this.now);
  }

  close(): void {
    this.#db.close();
  }

  /** One operation in one transaction. @throws when it fails by its own fault. */
  call<K extends WriteName>(name: K, ...args: Parameters<StateStore[K]>): Awaited<ReturnType<StateStore[K]>> {
    const [answer] = commitTogether({ db: this.#db, policy: this.policy, redact: createRedactor() }, [
      { id: 1, name, args },
    ]).answers;
    if (!answer?.ok) throw new Error(`${name}: ${answer?.message}`);
    return answer.value as Awaited<ReturnType<StateStore[K]>>;
  }

  /** The same on a disk that fails at the n-th write: either all of it happened or nothing. */
  callOnFailingDisk(writes: number, name: WriteName, args: readonly unknown[]): boolean {
    this.#db.left = writes;
    const [answer] = commitTogether({ db: this.#db, policy: this.policy, redact: createRedactor() }, [
      { id: 1, name, args },
    ]).answers;
    this.#db.left = Infinity;
    return answer?.ok === true;
  }

  accept(signals: readonly FaultSignal[]): void {
    this.call('accept', signals, this.now);
    this.accepted += signals.length;
  }

  waiting() {
    return unsettled(this.#db, 1000);
  }

  activeFaults(cluster: string) {
    return activeFaults(this.#db, cluster);
  }

  settle(count: number): void {
    const inputs = this.waiting()
      .slice(0, count)
      .map(({ seq, signal }) => ({
        seq,
        ...placeOf(signal),
        cluster: clusterPolicy({ severityThreshold: 'warning' }),
      }));
    this.call('settle', inputs, this.now);
  }

  claimRun(): RunClaim | null {
    return this.call('claimRun', { maxConcurrent: 3, perCluster: {}, defaultPerCluster: 2 }, this.now);
  }

  claimDeliveries(): readonly DeliveryClaim[] {
    return this.call('claimDeliveries', 'slack', 3, this.now);
  }

  ids(sql: string): string[] {
    return this.#db.all<{ id: string }>(sql).map(({ id }) => id);
  }

  number(sql: string): number {
    return Number(Object.values(this.#db.get(sql) ?? {})[0] ?? 0);
  }

  /** What must not be and is; empty after every step of a good store. */
  wrongs(): string[] {
    const wrongs = Object.entries(impossible).flatMap(([what, sql]) => (this.number(sql) === 0 ? [] : [what]));
    const received = this.number('SELECT coalesce(sum(count), 0) FROM received');
    const outcomes = this.number('SELECT coalesce(sum(count), 0) FROM outcomes');
    const open = this.number('SELECT coalesce(sum(count), 0) FROM receptions WHERE final = 0');
    if (received !== this.accepted) wrongs.push(`${this.accepted} accepted, ${received} received`);
    if (received - outcomes !== open) wrongs.push(`${received} received, ${outcomes} outcomes, ${open} open`);
    return wrongs;
  }

  #open(): FailingDatabase {
    const db = new FailingDatabase(this.#file, { readOnly: false });
    db.exec('PRAGMA synchronous = OFF');
    return db;
  }
}

/** Queries that must count nothing. */
const impossible = {
  'two open incidents of one key': `SELECT count(*) FROM (SELECT 1 FROM incidents WHERE live = 1
     GROUP BY cluster, owner, family HAVING count(*) > 1)`,
  'two live runs of one incident': `SELECT count(*) FROM (SELECT 1 FROM runs WHERE status IN ('queued', 'running')
     GROUP BY incident_id HAVING count(*) > 1)`,
  'an incident that waits without a run': `SELECT count(*) FROM incidents WHERE status IN ('open', 'queued', 'investigating')
     AND NOT EXISTS (SELECT 1 FROM runs WHERE incident_id = incidents.id AND status IN ('queued', 'running'))`,
  'a run that runs for an incident that does not know it': `SELECT count(*) FROM runs JOIN incidents ON incidents.id = runs.incident_id
     WHERE runs.status = 'running' AND incidents.status NOT IN ('investigating', 'resolved', 'skipped')`,
  'a settled fault of an incident that is not there': `SELECT count(*) FROM receptions WHERE incident_id IS NOT NULL
     AND incident_id NOT IN (SELECT id FROM incidents)`,
  'an active fault in an incident that was absorbed': `SELECT count(*) FROM episodes JOIN incidents ON incidents.id = episodes.incident_id
     WHERE incidents.status = 'skipped'`,
  'an opened, merged or gathered fault without an incident': `SELECT count(*) FROM receptions
     WHERE outcome IN ('opened', 'merged', 'storm') AND incident_id IS NULL`,
  'two storms of a cluster that gather': `SELECT count(*) FROM (SELECT 1 FROM incidents WHERE storm = 'gathers' AND live = 1
     GROUP BY cluster HAVING count(*) > 1)`,
  'a storm that stands for more or less than it lists': `SELECT count(*) FROM incidents WHERE storm IS NOT NULL
     AND json_extract(body, '$.storm.members') <> (SELECT count(*) FROM storm_members WHERE storm_id = incidents.id)`,
  'what people did with no incident': 'SELECT count(*) FROM acts WHERE incident_id NOT IN (SELECT id FROM incidents)',
  'a member of no storm': `SELECT count(*) FROM storm_members WHERE storm_id NOT IN (SELECT id FROM incidents WHERE storm IS NOT NULL)`,
  'an active fault of a storm that no member stands for': `SELECT count(*) FROM episodes JOIN incidents ON incidents.id = incident_id
     WHERE storm IS NOT NULL AND cleared_at IS NULL AND NOT EXISTS
       (SELECT 1 FROM storm_members WHERE storm_id = incidents.id AND storm_members.owner = episodes.owner)`,
  'an outcome that stays open although its run started': `SELECT count(*) FROM receptions WHERE outcome IS NOT NULL AND final = 0
     AND incident_id NOT IN (SELECT incident_id FROM runs WHERE status = 'queued')`,
  'an incident that ended well with all its faults gone, but is not resolved': `SELECT count(*) FROM incidents
     WHERE status IN ('reported', 'failed') AND NOT EXISTS
       (SELECT 1 FROM episodes WHERE incident_id = incidents.id AND cleared_at IS NULL)`,
  'a wrong count of open faults': `SELECT count(*) FROM clusters WHERE open_faults <>
     (SELECT count(*) FROM episodes WHERE cluster = clusters.name AND cleared_at IS NULL)`,
  'a fleet incident that is told by none of its incidents': `SELECT count(*) FROM fleets
     WHERE NOT EXISTS (SELECT 1 FROM incidents WHERE id = fleets.lead)
       AND EXISTS (SELECT 1 FROM incidents WHERE fleet = fleets.id AND live = 1)`,
  'two messages about one incident on their way': `SELECT count(*) FROM (SELECT 1 FROM deliveries
     WHERE status = 'sending' GROUP BY target, about HAVING count(*) > 1)`,
};

const clusters = ['a', 'b'];
const types = ['CrashLoop', 'ImagePull', 'DeploymentFailure', 'WarningEvent', 'PodCrash'];

/** A fault out of a small world, so that the same ones come again. */
export function faultOf(number: number): FaultSignal {
  const cluster = clusters[number % 2] ?? 'a';
  if (number % 11 === 0) return nodeSignal(`n${number % 2}`, { cluster });
  const faultType = types[number % types.length] ?? 'CrashLoop';
  const context = faultType === 'ImagePull' ? `image "r.example/app${number % 2}:1"` : '';
  return signal({ cluster, faultType, context, pod: `app${number % 3}-${number % 4}` });
}

function placeOf(fault: FaultSignal | null): { owner: OwnerRef; node: string | null } {
  const name = fault?.resource.name ?? '';
  if (fault?.resource.kind === 'Node') return { owner: owner(name, { kind: 'Node', namespace: null }), node: name };
  return { owner: owner(name.split('-')[0]), node: `n${Number(name.at(-1)) % 3}` };
}
