import type { EvidenceRef } from '../../domain/verdict/verdict.ts';
import { entityOf } from '../model/entities.ts';
import type { EvidenceGraph, LogFile } from '../model/evidence-graph.ts';
import { conditionAt, timeAt } from '../model/fields.ts';
import { says } from '../model/lexicon.ts';
import { type LogEntry, parseLog } from '../model/parse-log.ts';
import { isRetried, type LogReason, whatItKeepsSaying, whyItEnded } from './why-it-ended.ts';
import { type ContainerView, lastEnd, type PodView, type Termination, type Workload } from '../model/workload.ts';

/** A container that is not well: it ended, cannot start, or runs and keeps failing. */
export interface Trouble {
  readonly workload: Workload;
  readonly pod: PodView;
  readonly container: ContainerView;
  /** `crash`: it ended. `errors`: it runs and its log is full of one error. `waits`: an init container that runs on. */
  readonly kind: 'crash' | 'errors' | 'waits';
  readonly end: Termination | null;
  /** The line that says why, with the log that it stands in. */
  readonly reason: LogReason | null;
  readonly log: LogFile | null;
  readonly entries: readonly LogEntry[];
  /** What the log says at warning or worse, with the reason; for names in it. */
  readonly text: string;
}

/** Every container in trouble, of current pods first. */
export function findTroubles(graph: EvidenceGraph, workloads: readonly Workload[]): readonly Trouble[] {
  return workloads.flatMap((workload) => {
    const pods = relevantPods(workload);
    return pods.flatMap((pod) =>
      pod.containers.flatMap((container) => {
        const kind = kindOf(graph, pod, container);
        return kind === null ? [] : [trouble(graph, workload, pod, container, kind)];
      }),
    );
  });
}

/** Pods of the newest revision; old ones count only when there is no new one. What a Job got over is no trouble. */
function relevantPods(workload: Workload): readonly PodView[] {
  const [job] = workload.jobs;
  if (job && conditionAt(job, 'Complete', 'True') !== undefined) return [];
  const pods = workload.currentPods.length > 0 ? workload.currentPods : workload.pods.filter((pod) => !pod.deleting);
  return pods.slice(0, 30);
}

function kindOf(graph: EvidenceGraph, pod: PodView, container: ContainerView): Trouble['kind'] | null {
  if (container.terminated !== null && (container.terminated.exitCode ?? 0) !== 0) return 'crash';
  if (container.waitingReason === 'CrashLoopBackOff' || container.waitingReason === 'RunContainerError') return 'crash';
  if (container.restarts > 0 && !container.ready && container.lastTerminated !== null) return 'crash';
  if (isLooping(graph.now, container) && !hasRecovered(graph, pod, container)) return 'crash';
  if (container.init && !container.sidecar && container.running) return 'waits';
  if (!container.running) return null;
  return keepsFailing(graph, pod, container) ? 'errors' : null;
}

/**
 * A crash loop that was caught while the container runs: it has ended twice or more, and runs for less than twice as long
 * as it did before it ended.
 */
function isLooping(now: number, { restarts, lastTerminated, runningSince }: ContainerView): boolean {
  if (restarts < 2 || lastTerminated === null || runningSince === null) return false;
  const before = (lastTerminated.finishedAt ?? 0) - (lastTerminated.startedAt ?? lastTerminated.finishedAt ?? 0);
  return now - runningSince <= Math.max(2 * before, 20_000);
}

/** An end within the last hour may be followed by the next. */
const settledMs = 3_600_000;
/** Ends that lie further apart than this on average, with a last run as long, are single events and no loop. */
const rareMs = 2 * 86_400_000;

/**
 * It ended, rarely and long ago, and is ready since, without a Warning after it. Being out of memory comes back by itself,
 * however slowly, and is never over.
 */
