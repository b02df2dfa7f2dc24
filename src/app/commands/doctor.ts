import type { Check } from '../../checks/check.ts';
import { registry } from '../../checks/run/registry.ts';
import { checkedOf, runChecks } from '../../checks/run/run-checks.ts';
import { testMessageChecks } from '../../checks/set/test-message.ts';
import type { CheckWorld, RunningDaemon } from '../../checks/world.ts';
import type { Environment } from '../../config/environment.ts';
import type { LoadedConfig } from '../../config/load.ts';
import { type CheckGroup, sumsOf } from '../../domain/wire/check-groups.ts';
import type { Checked, DoctorReport } from '../../domain/wire/doctor.ts';
import { Cleanups } from '../../lib/cleanups.ts';
import { delay, systemClock } from '../../lib/clock.ts';
import type { Problem, ProblemKind } from '../../lib/problem.ts';
import { spawnProcess } from '../../lib/process/spawn.ts';
import { doctorWorld } from './doctor-world.ts';
import { problemKinds } from '../../checks/problem-kinds.ts';
import * as appErrors from '../errors.ts';

export interface DoctorOptions {
  readonly loaded: LoadedConfig;
  /** Only the checks of this group (and what they depend on), null: all. */
  readonly only: CheckGroup | null;
  readonly cluster: string | null;
  /** How long to try again while something fails, ms. */
  readonly waitMs: number;
  /** Warnings fail, too. */
  readonly strict: boolean;
  readonly sendTestMessage: boolean;
  readonly daemon: RunningDaemon | null;
  /** Why the daemon that runs could not be asked. */
  readonly daemonProblem: Problem | null;
  readonly env: Environment;
  /** Told before it is tried again. */
  readonly onAgain?: (failed: readonly Checked[]) => void;
}

/** Of one check, ms: what is asked has shorter limits of its own. */
const checkLimitMs = 45_000;
const againMs = 1000;
/** Clusters of a fleet that is to be checked quickly. */
const fleetSize = 20;
/** How long servers have, ms: in a small fleet, in a large one, and with time. */
const patience = {
  small: { limitMs: 5000, lookMs: 20_000 },
  fleet: { limitMs: 2000, lookMs: 3000 },
  patient: { limitMs: 10_000, lookMs: 30_000 },
};

/**
 * Runs the registry of checks once, or until nothing fails any more or `waitMs` is over. A test message is sent in the last
 * round alone: people read it. Rejects with the signal's reason.
 */
export async function runDoctor(options: DoctorOptions, signal: AbortSignal): Promise<DoctorReport> {
  const began = systemClock.monotonic();
  const round = async (sendTestMessage: boolean) => {
    const checks = await oneRound({ ...options, sendTestMessage }, signal);
    return { checks, report: reportOf(options, checks, systemClock.monotonic() - began) };
  };
  if (options.waitMs <= 0) return (await round(options.sendTestMessage)).report;
  for (;;) {
    const { checks, report } = await round(false);
    const left = options.waitMs - (systemClock.monotonic() - began);
    if (report.success || left <= 0) return options.sendTestMessage ? (await round(true)).report : report;
    options.onAgain?.(checks.filter(({ result }) => result === 'failed'));
    await delay(systemClock, Math.min(againMs, left), signal);
  }
}

async function oneRound(options: DoctorOptions, signal: AbortSignal): Promise<Checked[]> {
  const { loaded, cluster, env, daemon, only } = options;
  const made = new Cleanups();
  const isPatient = cluster !== null || options.waitMs > 0;
  const isFleet = loaded.config.clusters.length > fleetSize;
  const limits = isPatient ? patience.patient : isFleet ? patience.fleet : patience.small;
  try {
    const world = await doctorWorld({ loaded, cluster, env, daemon, spawn: spawnProcess, made, ...limits }, signal);
    const checks = options.sendTestMessage ? [...registry, ...testMessageChecks] : registry;
    const chosen = only === null ? checks : withCauses(checks, only);
    const found = await runChecks(chosen, world, { clock: systemClock, limitMs: checkLimitMs }, signal);
    const own = only === null ? found : found.filter(({ group }) => group === only);
    return [...own, ...daemonResults(options, world, found)];
  } finally {
    await made.run().catch(() => {});
  }
}

