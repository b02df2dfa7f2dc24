import type { Registry } from 'prom-client';
import { clusterProblems, daemonChecks } from '../checks/run/daemon-checks.ts';
import { problemKinds } from '../checks/problem-kinds.ts';
import { StandingProblems } from '../checks/run/standing.ts';
import type { Environment } from '../config/environment.ts';
import type { LoadedConfig } from '../config/load.ts';
import type { AgentBreaker } from '../domain/agent-limits.ts';
import type { ClusterDirectory } from '../domain/cluster-status.ts';
import type { StateReader } from '../domain/state-store.ts';
import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../lib/log.ts';
import type { Problem } from '../lib/problem.ts';
import { consoleUnwritable } from '../notify/errors.ts';
import { storeProblems } from '../storage/errors.ts';
import { breakerProblems, triageProblems } from '../triage/errors.ts';
import type { ClusterAccesses } from './clusters.ts';
import * as appErrors from './errors.ts';
import type { Part } from './process/lifecycle.ts';
import type { Fleet } from './settings.ts';

interface DaemonProblemsOptions {
  readonly loaded: () => LoadedConfig;
  readonly fleet: () => Fleet;
  readonly accesses: Pick<ClusterAccesses, 'apiOf'>;
  readonly directory: ClusterDirectory;
  readonly store: Pick<StateReader, 'agentBreakers'>;
  readonly env: Environment;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly registry: Registry;
  /** What the parts themselves know to be wrong, of no cluster. */
  readonly ofParts: () => readonly Problem[];
}

/** Outputs, state store and triage tell the log themselves, as soon as it happens. */
const saidByTheirPart: ReadonlySet<string> = new Set(
  [
    appErrors.logUnwritable,
    consoleUnwritable,
    storeProblems.unavailable,
    storeProblems.busy,
    triageProblems.roomGone,
  ].map(({ code }) => code),
);

/** What is wrong with any part, cluster or check, for health, log and metrics; and the parts that look at it. */
export function daemonProblems(options: DaemonProblemsOptions): {
  readonly current: StandingProblems['current'];
  readonly parts: readonly Part[];
} {
  const { fleet, directory, store, clock, logger, registry, ofParts } = options;
  // What they find is said at once.
  const checks = daemonChecks({ ...options, onMade: () => void standing.current() });
  const standing = new StandingProblems({
    clock,
    logger,
    registry,
    kinds: problemKinds([appErrors]),
    saidElsewhere: saidByTheirPart,
    see: async () => {
      const used = new Set([...fleet().values()].map(({ agent }) => agent.cli));
      const ofNone = [...ofParts(), ...breakerProblems(await breakersOf(store), used)];
      return [
        ...ofNone.map((problem) => ({ cluster: null, problem })),
        ...checks.problems(),
        ...clusterProblems(directory.statuses(), fleet(), (cluster) => checks.credentialEnd(cluster)),
      ];
    },
  });
  return {
    current: () => standing.current(),
    parts: [
      { name: 'checks', start: () => checks.start(), stop: () => checks.stop() },
      { name: 'problems', start: () => standing.start(), stop: () => standing.stop() },
    ],
  };
}

/** The breakers of the agents; none while the store cannot be read, which is a problem of its own. */
async function breakersOf(store: Pick<StateReader, 'agentBreakers'>): Promise<readonly AgentBreaker[]> {
  try {
    return await store.agentBreakers();
  } catch {
    return [];
  }
}
