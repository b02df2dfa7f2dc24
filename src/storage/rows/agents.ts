import type { AgentPurpose, RunUsage } from '../../domain/agent-gateway.ts';
import type { AgentBreaker, DailySpend, SpendQuery, Spent } from '../../domain/agent-limits.ts';
import type { Committed } from '../../domain/decide/budget.ts';
import { closedBreaker } from '../../domain/decide/breaker.ts';
import type { Database } from '../sqlite/database.ts';

/* What agents spend, a row each time that one is started, and their circuit breakers. */

export interface StartedAgent {
  /** Of the run or the question. */
  readonly run: string;
  readonly attempt: number;
  readonly purpose: AgentPurpose;
  readonly cluster: string;
  readonly agent: string;
  readonly at: number;
  /** What it may spend, USD; null: no limit. */
  readonly usdLimit: number | null;
}

/** Notes that an agent is started. Asked again for the same attempt, nothing changes. */
export function insertSpend(db: Database, started: StartedAgent): void {
  const { run, attempt, purpose, cluster, agent, at, usdLimit } = started;
  db.run(
    `INSERT INTO spend (run, attempt, purpose, cluster, agent, at, usd_limit) VALUES (?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT DO NOTHING`,
    run,
    attempt,
    purpose,
    cluster,
    agent,
    at,
    usdLimit,
  );
}

/** Writes what an agent that has not ended has spent so far. */
export function updateSpend(db: Database, run: string, { answers, tokens, usd, unpriced }: Spent): void {
  db.run(
    `UPDATE spend SET answers = ?, input = ?, cached = ?, output = ?, usd = ?, unpriced = ?
     WHERE run = ? AND ended_at IS NULL`,
    answers,
    tokens.input,
    tokens.cached,
    tokens.output,
    usd,
    unpriced,
    run,
  );
}

/** The agent of a run has ended; `usage` is what was counted in the end, where that is more than what was written. */
export function endSpend(db: Database, run: string, usage: RunUsage | null, at: number): void {
  db.run(
    `UPDATE spend SET ended_at = ?, input = max(input, ?), cached = max(cached, ?), output = max(output, ?), usd = max(usd, ?)
     WHERE run = ? AND ended_at IS NULL`,
    at,
    usage?.tokens?.input ?? 0,
    usage?.tokens?.cached ?? 0,
    usage?.tokens?.output ?? 0,
    usage?.usd ?? 0,
    run,
  );
}

/** What the earlier attempts of a run spent. */
export function spentByRun(db: Database, run: string): { usd: number; tokens: number } {
  const row = db.get<{ usd: number; tokens: number }>(
    `SELECT coalesce(sum(usd), 0.0) AS usd, coalesce(sum(input + output), 0) AS tokens FROM spend WHERE run = ?`,
    run,
  );
  return row ?? { usd: 0, tokens: 0 };
}

/** Which agents: started for this, in this cluster; null: whatever it was. */
export interface StartedFor {
  readonly purpose: AgentPurpose | null;
  readonly cluster: string | null;
}

/** When agents were started after one time and not after the other, newest first, at most `limit`. */
export function agentStarts(
  db: Database,
  { after, until }: { readonly after: number; readonly until: number },
  limit: number,
  wanted: StartedFor,
): number[] {
  const { sql, params } = startedFor(wanted);
  const query = `SELECT at FROM spend WHERE at > ? AND at <= ? ${sql} ORDER BY at DESC LIMIT ?`;
  return db.all<{ at: number }>(query, after, until, ...params, limit).map(({ at }) => at);
}

function startedFor({ purpose, cluster }: StartedFor): { readonly sql: string; readonly params: readonly string[] } {
  const parts = [
    ['cluster', cluster],
    ['purpose', purpose],
  ].filter((part): part is [string, string] => part[1] !== null);
  return { sql: parts.map(([name]) => `AND ${name} = ?`).join(' '), params: parts.map(([, value]) => value) };
}

/**
 * Money of the agents that were started from one time to the other. One that goes on counts with what it may spend, and
 * so does one that used a model without a price: what it cost is not known.
 */
export function committed(
  db: Database,
  { start, end }: { readonly start: number; readonly end: number },
  wanted: StartedFor,
): Committed {
  const { sql, params } = startedFor(wanted);
  const row = db.get<{ usd: number; spent: number }>(
    `SELECT coalesce(sum(iif(ended_at IS NULL OR unpriced > 0, max(usd, coalesce(usd_limit, 0.0)), usd)), 0.0) AS usd,
       coalesce(sum(iif(ended_at IS NULL, usd, max(usd, iif(unpriced > 0, coalesce(usd_limit, 0.0), 0.0)))), 0.0) AS spent
     FROM spend WHERE at >= ? AND at < ? ${sql}`,
    start,
    end,
    ...params,
  );
  return { usd: row?.usd ?? 0, held: (row?.usd ?? 0) - (row?.spent ?? 0) };
}

const maxDailyRows = 10_000;

export function dailySpend(db: Database, { since, cluster }: SpendQuery): DailySpend[] {
  const own = cluster === undefined ? '' : 'AND cluster = ?';
  const rows = db.all<DailySpend & { input: number; cached: number; output: number }>(
    `SELECT strftime('%Y-%m-%d', at / 1000, 'unixepoch') AS day, cluster, agent, sum(purpose = 'run') AS runs,
       sum(purpose = 'question') AS questions, sum(answers) AS answers,
       sum(input) AS input, sum(cached) AS cached, sum(output) AS output, sum(usd) AS usd, sum(unpriced) AS unpriced
     FROM spend WHERE at >= ? ${own} GROUP BY day, cluster, agent ORDER BY day DESC, cluster, agent LIMIT ${maxDailyRows}`,
    since,
    ...(cluster === undefined ? [] : [cluster]),
  );
  return rows.map(({ input, cached, output, ...row }) => ({ ...row, tokens: { input, cached, output } }));
}

export function breakerOf(db: Database, agent: string): AgentBreaker {
  return breakersWhere(db, 'agent = ?', agent)[0] ?? closedBreaker(agent);
}

export function saveBreaker(db: Database, breaker: AgentBreaker): void {
  db.run(
    `INSERT INTO breakers (agent, body) VALUES (?, ?) ON CONFLICT (agent) DO UPDATE SET body = excluded.body`,
    breaker.agent,
    JSON.stringify(breaker),
  );
}

/** `where` over the columns of the table. */
export function breakersWhere(db: Database, where: string, ...params: string[]): AgentBreaker[] {
  return db
    .all<{ body: string }>(`SELECT body FROM breakers WHERE ${where} ORDER BY agent`, ...params)
    .map(({ body }) => JSON.parse(body) as AgentBreaker);
}