function hasRecovered(graph: EvidenceGraph, pod: PodView, container: ContainerView): boolean {
  const { lastTerminated: end, runningSince, restarts, ready } = container;
  const createdAt = timeAt(pod.object, 'metadata', 'creationTimestamp');
  if (!ready || !pod.ready || runningSince === null || createdAt === null) return false;
  if (typeof end?.startedAt !== 'number' || typeof end.finishedAt !== 'number' || end.reason === 'OOMKilled')
    return false;
  const isRare = end.finishedAt - end.startedAt >= rareMs && end.finishedAt - createdAt >= rareMs * restarts;
  if (!isRare || graph.now - end.finishedAt <= settledMs) return false;
  const { finishedAt } = end;
  return !graph.eventsOf(entityOf(pod.object)).some(({ warning, lastAt }) => warning && (lastAt ?? 0) > finishedAt);
}

/**
 * Errors that it does not get over: at least three, and still at the end of the log. One is enough where a probe of the
 * container fails and the error is about a call: a readiness that fails for what it depends on.
 */
function keepsFailing(graph: EvidenceGraph, pod: PodView, container: ContainerView): boolean {
  const log = currentLog(graph, pod, container);
  if (!log) return false;
  const entries = parseLog(log.text);
  // What is not ready may say so in warnings only.
  const isBad = container.ready ? isBadEntry : isTroubled;
  const bad = entries.map((it, at) => ({ it, at })).filter(({ it }) => isBad(it));
  const last = bad.at(-1);
  if (last === undefined || entries.length - last.at > Math.max(8, entries.length / 5)) return false;
  return bad.length >= 3 || (speaksOfCall(last.it.message) && isFoundUnhealthy(graph, pod, container));
}

const speaksOfCall = (message: string): boolean => says.unresolved.test(message) || says.refused.test(message);

const isFoundUnhealthy = (graph: EvidenceGraph, pod: PodView, container: ContainerView): boolean =>
  !container.ready && graph.eventsOf(entityOf(pod.object)).some((it) => it.reason === 'Unhealthy');

const isBadEntry = (entry: LogEntry): boolean =>
  (entry.level === 'error' || entry.level === 'fatal') && !isRetried(entry.message);

const isTroubled = (entry: LogEntry): boolean =>
  (isBadEntry(entry) || entry.level === 'warn') && !isRetried(entry.message);

const currentLog = (graph: EvidenceGraph, pod: PodView, container: ContainerView): LogFile | null =>
  graph.logsOf(pod.namespace, pod.name).find((it) => it.container === container.name && !it.previous) ?? null;

function trouble(
  graph: EvidenceGraph,
  workload: Workload,
  pod: PodView,
  container: ContainerView,
  kind: Trouble['kind'],
): Trouble {
  const logs = graph.logsOf(pod.namespace, pod.name).filter((it) => it.container === container.name);
  const ordered = kind === 'crash' ? logs.toSorted((a, b) => Number(b.previous) - Number(a.previous)) : logs;
  let best: { log: LogFile; entries: readonly LogEntry[]; reason: LogReason | null } | null = null;
  for (const log of ordered.filter((it) => kind === 'crash' || !it.previous)) {
    const entries = parseLog(log.text);
    const reason = kind === 'errors' ? whatItKeepsSaying(failing(entries)) : whyItEnded(entries);
    if (best === null || (rank(reason) > rank(best.reason) && best.reason?.kind === 'last'))
      best = { log, entries, reason };
  }
  const end = lastEnd(container);
  // Without a log the kubelet's copy of its last lines may stand in the status.
  const said = best === null && end !== null && end.reason === 'Error' ? parseLog(end.message) : [];
  const entries = best?.entries ?? said;
  const reason = best?.reason ?? (said.length > 0 ? whyItEnded(said) : null);
  return {
    workload,
    pod,
    container,
    kind,
    end,
    reason,
    log: best?.log ?? null,
    entries,
    text: troubleText(entries, reason),
  };
}

