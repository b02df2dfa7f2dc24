import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createRedactor } from '../../src/lib/redact/redact.ts';
import { faultRates } from '../../src/storage/history/fault-rates.ts';
import { listFeedback } from '../../src/storage/history/feedback.ts';
import { agentQuestion, agentQuestions, questionOfHeard } from '../../src/storage/rows/questions.ts';
import { agentBudget } from '../support/triage-bench.ts';
import { incidentHistory } from '../../src/storage/history/incident-history.ts';
import { notTold } from '../../src/storage/history/not-told.ts';
import { search } from '../../src/storage/history/search.ts';
import { standing } from '../../src/storage/history/standing.ts';
import { earlierQuestions } from '../../src/storage/questions/asked.ts';
import { openQuestions } from '../../src/storage/questions/heard.ts';
import * as queries from '../../src/storage/operations/queries.ts';
import { saveIncident, standingCounts } from '../../src/storage/rows/incidents.ts';
import type { writeOperations } from '../../src/storage/worker/table.ts';
import { Database, type Row, type Value } from '../../src/storage/sqlite/database.ts';
import { openForWriting } from '../../src/storage/sqlite/open-database.ts';
import { commitTogether } from '../../src/storage/worker/group-commit.ts';
import type { StateStore } from '../../src/domain/state-store.ts';
import { sampleIncident } from '../support/incident-samples.ts';
import {
  clusterPolicy,
  minute,
  nodeSignal,
  owner,
  signal,
  startOfTime,
  storePolicy,
  stormPolicy,
} from '../support/signals.ts';
import { tempDir } from '../support/temp-dir.ts';

/** Remembers every statement that it is given. */
class RecordingDatabase extends Database {
  readonly statements = new Set<string>();

  override run(sql: string, ...params: Value[]): ReturnType<Database['run']> {
    this.statements.add(sql);
    return super.run(sql, ...params);
  }

  // oxlint-disable-next-line typescript/no-unnecessary-type-parameters
  override get<T = Row>(sql: string, ...params: Value[]): T | null {
    this.statements.add(sql);
    return super.get<T>(sql, ...params);
  }

  override all<T = Row>(sql: string, ...params: Value[]): T[] {
    this.statements.add(sql);
    return super.all<T>(sql, ...params);
  }
}

/** Rows of these are kept for a month: nothing that happens for each fault may read them all, nor all of a cluster. */
const growing =
  /^(SCAN|SEARCH) (receptions|episodes|incidents|runs|deliveries|storm_members|sightings|heard_questions|asked|acts)\b/;

/** The steps of SQLite's plan for a statement that read all rows of a growing table, or all that a cluster ever had. */
function longReads(db: Database, sql: string): string[] {
  const params = [...sql.matchAll(/\?/g)].map(() => null);
  const partial = db
    .all<{ name: string }>(`SELECT name FROM sqlite_master WHERE type = 'index' AND sql LIKE '% WHERE %'`)
    .map(({ name }) => name);
  return db
    .all<{ detail: string }>(`EXPLAIN QUERY PLAN ${sql}`, ...params)
    .map(({ detail }) => detail)
    .filter((detail) => growing.test(detail))
    .filter((detail) => {
      const index = / INDEX (\w+)/.exec(detail)?.[1];
      if (index !== undefined && partial.includes(index)) return false;
      return detail.startsWith('SCAN') || detail.endsWith('(cluster=?)');
    });
}

