import type { ToolCaller } from '../../domain/ports.ts';
import { errorText } from '../../lib/problem.ts';
import type { ConnectionContext } from './context.ts';
import { timeLimit } from '../../lib/time-limit.ts';
import { ConnectionFailure, silentFor } from '../mcp/outcome.ts';
import type { SweepRun } from '../sweep/sweeper.ts';

/** The longest sweep, ms. */
const longestMs = 5 * 60_000;

interface Swept {
  readonly cluster: { readonly name: string };
  readonly context: Pick<
    ConnectionContext,
    'clock' | 'events' | 'handshakes' | 'logger' | 'metrics' | 'store' | 'sweeper' | 'sweeps'
  >;
  readonly tools: ToolCaller;
  readonly serverCluster: string;
}

type SweepEnd =
  /** `unlisted`: lists that could not be read, one sentence each. */
  | { readonly kind: 'accepted'; readonly unlisted: readonly string[] }
  /** The cluster could not be asked. */
  | { readonly kind: 'failed'; readonly detail: string }
  /** The cluster was asked, but the answer could not be stored. */
  | { readonly kind: 'not_stored'; readonly detail: string };

/**
 * Sweeps one cluster once and stores what was found. Rejects only when `signal` ends. What the sweep says of a session
 * that has ended meanwhile is not stored.
 */
export async function sweepOnce(swept: Swept, signal: AbortSignal): Promise<SweepEnd> {
  const { tools, context } = swept;
  const { name: cluster } = swept.cluster;
  const { clock, events, logger, metrics, store } = context;
  // When a whole fleet begins, all are connected before the first is swept: what happens from then on is heard.
  await context.handshakes.drained();
  const leave = await context.sweeps.enter();
  const started = clock.monotonic();
  const limit = timeLimit(clock, longestMs, signal, () => silentFor(longestMs));
  let { serverCluster } = swept;
  let run: SweepRun;
  try {
    signal.throwIfAborted();
    const active = await store.activeFaults(cluster);
    // Before this process has subscribed, the name by which an earlier one knew it: the same faults have the same ids.
    serverCluster ||= await store.serverCluster(cluster);
    run = await context.sweeper.run(cluster, tools, serverCluster, active, limit.signal);
  } catch (error) {
    if (signal.aborted) throw new ConnectionFailure({ kind: 'closed', detail: 'the session ended' }, { cause: error });
    run = {
      report: { cluster, at: clock.now(), findings: [], observations: [] },
      result: 'failed',
      warnings: [errorText(error)],
      unlisted: [],
    };
  } finally {
    limit.letGo();
    leave();
  }
  const durationMs = clock.monotonic() - started;
  metrics.swept(run.result, durationMs);
  events.emit('sweep:ended', { cluster, result: run.result, durationMs, findings: run.report.findings.length });
  const warnings = run.warnings.slice(0, 10);
  if (run.result === 'failed') return { kind: 'failed', detail: warnings.join('; ') || 'no list could be read' };
  if (warnings.length > 0) logger.debug({ cluster, warnings }, 'sweep could not read everything');
  try {
    signal.throwIfAborted();
    const accepted = await store.acceptSweep({ ...run.report, serverCluster, partial: run.result === 'partial' });
    if (accepted.received + accepted.cleared > 0) {
      logger.info(
        { cluster, received: accepted.received, cleared: accepted.cleared, durationMs: Math.round(durationMs) },
        'sweep',
      );
    }
    // A slow store may outlast the session: state and schedule are those of the next one then.
    signal.throwIfAborted();
    return { kind: 'accepted', unlisted: run.unlisted.slice(0, 10) };
  } catch (error) {
    if (signal.aborted) throw new ConnectionFailure({ kind: 'closed', detail: 'the session ended' }, { cause: error });
    return { kind: 'not_stored', detail: errorText(error) };
  }
}
