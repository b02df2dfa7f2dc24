import { incidentTitle } from '../../../domain/incident.ts';
import type { Analyst, AnalystRequest } from '../../../domain/ports.ts';
import type { Entity, Verdict } from '../../../domain/verdict/verdict.ts';
import type { Clock } from '../../../lib/clock.ts';
import { errorText } from '../../../lib/problem.ts';
import type { Redactor } from '../../../lib/redact/redact.ts';
import { withTimeLimit } from '../../../lib/time-limit.ts';
import type { ToolCluster } from '../../clusters.ts';
import type { NotChecked } from '../read/whole-list.ts';
import type { OwnedFaults } from './owned.ts';

/** Root owners whose causes are looked for: each is as much work as an investigation. */
const maxAnalysed = 5;
/** For all of them, ms. */
const maxMs = 60_000;
/** Faults of one owner that the analyst is told. */
const maxFaults = 50;

interface Asking {
  readonly analyst: Pick<Analyst, 'collect' | 'analyse'>;
  readonly cluster: ToolCluster;
  readonly clock: Clock;
  readonly redact: Redactor;
  readonly now: number;
  readonly notChecked: NotChecked;
  progress(done: number, total: number): void;
}

/** What the analyst says of the worst root owners. What it could not say is noted. Rejects only when the signal ends. */
export async function causesOf(
  groups: readonly OwnedFaults[],
  asking: Asking,
  signal: AbortSignal,
): Promise<ReadonlyMap<OwnedFaults, Verdict>> {
  const { clock, notChecked } = asking;
  const chosen = groups.slice(0, maxAnalysed);
  const ends = clock.monotonic() + maxMs;
  const verdicts = new Map<OwnedFaults, Verdict>();
  for (const [at, group] of chosen.entries()) {
    asking.progress(at, chosen.length);
    const left = ends - clock.monotonic();
    if (left <= 0) {
      notChecked.add(`causes of ${chosen.length - at} root owners: the others took all the time there was`);
      break;
    }
    try {
      verdicts.set(group, await withTimeLimit(clock, left, signal, (inner) => verdictOf(group, asking, inner)));
    } catch (error) {
      signal.throwIfAborted();
      notChecked.add(`cause of ${incidentTitle(group.findings[0].type, group.owner)}: ${errorText(error)}`);
    }
  }
  const others = groups.length - chosen.length;
  if (others > 0) notChecked.add(`causes of ${others} further root owners: only those of the worst are looked for`);
  return verdicts;
}

async function verdictOf(group: OwnedFaults, asking: Asking, signal: AbortSignal): Promise<Verdict> {
  const { analyst, redact } = asking;
  const request = requestOf(group, asking);
  const evidence = await analyst.collect(request, redact, signal);
  signal.throwIfAborted();
  return (await analyst.analyse(request, evidence)).verdict;
}

function requestOf({ owner, findings }: OwnedFaults, { cluster, now }: Asking): AnalystRequest {
  const told = findings.slice(0, maxFaults);
  return {
    incidentId: 'diagnosis',
    cluster: cluster.name,
    kubectl: cluster.kubectl,
    title: incidentTitle(findings[0].type, owner),
    since: Math.min(...told.map(({ since }) => since ?? now)),
    subject: entityOf(owner),
    related: [entityOf(owner), ...told.map(({ resource }) => entityOf(resource))],
    faults: told.map(({ type, resource, context }) => ({ faultType: type, resource: entityOf(resource), context })),
  };
}

function entityOf({ kind, namespace, name }: Entity): Entity {
  return { kind, namespace, name };
}