/** The errors of a log, else its warnings. */
function failing(entries: readonly LogEntry[]): readonly LogEntry[] {
  const errors = entries.filter(isBadEntry);
  return errors.length > 0 ? errors : entries.filter(isTroubled).map((it) => ({ ...it, level: 'error' as const }));
}

const rank = (reason: LogReason | null): number => (reason === null ? 0 : reason.kind === 'last' ? 1 : 2);

function troubleText(entries: readonly LogEntry[], reason: LogReason | null): string {
  const lines = entries
    .filter((it) => it.level !== 'info' && it.message !== '' && !isRetried(it.message))
    .slice(-30)
    .map((it) => it.message);
  return [reason?.text ?? '', ...lines].join('\n');
}

/** The entry that speaks of something: the reason itself when it does, else the last one above info. */
export function entryThat(trouble: Trouble, speaks: RegExp): LogEntry | null {
  const { entries, reason } = trouble;
  const isAbout = (entry: LogEntry): boolean =>
    speaks.test(`${entry.error}: ${entry.message}${entry.behind === '' ? '' : `; ${entry.behind}`}`);
  const main = reason === null ? undefined : entries.find((it) => it.line === reason.line && isAbout(it));
  return main ?? entries.findLast((it) => it.level !== 'info' && !isAside(trouble, it) && isAbout(it)) ?? null;
}

/** A warning of a program that ended for a reason of its own: it went on after the warning. */
export function isAside({ kind, reason }: Trouble, { level, line }: LogEntry): boolean {
  const hasOwnReason =
    kind === 'crash' && reason !== null && reason.kind !== 'last' && !says.followUp.test(reason.text);
  return level === 'warn' && hasOwnReason && line !== reason.line;
}

/** The quote of an entry of the trouble's log; of the pod's status when there is no log. */
export function entryRef(graph: EvidenceGraph, trouble: Trouble, entry: LogEntry): EvidenceRef | null {
  return quoteRef(graph, trouble, entry.message === '' ? entry.error : entry.message);
}

/** The quote of the line that says why. */
export function reasonRef(graph: EvidenceGraph, trouble: Trouble): EvidenceRef | null {
  return trouble.reason === null ? null : quoteRef(graph, trouble, trouble.reason.quote);
}

/**
 * A log of fields has the parts of a message apart, and a message of several lines was put together: then the longest end or
 * beginning of it that stands there.
 */
function quoteRef(graph: EvidenceGraph, { log, pod }: Trouble, quote: string): EvidenceRef | null {
  const find = (wanted: string): EvidenceRef | null =>
    log ? graph.ref(log.path, wanted) : graph.refIn(entityOf(pod.object), wanted);
  const longest = (candidates: readonly string[]): EvidenceRef | null => {
    for (const wanted of candidates) {
      const ref = find(wanted) ?? find(wanted.replaceAll('"', '\\"'));
      if (ref) return ref;
    }
    return null;
  };
  const parts = quote.split(': ').slice(0, 8);
  const end = longest(parts.map((_part, at) => parts.slice(at).join(': ')));
  if (end?.quote.length === quote.length) return end;
  const words = quote.split(' ').slice(0, maxWords);
  const begin = longest(words.map((_word, at) => words.slice(0, words.length - at).join(' ')));
  return (begin?.quote.length ?? 0) > (end?.quote.length ?? 0) ? begin : end;
}

/** Words of a message of which the longest beginning is looked for. */
const maxWords = 80;

/** Quotes of the container's end: exit code and reason as the pod's status has them. */
export function endRefs(graph: EvidenceGraph, trouble: Trouble): (EvidenceRef | null)[] {
  const { end, pod } = trouble;
  if (!end) return [];
  const refs = [graph.fieldRef(pod.object, 'exitCode', end.exitCode)];
  if (end.reason !== '') refs.push(graph.fieldRef(pod.object, 'reason', end.reason));
  return refs;
}