/** The checks of a group, and those that they depend on. */
function withCauses(checks: readonly Check[], only: CheckGroup): readonly Check[] {
  const wanted = new Set(checks.filter(({ group }) => group === only).map(({ id }) => id));
  // Causes come first in the registry: from its end, one walk finds them all.
  for (const { id, dependsOn } of checks.toReversed())
    if (wanted.has(id)) for (const cause of dependsOn) wanted.add(cause);
  return checks.filter(({ id }) => wanted.has(id));
}

/** What the running daemon says that no check has said. */
function daemonResults(
  { daemon, daemonProblem, only, cluster }: DoctorOptions,
  world: Pick<CheckWorld, 'clusters'>,
  found: readonly Checked[],
): Checked[] {
  if ((only !== null && only !== 'daemon') || (daemon === null && daemonProblem === null)) return [];
  const told = new Set(found.flatMap(({ subject, problem }) => (problem ? [`${subject ?? ''} ${problem.code}`] : [])));
  const isNews = (subject: string, { code }: Problem): boolean =>
    !told.has(`${subject} ${code}`) && !told.has(` ${code}`);
  const anywhere = new Set(found.flatMap(({ problem }) => problem?.code ?? []));
  const fleet = (daemon?.health.problems ?? []).filter(({ code }) => cluster === null && !anywhere.has(code));
  const check = {
    id: 'daemon.problems',
    group: 'daemon',
    statement: 'the running daemon has nothing else to tell',
    ofMany: null,
    kinds: [...allKinds().values()],
    dependsOn: [],
    inDaemon: false,
  } as const;
  const own = checkedOf(check, '', { problems: [...(daemonProblem === null ? [] : [daemonProblem]), ...fleet] });
  const ofClusters = (daemon?.health.clusters ?? []).flatMap(({ name, problems }) => {
    if (!world.clusters.has(name)) return [];
    const news = problems.filter((one) => isNews(name, one) && !answered(one, name, found));
    return news.length === 0
      ? []
      : checkedOf({ ...check, statement: `the daemon has no trouble with ${name}` }, name, { problems: news });
  });
  return [...own, ...ofClusters];
}

/** Whether a check that can find this passed just now: the daemon has not looked again yet. */
function answered({ code }: Problem, subject: string, found: readonly Checked[]): boolean {
  const checks = registry.filter(({ kinds }) => kinds.some((kind) => kind.code === code)).map(({ id }) => id);
  return found.some((one) => checks.includes(one.id) && one.subject === subject && one.result === 'passed');
}

function reportOf(options: DoctorOptions, checks: readonly Checked[], tookMs: number): DoctorReport {
  const sums = sumsOf(checks);
  return {
    version: 1,
    success: sums.failed === 0 && (!options.strict || sums.warnings === 0),
    file: options.loaded.file,
    daemon: options.daemon?.url ?? null,
    summary: { ...sums, seconds: Math.round(tookMs / 100) / 10 },
    checks,
  };
}

/** What checks and codes are called for several subjects at once. */
export function doctorWords(): { ofMany: ReadonlyMap<string, string>; titles: ReadonlyMap<string, string> } {
  const checks = [...registry, ...testMessageChecks];
  return {
    ofMany: new Map(checks.flatMap(({ id, ofMany }) => (ofMany === null ? [] : [[id, ofMany] as const]))),
    titles: new Map([...allKinds()].map(([code, { title }]) => [code, title])),
  };
}

/** Every kind of problem by its code, but those of the command line itself. */
export function allKinds(): ReadonlyMap<string, ProblemKind> {
  return problemKinds([appErrors]);
}
