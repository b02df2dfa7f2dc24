import { onlyAlerted } from '../../domain/episode.ts';
import type { FaultEpisode } from '../../domain/records.ts';
import { errorText } from '../../lib/problem.ts';
import type { ConnectionContext } from './context.ts';
import { timeLimit } from '../../lib/time-limit.ts';
import { ConnectionFailure, silentFor } from '../mcp/outcome.ts';
import type { SweepRun } from '../sweep/look.ts';

/** The longest sweep, ms. */
const longestMs = 5 * 60_000;

/** Looks at the cluster once. `serverCluster`: its own name for itself, part of fault ids; `active`: what stood before. */
export type Look = (serverCluster: string, active: readonly FaultEpisode[], signal: AbortSignal) => Promise<SweepRun>;

interface Swept {
  readonly cluster: { readonly name: string };
  readonly context: Pick<
    ConnectionContext,
    'clock' | 'events' | 'handshakes' | 'logger' | 'metrics' | 'store' | 'sweeps'
  >;
  readonly look: Look;
  readonly serverCluster: string;
}

type SweepEnd =
  /**
   * `received`: findings that are new; `unlisted`: lists that could not be read, one sentence each; `unwatched`: why the
   * cluster is not watched for all that.
   */
  | {
      readonly kind: 'accepted';
      readonly received: number;
      readonly unlisted: readonly string[];
      readonly unwatched: string | null;
    }
  /** The cluster could not be asked. */
  | { readonly kind: 'failed'; readonly detail: string }
  /** The state store could not be read or written: nothing is said of the cluster. */
  | { readonly kind: 'not_stored'; readonly detail: string };

/**
 * Sweeps one cluster once and stores what was found. Rejects only when `signal` ends. What the sweep says of a session
 * that has ended meanwhile is not stored.
 */
export async function sweepOnce(swept: Swept, signal: AbortSignal): Promise<SweepEnd> {
  const { context } = swept;
  // When a whole fleet begins, all are connected before the first is swept: what happens from then on is heard.
  await context.handshakes.drained();
  const leave = await context.sweeps.enter();
  let found: Found | SweepEnd;
  try {
    found = await lookAt(swept, signal);
  } finally {
    leave();
  }
  if ('kind' in found) return found;
  const { run, durationMs } = found;
  const { name: cluster } = swept.cluster;
  context.metrics.swept(run.result, durationMs);
  context.events.emit('sweep:ended', { cluster, result: run.result, durationMs, findings: run.report.findings.length });
  const warnings = run.warnings.slice(0, 10);
  if (run.result === 'failed') return { kind: 'failed', detail: warnings.join('; ') || 'no list could be read' };
  if (warnings.length > 0) context.logger.debug({ cluster, warnings }, 'sweep could not read everything');
  return await keep(found, context, signal);
}

interface Found {
  readonly run: SweepRun;
  readonly serverCluster: string;
  readonly durationMs: number;
}

/** Reads what is known of the cluster, then the cluster itself. */
async function lookAt({ cluster, look, context, ...swept }: Swept, signal: AbortSignal): Promise<Found | SweepEnd> {
  const { clock, store } = context;
  const started = clock.monotonic();
  const limit = timeLimit(clock, longestMs, signal, () => silentFor(longestMs));
  try {
    signal.throwIfAborted();
    const known = await standing(store, cluster.name);
    if (known.kind === 'not_stored') return known;
    // Before this process has subscribed, the name by which an earlier one knew it: the same faults have the same ids.
    const serverCluster = swept.serverCluster || known.serverCluster;
    const run = await look(serverCluster, known.active, limit.signal).catch((error: unknown) =>
      failedRun(cluster.name, clock.now(), error),
    );
    signal.throwIfAborted();
    return { run, serverCluster, durationMs: clock.monotonic() - started };
  } catch (error) {
    throw new ConnectionFailure({ kind: 'closed', detail: 'the session ended' }, { cause: error });
  } finally {
    limit.letGo();
  }
}

async function standing(store: Swept['context']['store'], cluster: string) {
  try {
    return {
      kind: 'known',
      // A look at its object says nothing of an alert.
      active: (await store.activeFaults(cluster)).filter((episode) => !onlyAlerted(episode)),
      serverCluster: await store.serverCluster(cluster),
    } as const;
  } catch (error) {
    return { kind: 'not_stored', detail: errorText(error) } as const;
  }
}

function failedRun(cluster: string, at: number, error: unknown): SweepRun {
  const report = { cluster, at, findings: [], observations: [] };
  return { report, result: 'failed', warnings: [errorText(error)], unlisted: [] };
}

async function keep(
  { run, serverCluster, durationMs }: Found,
  { store, logger }: Swept['context'],
  signal: AbortSignal,
): Promise<SweepEnd> {
  try {
    signal.throwIfAborted();
    const { received, cleared } = await store.acceptSweep({
      ...run.report,
      serverCluster,
      partial: run.result === 'partial',
    });
    const { cluster } = run.report;
    if (received + cleared > 0)
      logger.info({ cluster, received, cleared, durationMs: Math.round(durationMs) }, 'sweep');
    // A slow store may outlast the session: state and schedule are those of the next one then.
    signal.throwIfAborted();
    return { kind: 'accepted', received, unlisted: run.unlisted.slice(0, 10), unwatched: run.unwatched ?? null };
  } catch (error) {
    if (signal.aborted) throw new ConnectionFailure({ kind: 'closed', detail: 'the session ended' }, { cause: error });
    return { kind: 'not_stored', detail: errorText(error) };
  }
}