test('INT-1, INT-4: what happens for each fault, run and message reads no table from end to end', () => {
  const file = join(tempDir(), 'state.db');
  openForWriting(file).close();
  const db = new RecordingDatabase(file, { readOnly: false });
  const policy = storePolicy({ storm: stormPolicy({ perCluster: 6 }), targets: ['slack', 'console'] });
  const call = <K extends keyof typeof writeOperations>(name: K, ...args: Parameters<StateStore[K]>) => {
    const [answer] = commitTogether({ db, policy, redact: createRedactor() }, [{ id: 1, name, args }]).answers;
    if (!answer?.ok) throw new Error(`${name}: ${answer?.message}`);
    return answer.value as Awaited<ReturnType<StateStore[K]>>;
  };
  try {
    const settleAll = (at: number): void => {
      const waiting = queries.unsettled(db, 500, [], at);
      const inputs = waiting.map(({ seq, signal: fault }) => {
        const { kind = 'Pod', name = 'none' } = fault?.resource ?? {};
        const isNode = kind === 'Node';
        const of = isNode ? { kind, namespace: null, name, certain: true } : owner(`of-${name}`);
        return { seq, owner: of, node: 'n1', zone: null, cluster: clusterPolicy() };
      });
      call('settle', inputs, at);
    };
    const faults = Array.from({ length: 12 }, (_, index) => signal({ pod: `api-${index}`, faultType: 'ImagePull' }));
    for (const at of [startOfTime, startOfTime + minute]) {
      call('accept', [...faults, nodeSignal('n1')], at);
      settleAll(at);
    }
    call('acceptSweep', { cluster: 'prod', at: startOfTime + 2 * minute, findings: faults.slice(1), observations: [] });
    settleAll(startOfTime + 2 * minute);
    const at = startOfTime + 10 * minute;
    const limits = { maxConcurrent: 10, perCluster: {}, defaultPerCluster: 10 };
    const claimed = call('claimRun', limits, at);
    if (claimed === null) throw new Error('no run is due');
    call('returnRun', claimed.run.id, at);
    const asked = {
      incidentId: claimed.incident.id,
      cluster: 'prod',
      text: 'why?',
      by: 'ana',
      agent: 'claude',
      model: null,
    };
    call('admitQuestion', { ...asked, until: at + minute, budget: agentBudget() }, at);
    call('endLeftQuestions', 'stopped', at);
    questionOfHeard(db, asked.incidentId, 'said:C1:1.1');
    const place = { channel: 'C1', ts: '1.1', threadTs: null };
    const heard = { id: 'said:C1:1.1', place, incidentId: 'inc_1', userId: 'U1', text: 'why?', askedAt: at };
    call('hearQuestion', heard, at);
    call('stepQuestion', heard.id, { kind: 'begin', processId: 'p1' }, at);
    openQuestions(db);
    const answer = { text: 'because', by: 'rules' };
    const answered = { id: 'said:1', at, by: 'ana', person: 'ana', thread: null, text: 'why?', answer };
    call('keepAnswered', { ...answered, incidentId: asked.incidentId });
    earlierQuestions(db, asked.incidentId);
    call('orderIncident', claimed.incident.id, { kind: 'ack', by: 'ana', comment: 'on it' }, at);
    queries.readIncident(db, claimed.incident.id);
    queries.nextRunDue(db);
    for (const { delivery } of call('claimDeliveries', 'slack', 10, at)) {
      call('finishDelivery', delivery.id, { kind: 'sent', post: null }, at);
    }
    queries.nextDeliveryDue(db, 'slack');
    const read = [...db.statements].filter((sql) => /^\s*(SELECT|UPDATE|DELETE)/.test(sql));
    expect(read.length).toBeGreaterThan(30);
    expect(read.flatMap((sql) => longReads(db, sql).map((step) => `${step}: ${sql}`))).toEqual([]);
    // The check sees one.
    expect(
      longReads(db, 'SELECT body FROM incidents WHERE cluster = ? AND owner = ? AND live = 1 ORDER BY id'),
    ).toHaveLength(1);
  } finally {
    db.close();
  }
});

test('OPS-3: what pages look back at is read from sorted indexes, with and without filters', () => {
  const file = join(tempDir(), 'state.db');
  openForWriting(file).close();
  const db = new RecordingDatabase(file, { readOnly: false });
  try {
    const clusters = [{}, { cluster: 'prod' }];
    for (const cluster of clusters) {
      for (const after of [{}, { after: '3_inc_x' }]) standing(db, { limit: 9, at: 0, ...cluster, ...after });
      standing(db, { limit: 9, at: 0, severity: 'warning', ...cluster });
    }
    const listed = [...db.statements].filter((sql) => /^\s*SELECT/.test(sql));
    expect(listed.flatMap((sql) => plan(db, sql)).filter((step) => step.includes('TEMP B-TREE'))).toEqual([]);
    for (const cluster of clusters) {
      for (const outcome of [{}, { outcome: 'pending' }, { outcome: 'muted' }] as const)
        notTold(db, { limit: 9, before: '7', ...outcome, ...cluster });
      faultRates(db, { since: 0, stretchMs: 60_000, ...cluster });
      standingCounts(db, cluster.cluster);
    }
    search(db, { text: 'crash loop', limit: 9 });
    search(db, { text: 'x1', limit: 9 });
    listFeedback(db, { limit: 9 });
    saveSilently(db);
    incidentHistory(db, 'inc_1');
    agentQuestions(db, 'inc_1');
    agentQuestion(db, 'ask_1');
    standing(db, { limit: 9, at: 0 });
    const read = [...db.statements].filter((sql) => /^\s*SELECT/.test(sql));
    expect(read.length).toBeGreaterThan(25);
    expect(read.flatMap((sql) => longReads(db, sql).map((step) => `${step}: ${sql}`))).toEqual([]);
  } finally {
    db.close();
  }
});

/** An incident, so that what is read of each is read. */
function saveSilently(db: Database): void {
  const tx = { db, policy: storePolicy(), redact: createRedactor(), changes: [] };
  saveIncident(tx, sampleIncident({ id: 'inc_1' }));
}

function plan(db: Database, sql: string): string[] {
  const params = [...sql.matchAll(/\?/g)].map(() => null);
  return db.all<{ detail: string }>(`EXPLAIN QUERY PLAN ${sql}`, ...params).map(({ detail }) => detail);
}

test('OPS-2: a scrape counts live incidents, and what waits in the outbox, in indexes of their own, without reading what they hold', () => {
  const file = join(tempDir(), 'state.db');
  openForWriting(file).close();
  const db = new RecordingDatabase(file, { readOnly: false });
  try {
    queries.counters(db);
    const plans = [...db.statements]
      .filter((sql) => sql.includes('$.severity') || sql.includes('deliveries'))
      .map((sql) => db.all<{ detail: string }>(`EXPLAIN QUERY PLAN ${sql}`).map(({ detail }) => detail));
    expect(plans).toEqual([
      ['SCAN incidents USING INDEX incidents_severity'],
      ['SCAN deliveries USING INDEX deliveries_unsent'],
    ]);
  } finally {
    db.close();
  }
});
